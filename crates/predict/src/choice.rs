//! What a component takes on a host, and by which rule.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a component makes of a host.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum PredictedChoice {
    /// It takes this.
    Pick(PredictedAddresses),
    /// It takes nothing, and says so.
    Refusal {
        /// In its own words, as far as they can be foretold.
        words: String,
        /// What leads to it.
        rule: String,
    },
    /// It cannot be foretold from what is known.
    Unknown {
        /// What would have to be known.
        missing: String,
    },
}

/// What a component takes.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct PredictedAddresses {
    /// Its addresses, the first one first. One, or one of each family.
    pub addresses: Vec<IpAddr>,
    /// The links they are on, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// What led to it.
    pub rule: String,
    /// The MTU it derives from the link, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// What it says or does beside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl PredictedAddresses {
    /// One address on a link.
    pub(crate) fn new(address: IpAddr, link: Option<&str>, rule: impl Into<String>) -> Self {
        Self {
            addresses: vec![address],
            links: link.map(str::to_owned).into_iter().collect(),
            rule: rule.into(),
            mtu: None,
            notes: Vec::new(),
        }
    }
}

impl PredictedChoice {
    pub(crate) fn refusal(words: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Refusal { words: words.into(), rule: rule.into() }
    }

    pub(crate) fn unknown(missing: impl Into<String>) -> Self {
        Self::Unknown { missing: missing.into() }
    }

    /// What is taken, if anything.
    #[must_use]
    pub const fn pick(&self) -> Option<&PredictedAddresses> {
        match self {
            Self::Pick(pick) => Some(pick),
            Self::Refusal { .. } | Self::Unknown { .. } => None,
        }
    }
}
