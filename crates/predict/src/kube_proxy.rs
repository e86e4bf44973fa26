//! kube-proxy: the node's addresses as it sees them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pontoon_model::net::Family;
use pontoon_model::snapshot::Snapshot;

use super::node_name::Linkage;
use super::{Choice, Pick, kubelet};

/// Where the rule was read, and run.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, cmd/kube-proxy/app/server.go";

/// One address of each family.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NodeIps {
    /// The family that comes first.
    pub primary: Family,
    /// Of IPv4.
    pub v4: Ipv4Addr,
    /// Of IPv6.
    pub v6: Ipv6Addr,
}

/// `detectNodeIPs`: the addresses of the Node object, in whose place the loopback addresses stand
/// where there is none, and a `bindAddress` in that of its family.
#[must_use]
pub fn detect_node_ips(node: &[IpAddr], bind_address: IpAddr) -> NodeIps {
    let mut ips = NodeIps { primary: Family::V4, v4: Ipv4Addr::LOCALHOST, v6: Ipv6Addr::LOCALHOST };
    let mut put = |address: IpAddr| match address {
        IpAddr::V4(v4) => ips.v4 = v4,
        IpAddr::V6(v6) => ips.v6 = v6,
    };
    node.iter().rev().for_each(|address| put(*address));
    let bound = Some(bind_address).filter(|address| !address.is_unspecified());
    bound.into_iter().for_each(put);
    let first = bound.or_else(|| node.first().copied());
    ips.primary = first.map_or(Family::V4, Family::of);
    ips
}

/// The addresses of the Node that kubelet makes, as released.
#[must_use]
pub fn node_ips(node: &Snapshot) -> Choice {
    node_ips_of(node, Linkage::Cgo)
}

/// The addresses of the Node that a kubelet so linked makes, with the `bindAddress` that kubeadm
/// writes: none in particular.
#[must_use]
pub fn node_ips_of(node: &Snapshot, linkage: Linkage) -> Choice {
    match kubelet::node_addresses_of(node, linkage) {
        Choice::Pick(pick) => Choice::Pick(Pick {
            rule: "the Node's InternalIP".to_owned(),
            notes: Vec::new(),
            ..pick
        }),
        Choice::Refusal { .. } => {
            let NodeIps { v4, v6, .. } = detect_node_ips(&[], Ipv4Addr::UNSPECIFIED.into());
            let rule =
                "the Node has no address: after 30 s the loopback address is taken, and kept";
            let addresses = vec![v4.into(), v6.into()];
            let rule = rule.to_owned();
            Choice::Pick(Pick { addresses, links: Vec::new(), rule, mtu: None, notes: Vec::new() })
        }
        unknown @ Choice::Unknown { .. } => unknown,
    }
}
