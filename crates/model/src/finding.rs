//! A finding: a problem of the network, its certainty and the hosts it affects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::DiagnosisCode;
use crate::host::HostName;
use crate::net::{IfName, IpFamily};

/// How certain a finding is (docs/decisions/008-evidence.md).
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The facts do not suffice; the finding names the test that would decide.
    Undecided,
    /// Observed at one end only, or look-alikes are not excluded.
    Possible,
    /// Observed at both ends, but for few rounds, with loss, or without a control.
    Likely,
    /// Observed at both ends in enough rounds with good controls; two kinds of probe agree.
    Confirmed,
}

/// How severe a finding is for a cluster.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Informational: nothing needs to change.
    Info,
    /// Works today, but is fragile or has a cost.
    Warning,
    /// Something does not work.
    Error,
}

/// The hosts, link and family that a finding is about. An absent field means any.
#[derive(
    Clone, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(deny_unknown_fields)]
pub struct DiagnosisScope {
    /// The affected host, or the sender of the probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<HostName>,
    /// The host or address that was probed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<HostName>,
    /// A link of `from`, or of `to` if there is no `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<IfName>,
    /// The address family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<IpFamily>,
}

impl DiagnosisScope {
    /// Whether the two scopes have a pair, link and family in common; an absent field matches any.
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

    /// The hosts of the scope; the first one owns the link.
    pub fn hosts(&self) -> impl Iterator<Item = &HostName> {
        self.from.iter().chain(&self.to)
    }

    /// The scope of one host as a whole.
    #[must_use]
    pub fn host(host: &HostName) -> Self {
        Self { from: Some(host.clone()), ..Self::default() }
    }

    /// The scope of one link of a host.
    #[must_use]
    pub fn link(host: &HostName, link: &IfName) -> Self {
        Self { link: Some(link.clone()), ..Self::host(host) }
    }

    /// The scope with both ends exchanged.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { from: self.to.clone(), to: self.from.clone(), ..self.clone() }
    }
}

/// A problem with its evidence, as reported to users.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Finding {
    /// The stable code of the rule.
    pub code: DiagnosisCode,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// How severe it is for a cluster.
    pub severity: Severity,
    /// How certain it is.
    pub level: Level,
    /// The hosts, link and family it is about.
    pub scope: DiagnosisScope,
    /// Whether it holds in both directions, so that `from` and `to` may be exchanged.
    pub is_symmetric: bool,
    /// The evidence, one sentence each.
    pub because: Vec<String>,
    /// Remedies, one sentence or command each.
    pub advice: Vec<String>,
    /// The test that would decide; absent if the finding is confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_decide: Option<String>,
}
