//! The components whose choice is predicted, and the rule of each.

use std::fmt;
use std::str::FromStr;

use pontoon_model::net::TextParseError;
use pontoon_model::snapshot::Snapshot;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::choice::PredictedChoice;
use crate::{calico, cilium, flannel, k0s, k0sctl, k3s, kube_proxy, kubeadm, kubelet, talos};

/// A program that chooses an address of its host.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// `kubeadm init` and the join of a control plane: the advertise address.
    Kubeadm,
    /// The `InternalIP` of the Node.
    Kubelet,
    /// The node's addresses as kube-proxy sees them.
    KubeProxy,
    /// The end of flannel's tunnel.
    Flannel,
    /// Calico's node address.
    Calico,
    /// Cilium's devices.
    Cilium,
    /// K3s.
    K3s,
    /// RKE2.
    Rke2,
    /// The address in k0s' default configuration.
    K0s,
    /// k0sctl's private address.
    K0sctl,
    /// Talos.
    Talos,
}

impl Component {
    /// All of them, those of every kubeadm cluster first.
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

    /// What it is called.
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

    /// Where its rule was read: repository, version and file.
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

    /// Whether the real program was run beside this prediction. Of the others the source was read.
    #[must_use]
    pub const fn is_proven(self) -> bool {
        matches!(self, Self::Kubeadm | Self::Kubelet | Self::KubeProxy | Self::Flannel)
    }

    /// Whether it may be one of several in a cluster that kubeadm makes: these have to agree.
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

    /// What it will choose on this host, with its own defaults and what the host's kubelet, or
    /// a flanneld that runs there, is told.
    #[must_use]
    pub fn choose(self, node: &Snapshot) -> PredictedChoice {
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
