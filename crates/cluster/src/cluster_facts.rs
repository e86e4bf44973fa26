//! All that is known when a cluster is judged.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_model::snapshot::{Link, Snapshot};
use pontoon_model::untrusted::Untrusted;
use pontoon_rules::report::pairs::PairRow;
use pontoon_rules::report::reach::{AddressReach, reach};

use crate::connectivity_test::{ConnectivityTarget, ConnectivityTest};
use crate::node_state::NodeState;
use crate::objects::{ClusterNode, ClusterObjects};

/// What was seen of a cluster and of its hosts.
#[derive(Clone, Debug)]
pub struct ClusterFacts {
    /// The control plane's clock, in seconds since 1970.
    pub now_s: i64,
    /// The host by which the cluster was asked.
    pub control_plane: Option<HostName>,
    /// What the API server says; or why it says nothing.
    pub objects: Result<ClusterObjects, Untrusted>,
    /// What each host says of the programs on it.
    pub node_states: BTreeMap<HostName, NodeState>,
    /// Which hosts reach each other: their networks, before any cluster.
    pub record: Record,
    /// The pairs of the record.
    pub pairs: Vec<PairRow>,
    /// What was tried.
    pub connectivity_tests: Vec<ConnectivityTest>,
    /// What programs wrote about their trouble.
    pub texts: Vec<CollectedText>,
}

/// Text of a program in trouble.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CollectedText {
    /// The node it is about.
    pub node: String,
    /// Who wrote it, such as `log of kubelet`.
    pub source: String,
    /// The text as it was written, which is not trusted.
    pub text: String,
}

impl ClusterFacts {
    /// The objects; none where the API server says nothing.
    #[must_use]
    pub fn objects(&self) -> Option<&ClusterObjects> {
        self.objects.as_ref().ok()
    }

    /// The host that is a node: it has the node's name, or else its `InternalIP`. None: it was not
    /// asked.
    #[must_use]
    pub fn host_of(&self, node: &ClusterNode) -> Option<&HostName> {
        let named = self.node_states.iter().find(|(name, look)| {
            // kubelet registers the host's name in small letters (k/k pkg/util/node/node.go).
            look.host_name.eq_ignore_ascii_case(&node.name) || name.as_str() == node.name
        });
        let has = |look: &NodeState| node.internal_ips.iter().any(|ip| look.addresses.contains(ip));
        named.or_else(|| self.node_states.iter().find(|(_, look)| has(look))).map(|(name, _)| name)
    }

    /// What a node says of the programs on it.
    #[must_use]
    pub fn node_state(&self, node: &ClusterNode) -> Option<&NodeState> {
        self.node_states.get(self.host_of(node)?)
    }

    /// A node's own account of its network.
    #[must_use]
    pub fn snapshot(&self, node: &ClusterNode) -> Option<&Snapshot> {
        Some(&self.record.facts.hosts.get(self.host_of(node)?)?.snapshot)
    }

    /// The link of a node that has an address.
    #[must_use]
    pub fn link(&self, node: &ClusterNode, address: IpAddr) -> Option<&Link> {
        link_of(self.snapshot(node)?, address)
    }

    /// Which other hosts reach an address of a node, as frames showed.
    #[must_use]
    pub fn reach(&self, node: &ClusterNode, address: IpAddr) -> Option<AddressReach> {
        let host = self.host_of(node)?;
        Some(reach(host, address, &self.record.facts, &self.pairs))
    }

    /// What came of a try from a node or a pod of it.
    pub fn tests_from<'a>(
        &'a self,
        node: &'a str,
        is_pod: bool,
        is_meant: impl Fn(&ConnectivityTarget) -> bool + 'a,
    ) -> impl Iterator<Item = &'a ConnectivityTest> {
        self.connectivity_tests.iter().filter(move |tried| {
            tried.from.node == node && tried.from.is_pod == is_pod && is_meant(&tried.to)
        })
    }
}

fn link_of(snapshot: &Snapshot, address: IpAddr) -> Option<&Link> {
    let has = |link: &&Link| link.addresses.iter().any(|own| own.prefix.address == address);
    snapshot.links.iter().find(has)
}
