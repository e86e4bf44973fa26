//! Sentences about a host that is to join a cluster.

use std::fmt;

use crate::evidence::{ClusterNetwork, JoiningHostEvidence};

impl fmt::Display for JoiningHostEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JoinedBefore => f.write_str("the host has already joined a cluster"),
            Self::SharedCertificatesAbsent => f.write_str(
                "the certificates that control planes share are not on this host, and no \
                 --certificate-key is given to fetch them",
            ),
            Self::ForwardingOff { sysctl } => write!(f, "{sysctl} is 0"),
            Self::MemoryCgroupOff => f.write_str("the memory cgroup is off"),
            Self::NoContainerRuntime => f.write_str("no container runtime found"),
            Self::SeveralRuntimes { runtimes } => {
                write!(f, "several container runtimes found: {}", runtimes.join(", "))
            }
            Self::SwapOn => {
                f.write_str("swap is on, and by default kubelet does not start with it")
            }
            Self::BridgeNetfilterOff => f.write_str(
                "br_netfilter is off, which kubeadm no longer checks: Services fail between pods \
                 of one node",
            ),
            Self::NotRoot => f.write_str("kubeadm must run as root"),
            Self::PortTaken { port } => write!(f, "another program listens on port {port}"),
            Self::PortTried { port, host, link, is_reached } => {
                let is = if *is_reached { "is reached" } else { "is not reached" };
                write!(f, "{port} of {host}")?;
                link.iter().try_for_each(|link| write!(f, " on {link}"))?;
                write!(f, " {is}")
            }
            Self::PortsUndecided => f.write_str("too little was observed to tell"),
            Self::PortUntested { port, is_both_ways, is_on_other_host } => {
                let way =
                    if *is_both_ways { "in both directions" } else { "from the control plane" };
                let on = if *is_on_other_host { " on that host" } else { "" };
                write!(f, "not tested: {port} {way} (needs --server-via{on})")
            }
            Self::ServerAgentSilent { reason } => {
                write!(f, "no response from the agent on the control plane: {reason}")
            }
            Self::LargePacketsDropped { from, to, link } => {
                f.write_str("large packets are dropped silently")?;
                from.iter().try_for_each(|from| write!(f, " from {from}"))?;
                link.iter().try_for_each(|link| write!(f, " on {link}"))?;
                to.iter().try_for_each(|to| write!(f, " to {to}"))
            }
            Self::LargePacketsPass => f.write_str("packets of every size pass between the two"),
            Self::ServiceRoute { services, link } => {
                write!(f, "the Services ({services}) have a route")?;
                link.iter().try_for_each(|link| write!(f, " by {link}"))
            }
            Self::NoServiceRoute { services } => {
                write!(f, "no route to the Services ({services}) from the host itself")
            }
            Self::NetworksFree { networks } => {
                let networks: Vec<_> = networks.iter().map(ToString::to_string).collect();
                write!(f, "no link of this host is in {}", networks.join(" or "))
            }
            Self::NetworkOverlap { cluster, own, link, is_path_to_server } => {
                let lost = if *is_path_to_server {
                    "where the other nodes are, which would become unreachable"
                } else {
                    "whose hosts would become unreachable, from pods or at all"
                };
                write!(f, "{cluster} overlaps {own} on {link}, {lost}")
            }
            Self::WorkerLineTaken => f.write_str(
                "the text also has a join command for control planes; the one for workers was used",
            ),
        }
    }
}

