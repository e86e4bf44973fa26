//! Connectivity tests between the nodes and pods of a cluster: from where, to what, with which
//! outcome.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From where a connectivity test was run.
#[derive(
    Clone, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
pub struct ConnectivitySource {
    /// The Kubernetes node, by its name in the API.
    pub node: String,
    /// Whether it was run in the test pod of the node, or in the node's own network namespace.
    pub is_pod: bool,
}

/// What a connectivity test was run against.
#[derive(
    Clone, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectivityTarget {
    /// The API server, up to the end of the TLS handshake.
    Api {
        /// The address and port that were dialled.
        at: SocketAddr,
        /// Which setting or object names that address.
        by: ApiAddressSource,
    },
    /// Port 10250 of another node, where its kubelet listens.
    Kubelet {
        /// The node whose kubelet was dialled.
        node: String,
        /// The `InternalIP` of that node.
        address: IpAddr,
    },
    /// The kubelet of a node through the API server, as `kubectl logs` and `exec` reach it.
    KubeletByApi {
        /// The node whose kubelet was asked.
        node: String,
    },
    /// Whether packets as large as the link's MTU arrive at a node.
    Sizes {
        /// The node that was pinged.
        node: String,
        /// The `InternalIP` of that node.
        address: IpAddr,
    },
    /// The test pod of a node, by its own address.
    Pod {
        /// The node on which the pod runs.
        node: String,
        /// The address of the pod.
        address: IpAddr,
        /// How many bytes the pod was asked to send; 0 asks for a short response.
        bytes: u32,
    },
    /// The Service in front of the test pods.
    Service {
        /// The cluster IP of the Service.
        address: IpAddr,
    },
    /// The cluster's DNS, asked for the name of the API server.
    Dns {
        /// The address of the DNS server that was asked.
        server: IpAddr,
        /// The node of the DNS pod, where a pod is asked and not the Service.
        pod_on: Option<String>,
    },
}

/// Which setting or object names the address of the API server.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ApiAddressSource {
    /// The endpoints of the Service kubernetes.
    Endpoint,
    /// The cluster IP of the Service kubernetes.
    Service,
    /// The kubeconfig of the node's kubelet.
    Kubelet,
    /// The kubeconfig of the node's kube-proxy.
    Proxy,
}

/// How a connectivity test ended.
#[derive(
    Clone, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectivityOutcome {
    /// The expected response came.
    Works {
        /// How long it took, in milliseconds.
        ms: u64,
    },
    /// The connection was refused: nothing listens, or a packet filter answered in its place.
    Refused,
    /// The kernel has no route to the address.
    NoRoute,
    /// The kernel got no ARP or NDP reply for the address on the link.
    NoNeighbour,
    /// A router or a packet filter answered that the address is prohibited.
    Prohibited,
    /// Nothing came back at all.
    Silent {
        /// How long the test waited, in milliseconds.
        ms: u64,
    },
    /// The connection was established, and then not all of the response came.
    Stalls {
        /// How many bytes of the response came.
        bytes: u64,
    },
    /// A small packet is answered, one as large as the link's MTU is not.
    LargeLost {
        /// The MTU, in bytes.
        mtu: u32,
    },
    /// A response came that is not the expected one.
    Wrong(Untrusted),
    /// The test could not be run, and why.
    Untried(Untrusted),
}

/// A connectivity test that was run.
#[derive(
    Clone, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
pub struct ConnectivityTest {
    /// From where it was run.
    pub from: ConnectivitySource,
    /// What it was run against.
    pub to: ConnectivityTarget,
    /// How it ended.
    pub outcome: ConnectivityOutcome,
}

impl ConnectivityOutcome {
    /// Whether the expected response came.
    #[must_use]
    pub const fn works(&self) -> bool {
        matches!(self, Self::Works { .. })
    }

    /// Whether the test was run and the expected response did not come.
    #[must_use]
    pub const fn fails(&self) -> bool {
        !matches!(self, Self::Works { .. } | Self::Untried(_))
    }
}
