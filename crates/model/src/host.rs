//! The name by which a run knows a host.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::net::{NotA, as_text};

/// The name by which a run knows a host: what the user typed, or the host's own name.
///
/// Letters, digits, `-`, `.`, `_` and `:` only (so addresses are names, too): whatever a remote
/// host claims to be called, printing it cannot move a cursor. It stands in every observation, so
/// that a copy costs no memory.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HostName(Arc<str>);

impl HostName {
    /// What `gethostname(2)` may return at most (`HOST_NAME_MAX` is 64) and DNS allows (253).
    pub const MAX_LEN: usize = 253;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes a name of any text: what may not stand in one becomes `_`.
    #[must_use]
    pub fn lossy(text: &str) -> Self {
        let clean: String = text
            .chars()
            .take(Self::MAX_LEN)
            .map(|letter| if is_allowed(letter) { letter } else { '_' })
            .collect();
        Self(if clean.is_empty() { "_".into() } else { clean.into() })
    }
}

const fn is_allowed(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | ':' | '%')
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for HostName {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        if (1..=Self::MAX_LEN).contains(&text.len()) && text.chars().all(is_allowed) {
            Ok(Self(text.into()))
        } else {
            Err(NotA::new(text, "a host name such as pi1"))
        }
    }
}

as_text!(HostName, "HostName", "^[A-Za-z0-9._:%-]{1,253}$");
