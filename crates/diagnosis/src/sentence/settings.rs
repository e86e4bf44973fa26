//! Sentences about why a setting for Kubernetes was decided as it was, or could not be.

use std::fmt;

use pontoon_model::host::HostName;

use super::words::CommaList;
use crate::evidence::{AddressOnLink, HostMtu, NetworkUsage, SettingsEvidence, UsedNetwork};

impl fmt::Display for SettingsEvidence {
    #[expect(clippy::too_many_lines, reason = "one line of text for each kind of observation")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressReach { at, reached_by, unreached_by, undecided } => {
                reach(f, at, reached_by, unreached_by, undecided)
            }
            Self::OnlyAddress { host, link } => {
                write!(f, "the only address of {host} that others could reach, on {link}")
            }
            Self::GivenByUser => f.write_str("as given on the command line"),
            Self::OwnAddresses { addresses } if addresses.is_empty() => {
                f.write_str("no link that is up has an address that others could reach")
            }
            Self::OwnAddresses { addresses } => {
                write!(f, "the host has {}", CommaList(addresses))
            }
            Self::LeasedAddress { address } => write!(f, "{address} is a DHCP lease"),
            Self::DefaultNetwork { of } => write!(f, "{of}'s default"),
            Self::DefaultNetworkTaken { network, of, used } => {
                write!(f, "{network}, {of}'s default, overlaps ")?;
                match used {
                    Some(UsedNetwork { network, host, usage }) => {
                        write!(f, "{network} of {host} ({usage})")
                    }
                    None => f.write_str("the cluster's other network"),
                }
            }
            Self::NetworkFree { compared } => {
                write!(f, "none of the {compared} networks seen on the hosts overlaps")
            }
            Self::NetworkInUse(UsedNetwork { network, host, usage }) => {
                write!(f, "{host} has {network} ({usage}), which kubeadm would not notice")
            }
            Self::OverlapsOtherNetwork { other } => {
                write!(f, "it overlaps {other}, the cluster's other network")
            }
            Self::RefusedByKubeadm { response } => write!(f, "{response}"),
            Self::NoFreeNetwork => {
                f.write_str("every private network overlaps one that a host uses")
            }
            Self::OwnEndpoint => f.write_str(
                "the node's own address, which kubeconfigs, cluster-info and join commands will \
                 name",
            ),
            Self::CertificateNames => f.write_str(
                "all addresses and names of the host: clients that connect to any other reject \
                 the certificate",
            ),
            Self::MtusDiffer { network, mtus } => {
                let mtus: Vec<_> = mtus.iter().map(ToString::to_string).collect();
                write!(f, "the MTU of {network} differs ({})", mtus.join(", "))
            }
            Self::LeftoverLinks { links } => {
                let are = if links.len() == 1 { "is" } else { "are" };
                write!(f, "{} {are} left from an earlier cluster", CommaList(links))
            }
            Self::KubeletNodeIp { node_ip } => write!(
                f,
                "kubelet is started with --node-ip={node_ip}, set in /etc/default/kubelet or \
                 /var/lib/kubelet/kubeadm-flags.env"
            ),
            Self::NodeFamily { family } => write!(f, "the node's address is {family}"),
            Self::HttpsProxySet => f.write_str("HTTPS_PROXY is set, and applies to the API server"),
            Self::InvalidNodeName { name } => {
                write!(f, "`{name}` is not a name that Kubernetes accepts")
            }
            Self::InvalidLinkName { link } => {
                write!(
                    f,
                    "`{link}` has characters that a shell or YAML may take for something else"
                )
            }
            Self::KnownHosts { hosts } => write!(f, "the facts are of {}", CommaList(hosts)),
            Self::HostUnreached { reason } => write!(f, "it could not be asked: {reason}"),
            Self::ServerUnreached { host, server } => write!(f, "{host} does not reach {server}"),
            Self::NotInNodeFiles => f.write_str(
                "neither the files of kubeadm nor the flags of kubelet name it, as far as they \
                 could be read (root reads all of them)",
            ),
            Self::AddressAlreadyRight { address } => {
                write!(f, "{address} is already the address that it should have")
            }
            Self::KubeadmVersionUnknown { host } => {
                write!(f, "the version of kubeadm on {host} is not known")
            }
            Self::KubeadmVersionUnsupported { version } => {
                write!(f, "kubeadm {version} reads no configuration that pontoon writes")
            }
        }
    }
}

