//! Labels of hosts, with the syntax of Kubernetes labels ("Labels and Selectors").

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;
use std::str::FromStr;

use pontoon_model::as_text;
use pontoon_model::net::TextParseError;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The key of a label, such as `gpu` or `topology.kubernetes.io/zone`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LabelKey(String);

/// The value of a label; it may be empty.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LabelValue(String);

/// Longest value, and longest key without its prefix, in bytes.
const NAME_MAX: usize = 63;

/// Longest prefix in bytes: that of a DNS name.
const PREFIX_MAX: usize = 253;

/// Whether the text has only letters, digits, `-`, `_` and `.`, with a letter or digit at both
/// ends.
fn is_label_name(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let ends = [text.bytes().next(), text.bytes().last()];
    (1..=NAME_MAX).contains(&text.len())
        && text.bytes().all(is_inner)
        && ends.into_iter().flatten().all(|byte| byte.is_ascii_alphanumeric())
}

impl FromStr for LabelKey {
    type Err = TextParseError;

    fn from_str(text: &str) -> Result<Self, TextParseError> {
        // Without a prefix, any valid one takes its place in the checks below.
        let (prefix, name) = text.rsplit_once('/').unwrap_or(("x", text));
        let is_prefix = (1..=PREFIX_MAX).contains(&prefix.len())
            && prefix.split('.').all(|part| is_label_name(part) && !part.contains('_'));
        if is_prefix && is_label_name(name) {
            Ok(Self(text.to_owned()))
        } else {
            Err(TextParseError::new(text, "the name of a label, such as gpu"))
        }
    }
}

impl FromStr for LabelValue {
    type Err = TextParseError;

    fn from_str(text: &str) -> Result<Self, TextParseError> {
        if text.is_empty() || is_label_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(TextParseError::new(
                text,
                "the value of a label: letters, digits, `-`, `_` and `.`",
            ))
        }
    }
}

impl fmt::Display for LabelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for LabelValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

as_text!(LabelKey, "LabelKey", "^([A-Za-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$");
as_text!(LabelValue, "LabelValue", "^([A-Za-z0-9]([A-Za-z0-9._-]{0,62}))?$");

/// The labels of a host. In a file they are a table (`{ gpu = "no", rack = "3" }`) or a list
/// (`["gpu=no", "rack=3"]`).
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct HostLabels(BTreeMap<LabelKey, LabelValue>);

impl HostLabels {
    /// Whether there is no label.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a label; `None` if it is not set.
    #[must_use]
    pub fn get(&self, key: &LabelKey) -> Option<&LabelValue> {
        self.0.get(key)
    }

    /// Sets a label, or replaces its value.
    pub fn set(&mut self, key: LabelKey, value: LabelValue) {
        self.0.insert(key, value);
    }

    /// Removes a label; returns whether it existed.
    pub fn remove(&mut self, key: &LabelKey) -> bool {
        self.0.remove(key).is_some()
    }

    /// All labels, sorted by key.
    pub fn iter(&self) -> btree_map::Iter<'_, LabelKey, LabelValue> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a HostLabels {
    type Item = (&'a LabelKey, &'a LabelValue);
    type IntoIter = btree_map::Iter<'a, LabelKey, LabelValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The form `gpu=no,rack=3`.
impl fmt::Display for HostLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, value)) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{key}={value}")?;
        }
        Ok(())
    }
}

/// Parses `gpu=no`, or `gpu` for a label with an empty value.
pub(super) fn pair(text: &str) -> Result<(LabelKey, LabelValue), TextParseError> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    Ok((key.parse()?, value.parse()?))
}

impl<'de> Deserialize<'de> for HostLabels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LabelsVisitor)
    }
}

struct LabelsVisitor;

impl<'de> Visitor<'de> for LabelsVisitor {
    type Value = HostLabels;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("labels such as { gpu = \"no\" } or [\"gpu=no\"]")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HostLabels, A::Error> {
        let mut labels = HostLabels::default();
        while let Some((key, value)) = map.next_entry()? {
            labels.set(key, value);
        }
        Ok(labels)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<HostLabels, A::Error> {
        let mut labels = HostLabels::default();
        while let Some(text) = list.next_element::<String>()? {
            let (key, value) = pair(&text).map_err(de::Error::custom)?;
            labels.set(key, value);
        }
        Ok(labels)
    }
}

impl JsonSchema for HostLabels {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Labels".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = BTreeMap::<LabelKey, LabelValue>::json_schema(generator);
        json_schema!({
            "description": "Labels: a table, or a list of `key=value`.",
            "anyOf": [table, { "type": "array", "items": { "type": "string" } }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_the_rules_of_kubernetes() {
        let good = ["gpu", "gpu=no", "a.b/c=d", "x_y=Z-1", "topology.kubernetes.io/zone=a"];
        for text in good {
            assert!(pair(text).is_ok(), "{text}");
        }
        let bad = ["", "=no", "-a=b", "a-=b", "a=b c", "a=-b", "/a=b", "a/=b", "a_b/c=d", "a=é"];
        for text in bad {
            assert!(pair(text).is_err(), "{text}");
        }
        assert!(pair(&"x".repeat(NAME_MAX + 1)).is_err());
    }
}
