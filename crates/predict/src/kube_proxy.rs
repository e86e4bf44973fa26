//! kube-proxy: the node addresses that it detects.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::Snapshot;

use super::node_name::GoResolver;
use super::{PredictedAddresses, PredictedChoice, kubelet};

/// Source of the rule; the prediction was compared with a running kube-proxy.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, cmd/kube-proxy/app/server.go";

/// The detected addresses, one of each family.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DetectedNodeIps {
    /// The primary family.
    pub primary: IpFamily,
    /// The IPv4 address; loopback if the Node has none.
    pub v4: Ipv4Addr,
    /// The IPv6 address; loopback if the Node has none.
    pub v6: Ipv6Addr,
}

/// `detectNodeIPs`: the addresses of the Node object; a missing one is the loopback address, and a
/// specific `bindAddress` replaces the one of its family.
#[must_use]
pub fn detect_node_ips(node: &[IpAddr], bind_address: IpAddr) -> DetectedNodeIps {
    let mut ips =
        DetectedNodeIps { primary: IpFamily::V4, v4: Ipv4Addr::LOCALHOST, v6: Ipv6Addr::LOCALHOST };
    let mut put = |address: IpAddr| match address {
        IpAddr::V4(v4) => ips.v4 = v4,
        IpAddr::V6(v6) => ips.v6 = v6,
    };
    // In reverse, so that the first address of each family wins.
    node.iter().rev().for_each(|address| put(*address));
    let bound = Some(bind_address).filter(|address| !address.is_unspecified());
    bound.into_iter().for_each(put);
    let first = bound.or_else(|| node.first().copied());
    ips.primary = first.map_or(IpFamily::V4, IpFamily::of);
    ips
}

/// The addresses of the Node, for a kubelet as released.
#[must_use]
pub fn node_ips(node: &Snapshot) -> PredictedChoice {
    node_ips_of(node, GoResolver::Cgo)
}

/// The addresses of the Node, for a kubelet with this resolver and the unspecified `bindAddress`
/// that kubeadm writes.
#[must_use]
pub fn node_ips_of(node: &Snapshot, linkage: GoResolver) -> PredictedChoice {
    match kubelet::node_addresses_of(node, linkage) {
        PredictedChoice::Pick(pick) => PredictedChoice::Pick(PredictedAddresses {
            rule: "the Node's InternalIP".to_owned(),
            notes: Vec::new(),
            ..pick
        }),
        PredictedChoice::Refusal { .. } => {
            let DetectedNodeIps { v4, v6, .. } = detect_node_ips(&[], Ipv4Addr::UNSPECIFIED.into());
            let rule =
                "the Node has no address: after 30 s the loopback address is taken, and kept";
            let addresses = vec![v4.into(), v6.into()];
            let rule = rule.to_owned();
            PredictedChoice::Pick(PredictedAddresses {
                addresses,
                links: Vec::new(),
                rule,
                mtu: None,
                notes: Vec::new(),
            })
        }
        unknown @ PredictedChoice::Unknown { .. } => unknown,
    }
}
