//! What is tried from where: every node and a pod of it, toward the API server, other nodes, pods,
//! a Service, and DNS.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::untrusted::Untrusted;

use crate::connectivity_test::{ApiAddressSource, ConnectivityTarget, LARGE_TRANSFER_BYTES};
use crate::node_protocol::ConnectivityProbe;
use crate::objects::{ClusterNode, ClusterObjects};

/// Up to so many nodes ask one another all; larger clusters ask round a ring.
const ALL_ASK: usize = 8;
/// How many of the next nodes on the ring each asks.
const RING: usize = 3;
/// The port of kubelet's own API (its `port`, k8s.io/kubelet/config/v1beta1).
pub const KUBELET: u16 = 10250;
/// The test pods' port.
pub const ECHO: u16 = 8080;
/// The namespace and name of the API server's Service.
pub const API: (&str, &str) = ("default", "kubernetes");
/// The port of the API server's Service.
pub const API_SERVICE: u16 = 443;
/// The namespace and name of the DNS Service.
pub const DNS: (&str, &str) = ("kube-system", "kube-dns");
/// The Service before the test pods.
pub const SERVICE: &str = "pontoon";

/// A test pod that has an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TestPod {
    /// The name of its node.
    pub node: String,
    /// Its uid, by which its node finds its processes.
    pub uid: String,
    /// The address that the network plug-in gave it.
    pub address: IpAddr,
}

/// What is known before anything is tried.
#[derive(Clone, Debug)]
pub struct TestMatrix<'a> {
    /// The cluster as its API server lists it.
    pub objects: &'a ClusterObjects,
    /// The test pods.
    pub test_pods: &'a [TestPod],
    /// The address of the Service before them.
    pub service: Option<IpAddr>,
}

impl TestMatrix<'_> {
    /// What a node tries in its own network; `kubelet_server` is where its kubelet's API server is.
    #[must_use]
    pub fn from_node(
        &self,
        node: &ClusterNode,
        kubelet_server: Option<&Untrusted>,
    ) -> Vec<ConnectivityTarget> {
        let mut targets = self.api();
        let proxy = self.objects.proxy.as_ref().and_then(|proxy| proxy.server.as_ref());
        for (server, by) in
            [(kubelet_server, ApiAddressSource::Kubelet), (proxy, ApiAddressSource::Proxy)]
        {
            if let Some(at) = server.and_then(|server| server.raw().parse::<SocketAddr>().ok()) {
                targets.push(ConnectivityTarget::Api { at, by });
            }
        }
        for peer in self.peers(node) {
            targets.extend(kubelet(peer));
            if let Some(address) = peer.internal_ips.first() {
                targets
                    .push(ConnectivityTarget::Sizes { node: peer.name.clone(), address: *address });
            }
        }
        targets.extend(self.pods(node, 0));
        targets.extend(self.own_pod(node));
        targets.extend(self.dns());
        targets
    }

    /// What a pod of a node tries.
    #[must_use]
    pub fn from_pod(&self, node: &ClusterNode) -> Vec<ConnectivityTarget> {
        let mut targets = self.api();
        targets.extend(self.peers(node).filter_map(kubelet));
        targets.extend(self.pods(node, 0));
        targets.extend(self.pods(node, LARGE_TRANSFER_BYTES));
        targets.extend(self.service.map(|address| ConnectivityTarget::Service { address }));
        targets.extend(self.dns());
        targets
    }

    /// The API server by its Service and without.
    fn api(&self) -> Vec<ConnectivityTarget> {
        let (namespace, name) = API;
        let ends = self.objects.endpoints(namespace, name).into_iter();
        let ends = ends
            .map(|end| ConnectivityTarget::Api { at: end.into(), by: ApiAddressSource::Endpoint });
        let service =
            self.objects.service(namespace, name).map(|address| ConnectivityTarget::Api {
                at: (address, API_SERVICE).into(),
                by: ApiAddressSource::Service,
            });
        ends.chain(service).collect()
    }

    fn dns(&self) -> Vec<ConnectivityTarget> {
        let (namespace, name) = DNS;
        let service = self.objects.service(namespace, name);
        let service = service.map(|server| ConnectivityTarget::Dns { server, pod_on: None });
        let ready = self.objects.dns_pods().filter(|pod| pod.is_ready);
        let pods = ready.filter_map(|pod| {
            Some(ConnectivityTarget::Dns { server: pod.address?, pod_on: Some(pod.node.clone()?) })
        });
        service.into_iter().chain(pods).collect()
    }

    fn pods<'a>(
        &'a self,
        node: &'a ClusterNode,
        bytes: u32,
    ) -> impl Iterator<Item = ConnectivityTarget> + 'a {
        let of = |peer: &ClusterNode| self.test_pods.iter().find(|placed| placed.node == peer.name);
        self.peers(node).filter_map(of).map(move |placed| ConnectivityTarget::Pod {
            node: placed.node.clone(),
            address: placed.address,
            bytes,
        })
    }

    fn own_pod(&self, node: &ClusterNode) -> Option<ConnectivityTarget> {
        let own = self.test_pods.iter().find(|placed| placed.node == node.name)?;
        Some(ConnectivityTarget::Pod { node: own.node.clone(), address: own.address, bytes: 0 })
    }

    /// The nodes that a node asks.
    fn peers<'a>(&'a self, node: &ClusterNode) -> impl Iterator<Item = &'a ClusterNode> {
        let nodes = &self.objects.nodes;
        let own = nodes.iter().position(|one| one.name == node.name).unwrap_or(0);
        let others = nodes.len().saturating_sub(1);
        let count = if nodes.len() <= ALL_ASK { others } else { RING };
        let ring = nodes.iter().cycle().skip(own + 1).take(count);
        let is_near =
            move |at: usize| (1..=count).contains(&((at + nodes.len() - own) % nodes.len()));
        // A node that the ring leaves out is still tested from the control plane.
        let servers = nodes
            .iter()
            .enumerate()
            .filter(move |(at, one)| one.is_control_plane && *at != own && !is_near(*at));
        ring.chain(servers.map(|(_, one)| one))
    }
}

