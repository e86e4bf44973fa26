//! Sentences about the address and the networks that Kubernetes would take.

use std::fmt;

use crate::evidence::{NetworkOrigin, NetworkPurpose, NodeAddressEvidence};

impl fmt::Display for NodeAddressEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AdvertisedAddress { host, link, address } => write!(
                f,
                "{host}'s first default route leads over {link}, so kubeadm takes {address}"
            ),
            Self::AddressLease { host, link, address, remaining_s } => write!(
                f,
                "kubeadm takes {address} of {host}'s {link}, a lease that ends in {remaining_s} s"
            ),
            Self::AddressUnreached { host, by } => {
                write!(f, "{by} cannot reach {host} at that address")
            }
            Self::DefaultRouteDown { host } => {
                write!(f, "{host}'s default route leads to a link that is down")
            }
            Self::NoDefaultRoute { host } => {
                write!(f, "{host}'s main routing table has no default route, neither IPv4 nor IPv6")
            }
            Self::NetworkInUse { host, network, link: Some(link) } => {
                write!(f, "{host} has {network} on {link}")
            }
            Self::NetworkInUse { host, network, link: None } => {
                write!(f, "{host} has a route to {network}")
            }
            Self::ClusterNetwork { purpose, cidr, origin } => {
                let purpose = match purpose {
                    NetworkPurpose::Pods => "pods",
                    NetworkPurpose::Services => "Services",
                };
                let origin = match origin {
                    NetworkOrigin::Named => "as you named it",
                    NetworkOrigin::FlannelDefault => "flannel's default",
                    NetworkOrigin::KubeadmDefault => "kubeadm's default",
                };
                write!(f, "{purpose} would get {cidr} ({origin}), which overlaps with it")
            }
        }
    }
}
