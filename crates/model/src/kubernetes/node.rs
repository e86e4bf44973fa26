//! What Kubernetes' components read on a host beyond its links and routes.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::untrusted::Untrusted;

/// The files of a host that decide which address it gets in a cluster.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NodeFiles {
    /// `/proc/net/route` as it stands, of which the lines that lead somewhere in particular may
    /// have been left out; none: it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proc_net_route: Option<String>,
    /// `/proc/net/ipv6_route`, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proc_net_ipv6_route: Option<String>,
    /// The `hosts:` line of `/etc/nsswitch.conf`, word by word; empty: no such line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name_services: Vec<Untrusted>,
    /// What `getent ahosts` answered for the node's name; none: it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_up: Option<Vec<IpAddr>>,
    /// What kubelet is told on its command line.
    #[serde(default, skip_serializing_if = "KubeletFlags::is_empty")]
    pub kubelet: KubeletFlags,
}

impl NodeFiles {
    /// Whether nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The flags of kubelet that bear on its addresses, as they will be in effect: those of
/// `/var/lib/kubelet/kubeadm-flags.env` and then, since the last one wins, of
/// `/etc/default/kubelet` (kubernetes/release, `cmd/krel/templates/latest/kubeadm/10-kubeadm.conf`).
///
/// Other flags are not kept: they may hold what is nobody's business.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct KubeletFlags {
    /// `--node-ip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_ip: Option<Untrusted>,
    /// `--hostname-override`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname_override: Option<Untrusted>,
    /// `--cloud-provider`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud_provider: Option<Untrusted>,
}

impl KubeletFlags {
    /// Whether none of them is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether addresses are another program's affair (`--cloud-provider=external`).
    #[must_use]
    pub fn is_cloud_external(&self) -> bool {
        self.cloud_provider.as_ref().is_some_and(|provider| provider.raw() == "external")
    }
}
