//! What the API server says of the cluster, as far as its network hangs on it.

mod kubectl_json;
mod config_maps;

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use config_maps::{
    CONFIG_MAP_NAMES, CONFIG_MAP_NAMESPACES, ClusterNetworks, KubeProxySettings,
};
pub use kubectl_json::{ObjectListError, read};

/// The label of what pontoon makes in a cluster.
pub const OWN_LABEL: (&str, &str) = ("app.kubernetes.io/managed-by", "pontoon");

/// The objects of a cluster.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ClusterObjects {
    /// Its nodes, in the order of the API server.
    pub nodes: Vec<ClusterNode>,
    /// Its pods in all namespaces.
    pub pods: Vec<Pod>,
    /// Its Services that have an address.
    pub services: Vec<ClusterService>,
    /// Where its Services lead.
    pub slices: Vec<EndpointSlice>,
    /// What `kubeadm-config` says of networks.
    pub networks: ClusterNetworks,
    /// What kube-proxy is told; none: it has no `ConfigMap`.
    pub proxy: Option<KubeProxySettings>,
    /// `nodeSelector` of kube-proxy's `DaemonSet`; none: there is no such `DaemonSet`.
    pub proxy_selector: Option<BTreeMap<String, String>>,
    /// Where kubeadm has its images from (`imageRepository`).
    pub image_repository: Option<String>,
    /// `Network` of flannel's net-conf.json; none: no such `ConfigMap`.
    pub flannel_network: Option<Prefix>,
}

/// A Node object (k8s.io/api/core/v1).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ClusterNode {
    /// The name by which it registered.
    pub name: String,
    /// Its addresses of type `InternalIP`.
    pub internal_ips: Vec<IpAddr>,
    /// Whether it is ready.
    pub ready: NodeReadiness,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Conditions that are True and should not be: `DiskPressure`, `MemoryPressure`, `PIDPressure`.
    pub pressures: Vec<NodePressure>,
    /// When it was made, in seconds since 1970.
    pub created_s: Option<i64>,
    /// Its `spec.podCIDRs`; empty where none was assigned.
    pub pod_cidrs: Vec<Prefix>,
    /// Whether it has the role control-plane.
    pub is_control_plane: bool,
    /// The address that flannel registered for it.
    pub flannel_ip: Option<IpAddr>,
    /// Images that are there and are called pause, of any maker.
    pub pause_images: Vec<String>,
}

/// The condition Ready.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeReadiness {
    /// Its kubelet says that it is.
    Yes,
    /// Its kubelet says that it is not, and why.
    No(Untrusted),
    /// Its kubelet has not said anything for a while.
    #[default]
    Unknown,
}

/// A resource that a node is short of, by its kubelet's account.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NodePressure {
    /// The type of the condition.
    pub condition: String,
    /// What kubelet says of it.
    pub message: Untrusted,
}

/// A Pod object (k8s.io/api/core/v1).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Pod {
    /// The namespace that it is in.
    pub namespace: String,
    /// Its name in its namespace.
    pub name: String,
    /// Its uid, which is part of the names of its control groups.
    pub uid: String,
    /// Its node, once it has one.
    pub node: Option<String>,
    /// Its address, once it has one.
    pub address: Option<IpAddr>,
    /// Whether it is ready.
    pub is_ready: bool,
    /// Whether it has ended (`Succeeded`, `Failed`), or is being deleted.
    pub is_ended: bool,
    /// Why one of its containers waits, or how it ended.
    pub waits: Option<Untrusted>,
    /// When it was made, in seconds since 1970.
    pub created_s: Option<i64>,
    /// When the last of its containers that run was started.
    pub started_s: Option<i64>,
    /// Its labels that say what it is part of.
    pub labels: BTreeMap<String, String>,
}

/// A Service object (k8s.io/api/core/v1).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ClusterService {
    /// The namespace that it is in.
    pub namespace: String,
    /// Its name in its namespace.
    pub name: String,
    /// Its `clusterIP`; none: it is headless.
    pub address: Option<IpAddr>,
}

/// Some of the endpoints of a Service.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct EndpointSlice {
    /// The namespace that it is in.
    pub namespace: String,
    /// The name of the Service.
    pub service: String,
    /// Addresses of endpoints that are ready.
    pub ready: Vec<IpAddr>,
    /// The first port.
    pub port: Option<u16>,
}

/// Namespaces of the cluster's own pods and of the usual network plug-ins.
const SYSTEM_NAMESPACES: [&str; 4] =
    ["kube-system", "kube-flannel", "calico-system", "tigera-operator"];

impl Pod {
    /// Whether it is one of the cluster's own, or of its network plug-in.
    #[must_use]
    pub fn is_of_system(&self) -> bool {
        SYSTEM_NAMESPACES.contains(&self.namespace.as_str())
    }
}

impl ClusterObjects {
    /// Nothing at all.
    pub const NONE: Self = Self {
        nodes: Vec::new(),
        pods: Vec::new(),
        services: Vec::new(),
        slices: Vec::new(),
        networks: ClusterNetworks { pods: Vec::new(), services: Vec::new(), domain: None },
        proxy: None,
        proxy_selector: None,
        image_repository: None,
        flannel_network: None,
    };

    /// The node of that name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&ClusterNode> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// The address of a Service.
    #[must_use]
    pub fn service(&self, namespace: &str, name: &str) -> Option<IpAddr> {
        let is_it = |one: &&ClusterService| one.namespace == namespace && one.name == name;
        self.services.iter().find(is_it)?.address
    }

    /// The ready endpoints of a Service, with its first port.
    #[must_use]
    pub fn endpoints(&self, namespace: &str, service: &str) -> Vec<(IpAddr, u16)> {
        let is_its =
            |slice: &&EndpointSlice| slice.namespace == namespace && slice.service == service;
        let slices = self.slices.iter().filter(is_its);
        let all = slices.flat_map(|slice| {
            slice.ready.iter().filter_map(|address| Some((*address, slice.port?)))
        });
        all.collect()
    }

    /// Whether a pod of kube-proxy is on a node.
    #[must_use]
    pub fn has_proxy_pod(&self, node: &str) -> bool {
        self.pods.iter().any(|pod| {
            pod.namespace == "kube-system"
                && pod.labels.get("k8s-app").is_some_and(|app| app == "kube-proxy")
                && pod.node.as_deref() == Some(node)
        })
    }

    /// Pods of the cluster's own DNS.
    pub fn dns_pods(&self) -> impl Iterator<Item = &Pod> {
        self.pods.iter().filter(|pod| {
            pod.namespace == "kube-system"
                && pod.labels.get("k8s-app").is_some_and(|app| app == "kube-dns")
        })
    }
}
