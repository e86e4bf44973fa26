//! The predicted choice of a component, with the rule behind it.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result that a component will come to on a host.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum PredictedChoice {
    /// It chooses these addresses.
    Pick(PredictedAddresses),
    /// It chooses no address and fails or warns.
    Refusal {
        /// Its error message, as far as it can be predicted.
        words: String,
        /// The rule that leads to the error.
        rule: String,
    },
    /// The known facts do not suffice for a prediction.
    Unknown {
        /// The missing fact, if possible with the command that shows it.
        missing: String,
    },
}

/// The addresses that a component chooses.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct PredictedAddresses {
    /// The addresses, primary first: one, or one of each family.
    pub addresses: Vec<IpAddr>,
    /// The links that have them, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// The rule that led to them.
    pub rule: String,
    /// The MTU that it derives from the link, in bytes; absent if it derives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Further effects and warnings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl PredictedAddresses {
    /// A choice of one address on one link.
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

    /// The chosen addresses, if there are any.
    #[must_use]
    pub const fn pick(&self) -> Option<&PredictedAddresses> {
        match self {
            Self::Pick(pick) => Some(pick),
            Self::Refusal { .. } | Self::Unknown { .. } => None,
        }
    }
}
