//! Parses the text of an inventory.

use std::collections::BTreeMap;
use std::fmt;

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml_edit::{DocumentMut, TomlError};

use super::{HostEntry, InventoryHost};

/// Longest inventory in bytes: 200 bytes for each of the 5 000 nodes that Kubernetes supports.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// A text that is not a valid inventory.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InventoryError {
    /// The text has more than [`TEXT_BYTES_MAX`] bytes.
    #[error("an inventory has {TEXT_BYTES_MAX} bytes at most")]
    TooLong,
    /// The text is not TOML, or has unknown keys or invalid values.
    #[error("{message}")]
    Grammar {
        /// Line, column, the line itself and the error; control characters are escaped.
        message: String,
    },
}

impl InventoryError {
    fn grammar(error: &dyn fmt::Display) -> Self {
        let text = error.to_string();
        let lines: Vec<_> =
            text.trim_end().lines().map(|line| Untrusted::new(line).to_string()).collect();
        Self::Grammar { message: lines.join("\n") }
    }
}

impl From<TomlError> for InventoryError {
    fn from(error: TomlError) -> Self {
        Self::grammar(&error)
    }
}

impl From<toml_edit::de::Error> for InventoryError {
    fn from(error: toml_edit::de::Error) -> Self {
        Self::grammar(&error)
    }
}

/// Parses the text twice: into hosts, and into a document in which single values can be changed.
pub(super) fn read(text: &str) -> Result<(DocumentMut, Vec<InventoryHost>), InventoryError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(InventoryError::TooLong);
    }
    let document = text.parse()?;
    // From the text again: errors of the document would have no line numbers.
    let InventoryDocument { host } = toml_edit::de::from_str(text)?;
    Ok((document, host.0))
}

/// The published format of the file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InventoryDocument {
    /// The hosts, by name.
    #[serde(default)]
    host: OrderedHosts,
}

/// A table of hosts in the order of the file.
#[derive(Debug, Default)]
struct OrderedHosts(Vec<InventoryHost>);

impl<'de> Deserialize<'de> for OrderedHosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HostTableVisitor)
    }
}

struct HostTableVisitor;

impl<'de> Visitor<'de> for HostTableVisitor {
    type Value = OrderedHosts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tables of hosts such as [host.pi1]")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OrderedHosts, A::Error> {
        let mut hosts = Vec::new();
        while let Some((name, entry)) = map.next_entry::<HostName, HostEntry>()? {
            hosts.push(InventoryHost { name, entry });
        }
        Ok(OrderedHosts(hosts))
    }
}

impl JsonSchema for OrderedHosts {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hosts".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<HostName, HostEntry>::json_schema(generator)
    }
}
