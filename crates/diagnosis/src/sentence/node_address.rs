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

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use pontoon_model::host::HostName;
    use pontoon_model::net::{IfName, Prefix};

    use super::*;
    use crate::HostSample;
    use crate::sentence::tests::assert_sentences;

    #[test]
    fn each_observation_of_node_addresses_has_its_sentence() {
        let pi1 = HostName::lossy("pi1");
        let link: IfName = "wlan0".parse().unwrap();
        let address: IpAddr = "172.20.5.1".parse().unwrap();
        let network: Prefix = "10.244.0.0/16".parse().unwrap();
        let by = HostSample { names: vec![HostName::lossy("pi2")], more: 7 };
        let in_use = |link| NodeAddressEvidence::NetworkInUse {
            host: HostName::lossy("pi1"),
            network,
            link,
        };
        let wanted = |purpose, origin| NodeAddressEvidence::ClusterNetwork {
            purpose,
            cidr: network,
            origin,
        };
        assert_sentences([
            (
                NodeAddressEvidence::AdvertisedAddress {
                    host: pi1.clone(),
                    link: link.clone(),
                    address,
                },
                "pi1's first default route leads over wlan0, so kubeadm takes 172.20.5.1",
            ),
            (
                NodeAddressEvidence::AddressLease {
                    host: pi1.clone(),
                    link: link.clone(),
                    address,
                    remaining_s: 3600,
                },
                "kubeadm takes 172.20.5.1 of pi1's wlan0, a lease that ends in 3600 s",
            ),
            (
                NodeAddressEvidence::AddressUnreached { host: pi1.clone(), by },
                "pi2 and 7 more cannot reach pi1 at that address",
            ),
            (
                NodeAddressEvidence::DefaultRouteDown { host: pi1.clone() },
                "pi1's default route leads to a link that is down",
            ),
            (
                NodeAddressEvidence::NoDefaultRoute { host: pi1 },
                "pi1's main routing table has no default route, neither IPv4 nor IPv6",
            ),
            (in_use(Some(link)), "pi1 has 10.244.0.0/16 on wlan0"),
            (in_use(None), "pi1 has a route to 10.244.0.0/16"),
            (
                wanted(NetworkPurpose::Pods, NetworkOrigin::FlannelDefault),
                "pods would get 10.244.0.0/16 (flannel's default), which overlaps with it",
            ),
            (
                wanted(NetworkPurpose::Services, NetworkOrigin::KubeadmDefault),
                "Services would get 10.244.0.0/16 (kubeadm's default), which overlaps with it",
            ),
            (
                wanted(NetworkPurpose::Services, NetworkOrigin::Named),
                "Services would get 10.244.0.0/16 (as you named it), which overlaps with it",
            ),
        ]);
    }
}