impl fmt::Display for ClusterNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.setting, self.network)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pontoon_model::host::HostName;
    use pontoon_model::net::IfName;
    use pontoon_model::port::{Port, TransportProtocol};
    use pontoon_model::untrusted::Untrusted;

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_observation_of_a_joining_host_has_its_sentence() {
        let kubelet = Port { number: 10250, transport: TransportProtocol::Tcp };
        let vxlan = Port { number: 8472, transport: TransportProtocol::Udp };
        let host = HostName::lossy("pi2");
        let link: IfName = "eth0".parse().unwrap();
        let services = "10.96.0.0/12".parse().unwrap();
        let cluster = ClusterNetwork { setting: "serviceSubnet", network: services };
        let own = "10.96.1.0/24".parse().unwrap();
        let tried = |link, is_reached| JoiningHostEvidence::PortTried {
            port: kubelet,
            host: host.clone(),
            link,
            is_reached,
        };
        let overlap = |is_path_to_server| JoiningHostEvidence::NetworkOverlap {
            cluster: cluster.clone(),
            own,
            link: link.clone(),
            is_path_to_server,
        };
        let table = [
            (JoiningHostEvidence::JoinedBefore, "the host has already joined a cluster"),
            (
                JoiningHostEvidence::SharedCertificatesAbsent,
                "the certificates that control planes share are not on this host, and no \
                 --certificate-key is given to fetch them",
            ),
            (
                JoiningHostEvidence::ForwardingOff { sysctl: "net.ipv4.ip_forward" },
                "net.ipv4.ip_forward is 0",
            ),
            (JoiningHostEvidence::MemoryCgroupOff, "the memory cgroup is off"),
            (JoiningHostEvidence::NoContainerRuntime, "no container runtime found"),
            (
                JoiningHostEvidence::SeveralRuntimes { runtimes: vec!["containerd", "CRI-O"] },
                "several container runtimes found: containerd, CRI-O",
            ),
            (
                JoiningHostEvidence::SwapOn,
                "swap is on, and by default kubelet does not start with it",
            ),
            (
                JoiningHostEvidence::BridgeNetfilterOff,
                "br_netfilter is off, which kubeadm no longer checks: Services fail between pods \
                 of one node",
            ),
            (JoiningHostEvidence::NotRoot, "kubeadm must run as root"),
            (
                JoiningHostEvidence::PortTaken { port: 10250 },
                "another program listens on port 10250",
            ),
            (tried(Some(link.clone()), true), "10250/tcp of pi2 on eth0 is reached"),
            (tried(None, false), "10250/tcp of pi2 is not reached"),
            (JoiningHostEvidence::PortsUndecided, "too little was observed to tell"),
            (
                JoiningHostEvidence::PortUntested {
                    port: kubelet,
                    is_both_ways: false,
                    is_on_other_host: false,
                },
                "not tested: 10250/tcp from the control plane (needs --server-via)",
            ),
            (
                JoiningHostEvidence::PortUntested {
                    port: vxlan,
                    is_both_ways: true,
                    is_on_other_host: true,
                },
                "not tested: 8472/udp in both directions (needs --server-via on that host)",
            ),
            (
                JoiningHostEvidence::ServerAgentSilent { reason: Untrusted::new("it ended") },
                "no response from the agent on the control plane: it ended",
            ),
            (
                JoiningHostEvidence::LargePacketsDropped {
                    from: Some(host.clone()),
                    to: None,
                    link: Some(link.clone()),
                },
                "large packets are dropped silently from pi2 on eth0",
            ),
            (JoiningHostEvidence::LargePacketsPass, "packets of every size pass between the two"),
            (
                JoiningHostEvidence::ServiceRoute { services, link: Some(link.clone()) },
                "the Services (10.96.0.0/12) have a route by eth0",
            ),
            (
                JoiningHostEvidence::NoServiceRoute { services },
                "no route to the Services (10.96.0.0/12) from the host itself",
            ),
            (
                JoiningHostEvidence::NetworksFree {
                    networks: vec![cluster.clone(), cluster.clone()],
                },
                "no link of this host is in serviceSubnet 10.96.0.0/12 or serviceSubnet \
                 10.96.0.0/12",
            ),
            (
                overlap(true),
                "serviceSubnet 10.96.0.0/12 overlaps 10.96.1.0/24 on eth0, where the other nodes \
                 are, which would become unreachable",
            ),
            (
                overlap(false),
                "serviceSubnet 10.96.0.0/12 overlaps 10.96.1.0/24 on eth0, whose hosts would \
                 become unreachable, from pods or at all",
            ),
            (
                JoiningHostEvidence::WorkerLineTaken,
                "the text also has a join command for control planes; the one for workers was used",
            ),
        ];
        for (evidence, sentence) in table {
            assert_eq!(evidence.to_string(), sentence);
        }
    }
}
