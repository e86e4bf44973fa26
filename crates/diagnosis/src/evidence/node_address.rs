//! The address and the networks that Kubernetes would take.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};
use schemars::JsonSchema;
use serde::Serialize;

use crate::host_sample::HostSample;

/// What is known of the addresses and networks that Kubernetes would take.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NodeAddressEvidence {
    /// The address of the link of the first default route, which kubeadm takes
    /// (`ChooseHostInterface` in k8s.io/apimachinery/pkg/util/net/interface.go).
    AdvertisedAddress {
        /// The host whose address it is.
        host: HostName,
        /// The link of its first default route.
        link: IfName,
        /// The address of that link.
        address: IpAddr,
    },
    /// That address has a limited lifetime.
    AddressLease {
        /// The host whose address it is.
        host: HostName,
        /// The link that has the address.
        link: IfName,
        /// The address that kubeadm takes.
        address: IpAddr,
        /// Seconds for which it is still valid.
        remaining_s: u32,
    },
    /// Other hosts do not reach that address.
    AddressUnreached {
        /// The host whose address it is.
        host: HostName,
        /// Hosts that do not reach it.
        by: HostSample,
    },
    /// The default route of a host leads to a link that is down.
    DefaultRouteDown {
        /// The host that has the route.
        host: HostName,
    },
    /// The main routing table of a host has no default route, neither IPv4 nor IPv6.
    NoDefaultRoute {
        /// The host whose table it is.
        host: HostName,
    },
    /// A network that a host already uses.
    NetworkInUse {
        /// The host that uses it.
        host: HostName,
        /// The network that is in use.
        network: Prefix,
        /// The link that has an address in it; none: a route leads to it.
        #[serde(skip_serializing_if = "Option::is_none")]
        link: Option<IfName>,
    },
    /// A network that the cluster would use, and that overlaps with one in use.
    ClusterNetwork {
        /// What the cluster would use it for.
        purpose: NetworkPurpose,
        /// The network that the cluster would use.
        cidr: Prefix,
        /// Who chose it.
        origin: NetworkOrigin,
    },
}

/// What a cluster uses a network for.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkPurpose {
    /// Addresses of pods.
    Pods,
    /// Cluster IPs of Services.
    Services,
}

/// Who chose a network of the cluster.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkOrigin {
    /// It was named on the command line.
    Named,
    /// It is in flannel's manifest (`net-conf.json` in kube-flannel.yml).
    FlannelDefault,
    /// It is kubeadm's default (`DefaultServicesSubnet` in kubeadm's constants).
    KubeadmDefault,
}
