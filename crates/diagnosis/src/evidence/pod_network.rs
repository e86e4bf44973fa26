//! The network of a cluster's pods and Services on its nodes: routes, bridges, filters, MTU.

use std::collections::BTreeSet;
use std::net::IpAddr;

use pontoon_model::net::{IfName, Prefix};
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

/// A pod network that a node has no route to.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct MissingPodRoute {
    /// The pod network of that node.
    pub network: Prefix,
    /// The node that the pod network belongs to.
    pub node: String,
}

/// What was observed of the network of pods and Services on the nodes of a cluster. Nodes are named
/// as in the API.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PodNetworkEvidence {
    /// The Node's `spec.podCIDR` is empty.
    PodCidrEmpty {
        /// The node without a pod network.
        node: String,
    },
    /// The Node's `spec.podCIDR` lies outside flannel's `Network`.
    PodCidrOutsideFlannelNetwork {
        /// The node whose pod network it is.
        node: String,
        /// `Network` in flannel's net-conf.json.
        network: Prefix,
        /// The first of `spec.podCIDRs`.
        pod_cidr: Prefix,
    },
    /// The bridge of a node's pods has an address outside the node's pod network.
    BridgeOutsidePodCidr {
        /// The node with the bridge.
        node: String,
        /// The bridge of the pods.
        bridge: IfName,
        /// The address of the bridge.
        address: Prefix,
        /// The pod network of the node.
        pod_cidr: Prefix,
    },
    /// The network that flannel gives to pods of a node lies outside the node's pod network.
    FlannelSubnetOutsidePodCidr {
        /// The node whose file was read.
        node: String,
        /// `FLANNEL_SUBNET` in `/run/flannel/subnet.env`.
        subnet: Prefix,
        /// The pod network of the node.
        pod_cidr: Prefix,
        /// The node to whose pod network it belongs, if there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        belongs_to: Option<String>,
    },
    /// A node has no route to the pod networks of other nodes.
    PodRoutesMissing {
        /// The node whose routing table was read.
        node: String,
        /// The pod networks without a route.
        missing: Vec<MissingPodRoute>,
    },
    /// Whether the link of the network plug-in exists on a node.
    PluginLink {
        /// The node whose links were read.
        node: String,
        /// The name that the plug-in gives its link.
        link: &'static str,
        /// Whether a link of that name exists.
        exists: bool,
    },
    /// Pods reach the own addresses of other nodes, but not the pods there.
    OnlyPodTrafficFails {
        /// The nodes between whose pods nothing passes.
        nodes: BTreeSet<String>,
        /// The links of flannel's addresses, on which frames between the hosts arrive.
        links: BTreeSet<IfName>,
    },
    /// `net.ipv4.ip_forward` of a node is 0.
    ForwardingOff {
        /// The node whose sysctl was read.
        node: String,
    },
    /// A chain at the forward hook drops by default and accepts no packets of pods.
    ForwardChainDrops {
        /// The node whose rules were listed.
        node: String,
        /// The family and name of the table.
        table: Untrusted,
        /// The name of the chain.
        chain: Untrusted,
        /// Networks and links that the chain, or one that it jumps to, accepts.
        accepts: Vec<Untrusted>,
    },
    /// A chain at the forward hook drops by default; its rules could not be listed.
    ForwardPolicyDropUnlisted {
        /// The node with the chain.
        node: String,
    },
    /// The MTU of an overlay leaves no room for its header in the MTU of the link below.
    OverlayMtuTooLarge {
        /// The node with both links.
        node: String,
        /// The link of the overlay.
        overlay: IfName,
        /// The MTU of the overlay, in bytes.
        overlay_mtu: u32,
        /// The link of the node's address, which carries the overlay.
        link: IfName,
        /// The MTU of that link, in bytes.
        link_mtu: u32,
        /// What the overlay adds to a packet, in bytes.
        overhead: u32,
    },
    /// The API server that kube-proxy is configured to use.
    KubeProxyServer {
        /// `server` in the kubeconfig of the `ConfigMap` kube-proxy.
        server: Untrusted,
    },
    /// A node has neither a default route nor one to the service range.
    NoRouteToServices {
        /// The node whose routing table was read.
        node: String,
        /// The service range.
        services: Prefix,
    },
    /// A node routes the service range over another link than that of its own address.
    ServiceRouteOnOtherLink {
        /// The node whose routing table was read.
        node: String,
        /// The service range.
        services: Prefix,
        /// The link of the route to the service range.
        route_link: IfName,
        /// The link that has the node's address.
        address_link: IfName,
    },
    /// From pods of a node some Services are not reached, and others are.
    SomeServicesFail {
        /// The node from whose pods the tests were run.
        node: String,
        /// The addresses of the Services that are not reached.
        failing: BTreeSet<IpAddr>,
        /// The addresses of those that are.
        working: BTreeSet<IpAddr>,
    },
    /// From a node, pods and the API server are reached by their own addresses, but not by Services.
    OnlyServicesFail {
        /// The node from which the tests were run.
        node: String,
    },
}
