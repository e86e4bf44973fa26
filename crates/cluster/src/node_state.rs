//! What a node says of itself: programs that run, and what they left in files.

use std::collections::BTreeSet;
use std::net::IpAddr;

use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was seen on a node. Only what bears on the cluster's network is looked at.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NodeState {
    /// What the host calls itself.
    pub host_name: String,
    /// Its addresses, without those of loopback.
    pub addresses: BTreeSet<IpAddr>,
    /// Whether a kubeconfig of an administrator is there: then the cluster can be asked from it.
    pub has_kubeconfig: bool,
    /// Which of [`PROGRAMS`] run, by the kernel's name for them.
    pub programs: BTreeSet<String>,
    /// The server that kubelet talks to, `HOST:PORT` (`/etc/kubernetes/kubelet.conf`).
    pub kubelet_server: Option<Untrusted>,
    /// What kube-proxy answers on 127.0.0.1:10249/proxyMode.
    pub proxy_mode: Option<Untrusted>,
    /// Files in `/etc/cni/net.d` that containerd would read.
    pub cni_files: Vec<Untrusted>,
    /// The network that flannel has for pods of this node (`FLANNEL_SUBNET` in
    /// `/run/flannel/subnet.env`).
    pub flannel_subnet: Option<Prefix>,
    /// The address that the API server of this host is told to advertise (its static pod).
    pub advertised: Option<IpAddr>,
    /// Chains at the forward hook that drop by default, whose tables accept nothing for pods.
    pub forward_drops: Vec<ForwardDrop>,
    /// Whether the packet filter's rules could be listed.
    pub sees_rules: bool,
}

/// A chain that drops what is forwarded.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ForwardDrop {
    /// `ip filter`, for instance.
    pub table: Untrusted,
    /// The name of the chain in it.
    pub chain: Untrusted,
    /// Networks for which the chain, or one that it calls, has an accept.
    pub accepts: Vec<Untrusted>,
}

/// The programs of a cluster, as `/proc/PID/comm` shows them (15 letters).
pub const PROGRAMS: [&str; 14] = [
    "kubelet",
    "kube-proxy",
    "kube-apiserver",
    "kube-controller",
    "kube-scheduler",
    "etcd",
    "containerd",
    "crio",
    "flanneld",
    "calico-node",
    "cilium-agent",
    "k3s-server",
    "k3s-agent",
    "coredns",
];

impl NodeState {
    /// Whether a program runs.
    #[must_use]
    pub fn runs(&self, program: &str) -> bool {
        self.programs.contains(program)
    }

    /// Whether one program is all of it (K3s), so that its parts are not seen as programs.
    #[must_use]
    pub fn is_k3s(&self) -> bool {
        self.runs("k3s-server") || self.runs("k3s-agent")
    }
}
