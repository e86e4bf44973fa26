//! How sure a diagnosis is, and how bad what it says would be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How sure a diagnosis is. The same scale for every command.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The facts do not suffice to say whether it holds; the distinguishing check would decide.
    Undecided,
    /// It fits what was observed, and so does something else: one end only, or look-alikes remain.
    Possible,
    /// Nothing else that is known fits, but the run was short or lossy, or had no control.
    Likely,
    /// The cause itself was observed, or every look-alike is excluded by what was.
    Confirmed,
}

impl Certainty {
    /// The word for it, as in the JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Confirmed => "confirmed",
        }
    }
}

/// How bad a diagnosis is for a cluster.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; nothing fails because of it.
    Info,
    /// It works today, at a cost or at a risk; or it may pass by itself.
    Warning,
    /// Something does not work.
    Error,
}

impl Severity {
    /// The word for it, as in the JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
