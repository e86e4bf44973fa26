//! The components whose choices are predicted.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use pontoon_model::net::TextParseError;
use pontoon_model::snapshot::Snapshot;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::choice::PredictedChoice;
use crate::{calico, cilium, flannel, k0s, k0sctl, k3s, kube_proxy, kubeadm, kubelet, talos};

/// A component of a cluster that chooses an address of its host.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// kubeadm: the advertise address of `kubeadm init` and of a control-plane join.
    Kubeadm,
    /// kubelet: the `InternalIP` of the Node.
    Kubelet,
    /// kube-proxy: the node addresses that it detects.
    KubeProxy,
    /// flannel: the local endpoint of its tunnels.
    Flannel,
    /// Calico: the node address.
    Calico,
    /// Cilium: its devices.
    Cilium,
    /// K3s: the node address.
    K3s,
    /// RKE2: the node address.
    Rke2,
    /// k0s: the API address of its default configuration.
    K0s,
    /// k0sctl: the private address of a host.
    K0sctl,
    /// Talos: the node address of kubelet.
    Talos,
}

impl Component {
    /// All components; those of every kubeadm cluster come first.
    pub const ALL: [Self; 11] = [
        Self::Kubeadm,
        Self::Kubelet,
        Self::KubeProxy,
        Self::Flannel,
        Self::Calico,
        Self::Cilium,
        Self::K3s,
        Self::Rke2,
        Self::K0s,
        Self::K0sctl,
        Self::Talos,
    ];

    /// The name of the component on the command line and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kubeadm => "kubeadm",
            Self::Kubelet => "kubelet",
            Self::KubeProxy => "kube-proxy",
            Self::Flannel => "flannel",
            Self::Calico => "calico",
            Self::Cilium => "cilium",
            Self::K3s => "k3s",
            Self::Rke2 => "rke2",
            Self::K0s => "k0s",
            Self::K0sctl => "k0sctl",
            Self::Talos => "talos",
        }
    }

    /// Source of its rule: repository, version and file.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::Kubeadm => kubeadm::SOURCE,
            Self::Kubelet => kubelet::SOURCE,
            Self::KubeProxy => kube_proxy::SOURCE,
            Self::Flannel => flannel::SOURCE,
            Self::Calico => calico::SOURCE,
            Self::Cilium => cilium::SOURCE,
            Self::K3s => k3s::SOURCE,
            Self::Rke2 => k3s::RKE2_SOURCE,
            Self::K0s => k0s::SOURCE,
            Self::K0sctl => k0sctl::SOURCE,
            Self::Talos => talos::SOURCE,
        }
    }

    /// Whether the prediction was compared with the running program. For the others only the source
    /// was read.
    #[must_use]
    pub const fn is_proven(self) -> bool {
        matches!(self, Self::Kubeadm | Self::Kubelet | Self::KubeProxy | Self::Flannel)
    }

    /// Whether it can run in a cluster made by kubeadm. All such components must agree on the
    /// address.
    #[must_use]
    pub const fn is_in_kubeadms_cluster(self) -> bool {
        matches!(
            self,
            Self::Kubeadm
                | Self::Kubelet
                | Self::KubeProxy
                | Self::Flannel
                | Self::Calico
                | Self::Cilium
        )
    }

    /// The predicted choice on this host, with the component's defaults and the flags of a kubelet
    /// or flanneld on the host.
    #[must_use]
    pub fn choose(self, node: &Snapshot) -> PredictedChoice {
        let choice = self.choose_by_known_routes(node);
        let is_void = match &choice {
            PredictedChoice::Pick(pick) => pick.addresses.iter().all(IpAddr::is_loopback),
            PredictedChoice::Refusal { .. } => true,
            PredictedChoice::Unknown { .. } => false,
        };
        match self.unread_routes(node).filter(|_| is_void) {
            Some(command) => PredictedChoice::unknown(format!("the routes: {command}")),
            None => choice,
        }
    }

    /// What shows the routes that it depends on, where they were not read: then that it finds none
    /// says nothing.
    fn unread_routes(self, node: &Snapshot) -> Option<&'static str> {
        let reads_proc = match self {
            Self::Kubeadm | Self::Kubelet | Self::KubeProxy | Self::K3s | Self::Rke2 => true,
            Self::Flannel | Self::Cilium | Self::K0sctl => false,
            Self::Calico | Self::K0s | Self::Talos => return None,
        };
        let is_read = !node.lacks_routes() || reads_proc && node.node.proc_net_route.is_some();
        let command = if reads_proc { "cat /proc/net/route" } else { "ip route show table all" };
        (!is_read).then_some(command)
    }

    fn choose_by_known_routes(self, node: &Snapshot) -> PredictedChoice {
        match self {
            Self::Kubeadm => kubeadm::advertise_address(node, None),
            Self::Kubelet => kubelet::node_addresses(node),
            Self::KubeProxy => kube_proxy::node_ips(node),
            Self::Flannel => flannel::external_interface(node, flannel::FlannelVersion::Newest),
            Self::Calico => calico::first_found(node),
            Self::Cilium => cilium::devices(node),
            Self::K3s | Self::Rke2 => k3s::node_ip(node),
            Self::K0s => k0s::api_address(node),
            Self::K0sctl => k0sctl::private_address(node),
            Self::Talos => talos::node_ip(node),
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Component {
    type Err = TextParseError;

    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let found = Self::ALL.into_iter().find(|component| component.as_str() == text);
        found.ok_or_else(|| {
            TextParseError::new(
                text,
                "a component: kubeadm, kubelet, kube-proxy, flannel, calico, cilium, k3s, rke2, \
                 k0s, k0sctl or talos",
            )
        })
    }
}
