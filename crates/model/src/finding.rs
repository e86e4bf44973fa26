//! What is wrong, how sure that is, and for whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::DiagnosisCode;
use crate::host::HostName;
use crate::net::{IfName, IpFamily};

/// How sure a finding is.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The facts do not suffice; the finding names the test that would decide.
    Undecided,
    /// One end only, or lookalikes remain.
    Possible,
    /// Both ends, but short or lossy, or without a control.
    Likely,
    /// Both ends, enough rounds, controls good, two kinds of probe agree.
    Confirmed,
}

/// How bad a finding is for a cluster.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works today, or costs something.
    Warning,
    /// Something does not work.
    Error,
}

/// For whom a finding holds. What is not given holds for any.
#[derive(
    Clone, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(deny_unknown_fields)]
pub struct DiagnosisScope {
    /// The host that is affected, or that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<HostName>,
    /// The host or address that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<HostName>,
    /// The link of `from` (of `to`, where there is no `from`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<IfName>,
    /// The family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<IpFamily>,
}

impl DiagnosisScope {
    /// Whether some pair, link and family is meant by both: a field that is not given meets any.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        fn meets<T: PartialEq>(one: Option<&T>, two: Option<&T>) -> bool {
            one.zip(two).is_none_or(|(one, two)| one == two)
        }
        meets(self.from.as_ref(), other.from.as_ref())
            && meets(self.to.as_ref(), other.to.as_ref())
            && meets(self.link.as_ref(), other.link.as_ref())
            && meets(self.family.as_ref(), other.family.as_ref())
    }

    /// The hosts it names; the first owns the link.
    pub fn hosts(&self) -> impl Iterator<Item = &HostName> {
        self.from.iter().chain(&self.to)
    }

    /// A host as a whole.
    #[must_use]
    pub fn host(host: &HostName) -> Self {
        Self { from: Some(host.clone()), ..Self::default() }
    }

    /// A link of a host.
    #[must_use]
    pub fn link(host: &HostName, link: &IfName) -> Self {
        Self { link: Some(link.clone()), ..Self::host(host) }
    }

    /// The same scope seen from the other end.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { from: self.to.clone(), to: self.from.clone(), ..self.clone() }
    }
}

/// Something wrong, with its proof.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Finding {
    /// Its name.
    pub code: DiagnosisCode,
    /// What is wrong.
    pub title: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub level: Level,
    /// For whom.
    pub scope: DiagnosisScope,
    /// Whether `from` and `to` may be read either way round.
    pub is_symmetric: bool,
    /// What was seen.
    pub because: Vec<String>,
    /// What to do.
    pub advice: Vec<String>,
    /// What would decide, where it is not confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_decide: Option<String>,
}