fn kubelet(peer: &ClusterNode) -> Option<ConnectivityTarget> {
    let address = *peer.internal_ips.first()?;
    Some(ConnectivityTarget::Kubelet { node: peer.name.clone(), address })
}

impl ConnectivityProbe {
    /// How a target is probed in a cluster of this DNS domain; none: not by a node.
    #[must_use]
    pub fn of(target: &ConnectivityTarget, domain: &str) -> Option<Self> {
        Some(match target {
            ConnectivityTarget::Api { at, .. } => Self::Tls(*at),
            ConnectivityTarget::Kubelet { address, .. } => Self::Tcp((*address, KUBELET).into()),
            ConnectivityTarget::KubeletByApi { .. } => return None,
            ConnectivityTarget::Sizes { address, .. } => Self::Sizes(*address),
            ConnectivityTarget::Pod { address, bytes, .. } => Self::Echo(*address, *bytes),
            ConnectivityTarget::Service { address } => Self::Echo(*address, 0),
            ConnectivityTarget::Dns { server, .. } => Self::Dns(*server, domain.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn cluster(count: usize) -> ClusterObjects {
        let node = |at: usize| ClusterNode {
            name: format!("n{at}"),
            is_control_plane: at == 0,
            internal_ips: vec![format!("10.0.0.{}", at + 1).parse().unwrap()],
            ..ClusterNode::default()
        };
        ClusterObjects { nodes: (0..count).map(node).collect(), ..ClusterObjects::default() }
    }

    #[test]
    fn few_ask_all_and_many_ask_a_ring_and_the_control_plane() {
        for (count, at, expected) in [
            (1, 0, &[][..]),
            (3, 1, &["n2", "n0"]),
            (12, 0, &["n1", "n2", "n3"]),
            (12, 5, &["n6", "n7", "n8", "n0"]),
            (12, 10, &["n11", "n0", "n1"]),
        ] {
            let objects = cluster(count);
            let course = TestMatrix { objects: &objects, test_pods: &[], service: None };
            let peers: Vec<&str> =
                course.peers(&objects.nodes[at]).map(|peer| peer.name.as_str()).collect();
            assert_eq!(peers, expected, "{count} {at}");
        }
    }

    #[test]
    fn every_node_of_a_large_cluster_is_asked_by_others() {
        let objects = cluster(50);
        let course = TestMatrix { objects: &objects, test_pods: &[], service: None };
        let asked: BTreeSet<_> = objects
            .nodes
            .iter()
            .flat_map(|node| course.peers(node))
            .map(|peer| &peer.name)
            .collect();
        assert_eq!(asked.len(), 50);
    }
}