/// What was measured of an address, the worst first.
fn reach(
    f: &mut fmt::Formatter<'_>,
    at: &AddressOnLink,
    reached_by: &[HostName],
    unreached_by: &[HostName],
    undecided: &[HostName],
) -> fmt::Result {
    let verb = |hosts: &[HostName], one, many| if hosts.len() == 1 { one } else { many };
    if !unreached_by.is_empty() {
        let does = verb(unreached_by, "does not reach", "do not reach");
        write!(f, "{} {does} {at}", CommaList(unreached_by))
    } else if !undecided.is_empty() {
        write!(f, "not measured from {}: {at}", CommaList(undecided))
    } else if reached_by.is_empty() {
        write!(f, "no other host was asked about {at}")
    } else {
        write!(f, "{} {} {at}", CommaList(reached_by), verb(reached_by, "reaches", "reach"))
    }
}

impl fmt::Display for AddressOnLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.address, self.link)
    }
}

impl fmt::Display for HostMtu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.host, self.mtu)
    }
}

impl fmt::Display for NetworkUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnLink(link) => write!(f, "on {link}"),
            Self::RoutedBy(link) => write!(f, "a route by {link}"),
            Self::Routed => f.write_str("a route"),
            Self::NameServer => f.write_str("its name server"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pontoon_model::net::{IfName, IpFamily, Prefix};
    use pontoon_model::untrusted::Untrusted;

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_reason_has_its_sentence() {
        let names = |names: &[&str]| names.iter().map(|name| HostName::lossy(name)).collect();
        let eth0: IfName = "eth0".parse().unwrap();
        let address = std::net::IpAddr::from([10, 0, 0, 1]);
        let at = AddressOnLink { address, link: eth0.clone() };
        let reach = |reached: &[&str], unreached: &[&str], undecided: &[&str]| {
            SettingsEvidence::AddressReach {
                at: at.clone(),
                reached_by: names(reached),
                unreached_by: names(unreached),
                undecided: names(undecided),
            }
        };
        let host = HostName::lossy("pi1");
        let pods: Prefix = "10.244.0.0/16".parse().unwrap();
        let used = |usage| UsedNetwork { network: pods, host: host.clone(), usage };
        let taken =
            |used| SettingsEvidence::DefaultNetworkTaken { network: pods, of: "flannel", used };
        let mtus = vec![
            HostMtu { host: host.clone(), mtu: 1500 },
            HostMtu { host: HostName::lossy("pi2"), mtu: 1400 },
        ];
        let table = [
            (reach(&["pi2", "pi3"], &[], &[]), "pi2 and pi3 reach 10.0.0.1 on eth0"),
            (reach(&["pi2"], &["pi3"], &["pi4"]), "pi3 does not reach 10.0.0.1 on eth0"),
            (reach(&["pi2"], &[], &["pi4"]), "not measured from pi4: 10.0.0.1 on eth0"),
            (reach(&[], &[], &[]), "no other host was asked about 10.0.0.1 on eth0"),
            (
                SettingsEvidence::OnlyAddress { host: host.clone(), link: eth0.clone() },
                "the only address of pi1 that others could reach, on eth0",
            ),
            (SettingsEvidence::GivenByUser, "as given on the command line"),
            (
                SettingsEvidence::OwnAddresses { addresses: vec![at.clone()] },
                "the host has 10.0.0.1 on eth0",
            ),
            (
                SettingsEvidence::OwnAddresses { addresses: Vec::new() },
                "no link that is up has an address that others could reach",
            ),
            (SettingsEvidence::LeasedAddress { address }, "10.0.0.1 is a DHCP lease"),
            (SettingsEvidence::DefaultNetwork { of: "flannel" }, "flannel's default"),
            (
                taken(Some(used(NetworkUsage::OnLink(eth0.clone())))),
                "10.244.0.0/16, flannel's default, overlaps 10.244.0.0/16 of pi1 (on eth0)",
            ),
            (taken(None), "10.244.0.0/16, flannel's default, overlaps the cluster's other network"),
            (
                SettingsEvidence::NetworkFree { compared: 2 },
                "none of the 2 networks seen on the hosts overlaps",
            ),
            (
                SettingsEvidence::NetworkInUse(used(NetworkUsage::RoutedBy(eth0.clone()))),
                "pi1 has 10.244.0.0/16 (a route by eth0), which kubeadm would not notice",
            ),
            (
                SettingsEvidence::NetworkInUse(used(NetworkUsage::Routed)),
                "pi1 has 10.244.0.0/16 (a route), which kubeadm would not notice",
            ),
            (
                SettingsEvidence::NetworkInUse(used(NetworkUsage::NameServer)),
                "pi1 has 10.244.0.0/16 (its name server), which kubeadm would not notice",
            ),
            (
                SettingsEvidence::OverlapsOtherNetwork { other: pods },
                "it overlaps 10.244.0.0/16, the cluster's other network",
            ),
            (
                SettingsEvidence::RefusedByKubeadm { response: Untrusted::new("too small") },
                "too small",
            ),
            (
                SettingsEvidence::NoFreeNetwork,
                "every private network overlaps one that a host uses",
            ),
            (
                SettingsEvidence::OwnEndpoint,
                "the node's own address, which kubeconfigs, cluster-info and join commands will \
                 name",
            ),
            (
                SettingsEvidence::CertificateNames,
                "all addresses and names of the host: clients that connect to any other reject \
                 the certificate",
            ),
            (
                SettingsEvidence::MtusDiffer { network: pods, mtus },
                "the MTU of 10.244.0.0/16 differs (pi1 1500, pi2 1400)",
            ),
            (
                SettingsEvidence::LeftoverLinks { links: vec![eth0.clone(), eth0] },
                "eth0 and eth0 are left from an earlier cluster",
            ),
            (
                SettingsEvidence::KubeletNodeIp { node_ip: Untrusted::new("10.0.0.9") },
                "kubelet is started with --node-ip=10.0.0.9, set in /etc/default/kubelet or \
                 /var/lib/kubelet/kubeadm-flags.env",
            ),
            (SettingsEvidence::HttpsProxySet, "HTTPS_PROXY is set, and applies to the API server"),
            (
                SettingsEvidence::InvalidNodeName { name: Untrusted::new("Pi_1") },
                "`Pi_1` is not a name that Kubernetes accepts",
            ),
            (
                SettingsEvidence::InvalidLinkName { link: "x;id".parse().unwrap() },
                "`x;id` has characters that a shell or YAML may take for something else",
            ),
            (
                SettingsEvidence::KnownHosts { hosts: names(&["pi1", "pi2"]) },
                "the facts are of pi1 and pi2",
            ),
            (
                SettingsEvidence::HostUnreached { reason: Untrusted::new("no route") },
                "it could not be asked: no route",
            ),
            (
                SettingsEvidence::ServerUnreached {
                    host: host.clone(),
                    server: HostName::lossy("10.0.0.9"),
                },
                "pi1 does not reach 10.0.0.9",
            ),
            (
                SettingsEvidence::NotInNodeFiles,
                "neither the files of kubeadm nor the flags of kubelet name it, as far as they \
                 could be read (root reads all of them)",
            ),
            (SettingsEvidence::NodeFamily { family: IpFamily::V6 }, "the node's address is IPv6"),
            (
                SettingsEvidence::AddressAlreadyRight { address },
                "10.0.0.1 is already the address that it should have",
            ),
            (
                SettingsEvidence::KubeadmVersionUnknown { host },
                "the version of kubeadm on pi1 is not known",
            ),
            (
                SettingsEvidence::KubeadmVersionUnsupported { version: "v1.21.0".to_owned() },
                "kubeadm v1.21.0 reads no configuration that pontoon writes",
            ),
        ];
        for (evidence, sentence) in table {
            assert_eq!(evidence.to_string(), sentence);
        }
    }
}
