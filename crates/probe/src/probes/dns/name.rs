//! A name that DNS can carry.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use pontoon_model::untrusted::Untrusted;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A host name in ASCII, without the closing dot: labels of 1 to 63 letters, digits, `-` and `_`,
/// 253 characters at most (RFC 1035, section 2.3.4).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DnsName(String);

/// A text is not a host name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a host name such as pool.ntp.org: letters, digits, `-` and dots")]
pub struct NotDnsName(Untrusted);

impl DnsName {
    /// The name without a final dot, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that nobody has registered, nor can: 64 random bits under `.invalid` (RFC 6761,
    /// section 6.4).
    #[must_use]
    pub fn random_invalid(random: u64) -> Self {
        Self(format!("{random:016x}.invalid"))
    }
}

impl FromStr for DnsName {
    type Err = NotDnsName;

    fn from_str(text: &str) -> Result<Self, NotDnsName> {
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if name.len() <= 253 && name.split('.').all(is_label) {
            Ok(Self(name.to_ascii_lowercase()))
        } else {
            Err(NotDnsName(Untrusted::new(text)))
        }
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for DnsName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DnsName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
