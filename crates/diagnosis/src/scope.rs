//! Whom a diagnosis is about: hosts, a link, an address family, nodes of a cluster.

use std::collections::BTreeSet;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whom a diagnosis is about. A field that is not given holds for any value.
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
    /// The address family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<IpFamily>,
    /// The Kubernetes nodes that are affected, by their names in the API; empty before there is a
    /// cluster.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub nodes: BTreeSet<String>,
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

    /// Nodes of a cluster.
    #[must_use]
    pub fn nodes<T: Into<String>>(nodes: impl IntoIterator<Item = T>) -> Self {
        Self { nodes: nodes.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// The same scope seen from the other end.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { from: self.to.clone(), to: self.from.clone(), ..self.clone() }
    }
}
