//! Objects, nodes and connectivity of a running cluster.

use std::collections::BTreeSet;
use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

use super::connectivity::ConnectivityTest;

/// Which of a node's addresses is meant.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeAddressKind {
    /// The `InternalIP` in the Node's status.
    InternalIp,
    /// The annotation `flannel.alpha.coreos.com/public-ip` of the Node.
    FlannelPublicIp,
}

/// What was observed of a running cluster: its objects, its nodes, its connectivity. Nodes are
/// named as in the API.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ClusterEvidence {
    /// A connectivity test from a node, or from a pod on it, and its outcome.
    ConnectivityTest(ConnectivityTest),
    /// Further connectivity tests that failed for the same cause and are not listed.
    FurtherTestsFailed {
        /// How many tests these are.
        count: usize,
    },
    /// No connectivity test could be run from a pod on these nodes.
    NothingTestedFromPods,
    /// kubectl on the control plane failed to read the cluster.
    KubectlFailed {
        /// The host on which kubectl was run.
        host: HostName,
        /// The last line of what kubectl wrote.
        error: Untrusted,
    },
    /// The address that the API server advertises in the endpoints of the Service kubernetes.
    AdvertisedAddress {
        /// The first address of these endpoints that was not reached.
        address: IpAddr,
    },
    /// Programs of the cluster that do not run as processes on a node.
    ProgramsNotRunning {
        /// The node on which their processes were looked for.
        node: String,
        /// The names of the programs, as in `/proc/PID/comm`.
        programs: Vec<&'static str>,
    },
    /// No pod of kube-proxy is on a node.
    NoProxyPod {
        /// The node without one.
        node: String,
        /// What the `nodeSelector` of its `DaemonSet` asks for and the node does not have, as
        /// `LABEL=VALUE`.
        lacks: Vec<String>,
    },
    /// Not one program of the cluster runs as a process on a node.
    NoClusterProgramRunning {
        /// The node on which processes were looked for.
        node: String,
    },
    /// No test of a Service failed from a node, so that rules written earlier still apply there.
    ServiceRulesStillApply {
        /// The node from which no test of a Service failed.
        node: String,
    },
    /// The Node's condition Ready is False, and kubelet's message about it.
    NodeNotReady {
        /// The node that is not ready.
        node: String,
        /// The message of the condition.
        message: Untrusted,
    },
    /// A condition of the Node is True that says that it is short of something.
    NodePressure {
        /// The node whose kubelet reports it.
        node: String,
        /// The type of the condition.
        condition: String,
        /// The message of the condition.
        message: Untrusted,
    },
    /// A link of a node does not carry frames.
    LinkDown {
        /// The node with the link.
        node: String,
        /// The link that has the address.
        link: IfName,
        /// The `InternalIP` of the node.
        address: IpAddr,
        /// Whether it is switched on, and has no carrier.
        is_up: bool,
    },
    /// A pod of the cluster's own is not ready, though it is not young.
    PodNotReady {
        /// The name of the pod.
        pod: String,
        /// The namespace of the pod.
        namespace: String,
    },
    /// The address that the API server of a host is told to advertise is on none of its links.
    AdvertisedAddressNotOnHost {
        /// The control plane.
        host: HostName,
        /// The address in its static pod.
        address: IpAddr,
    },
    /// The Node's condition Ready is Unknown: its kubelet has not reported for a while.
    NodeStatusUnknown {
        /// The node whose kubelet has not reported.
        node: String,
    },
    /// The host of a node was not named to pontoon, or could not be reached.
    NodeNotInspected {
        /// The node without a host that answered.
        node: String,
    },
    /// What `/etc/cni/net.d` of a node contains.
    CniConfigFiles {
        /// The node whose folder was read.
        node: String,
        /// The names of the files that containerd would read.
        files: Vec<Untrusted>,
    },
    /// The Node's status lists no `InternalIP`.
    NoInternalIp {
        /// The node without one.
        node: String,
    },
    /// Several nodes registered the same `InternalIP`.
    SharedInternalIp {
        /// The nodes that have it.
        nodes: Vec<String>,
        /// The address that they share.
        address: IpAddr,
    },
    /// An address that a node registered is on none of its links.
    AddressOnNoLink {
        /// The node that registered the address.
        node: String,
        /// Which of its addresses it is.
        address_kind: NodeAddressKind,
        /// The address itself.
        address: IpAddr,
        /// The links that the node has.
        links: Vec<IfName>,
    },
    /// Frames from other hosts do not arrive on the link that has a node's address.
    AddressUnreached {
        /// The node whose address it is.
        node: String,
        /// Which of its addresses it is.
        address_kind: NodeAddressKind,
        /// The address itself.
        address: IpAddr,
        /// The link that has the address; none: the links of the node are not known.
        #[serde(skip_serializing_if = "Option::is_none")]
        link: Option<IfName>,
        /// The hosts whose frames do not arrive.
        unreached_by: BTreeSet<HostName>,
    },
    /// A node's `InternalIP` lies inside the cluster's service range.
    NodeAddressInServiceRange {
        /// The node whose address it is.
        node: String,
        /// The `InternalIP` of the node.
        address: IpAddr,
        /// The serviceSubnet that contains it.
        services: Prefix,
    },
    /// A range of the cluster overlaps a network of its hosts.
    RangeOverlapsNetwork {
        /// The field of kubeadm's `ClusterConfiguration`: `podSubnet` or `serviceSubnet`.
        setting: &'static str,
        /// The range that the field holds.
        range: Prefix,
        /// The network of the hosts.
        network: Prefix,
        /// The link on which the hosts have it.
        link: IfName,
    },
    /// A port of a node does not answer as it should.
    PortUnanswered {
        /// The node whose port was dialled.
        node: String,
        /// The TCP port.
        port: u16,
        /// Whether the node answers an echo request from the same host.
        answers_echo: bool,
    },
    /// No pod of CoreDNS is ready.
    NoReadyDnsPod {
        /// How many pods of CoreDNS there are.
        pods: usize,
    },
    /// CoreDNS answers, but not with the address of the API server's Service.
    DnsLacksApiServerName,
}
