//! Sentences. Objects, nodes and connectivity of a running cluster.

use std::fmt;

use crate::evidence::{ClusterEvidence, NodeAddressKind};

use super::listed;

/// Which of the two it was is in the text of an event, if there is one.
const NOTHING_TESTED: &str = "nothing could be tested from a pod: the test pod got no address, or \
                              pontoon could not enter its network namespace";

impl fmt::Display for ClusterEvidence {
    #[expect(clippy::too_many_lines, reason = "one sentence for each variant")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectivityTest(test) => test.fmt(f),
            Self::FurtherTestsFailed { count: 1 } => f.write_str("and 1 more test that failed"),
            Self::FurtherTestsFailed { count } => write!(f, "and {count} more tests that failed"),
            Self::NothingTestedFromPods => f.write_str(NOTHING_TESTED),
            Self::KubectlFailed { host, error } => write!(f, "kubectl on {host}: {error}"),
            Self::AdvertisedAddress { address } => {
                write!(f, "the API server advertises {address}")
            }
            Self::ProgramsNotRunning { node, programs } => match &programs[..] {
                [one, other] => write!(f, "neither {one} nor {other} runs on {node}"),
                programs => write!(f, "no process {} runs on {node}", programs.join(", ")),
            },
            Self::NoProxyPod { node, lacks } if lacks.is_empty() => {
                write!(f, "there is no pod of kube-proxy on {node}")
            }
            Self::NoProxyPod { node, lacks } => write!(
                f,
                "there is no pod of kube-proxy on {node}: its DaemonSet has the nodeSelector {}, \
                 which the node's labels do not match",
                lacks.join(", ")
            ),
            Self::NoClusterProgramRunning { node } => {
                write!(f, "no program of the cluster runs on {node}")
            }
            Self::ServiceRulesStillApply { node } => {
                write!(f, "the Service rules written earlier still apply on {node}")
            }
            Self::NodeNotReady { node, message } => write!(f, "{node}: {message}"),
            Self::NodePressure { node, condition, message } => {
                write!(f, "condition {condition} of {node} is True: {message}")
            }
            Self::LinkDown { node, link, address, is_up: true } => {
                write!(f, "link {link} of {node}, which has {address}, has no carrier")
            }
            Self::LinkDown { node, link, address, is_up: false } => {
                write!(f, "link {link} of {node}, which has {address}, is switched off")
            }
            Self::PodNotReady { pod, namespace } => {
                write!(f, "pod {pod} in {namespace} is not ready")
            }
            Self::AdvertisedAddressNotOnHost { host, address } => {
                write!(
                    f,
                    "the API server of {host} advertises {address}, which {host} does not have"
                )
            }
            Self::NodeStatusUnknown { node } => {
                write!(f, "kubelet on {node} has not reported its status for a while")
            }
            Self::NodeNotInspected { node } => {
                write!(f, "{node} was not named to pontoon, or could not be reached")
            }
            Self::CniConfigFiles { node, files } if files.is_empty() => {
                write!(f, "/etc/cni/net.d on {node} is empty")
            }
            Self::CniConfigFiles { node, files } => {
                write!(f, "/etc/cni/net.d on {node} contains {}", listed(files))
            }
            Self::NoInternalIp { node } => write!(f, "the Node {node} lists no InternalIP"),
            Self::SharedInternalIp { nodes, address } => {
                write!(f, "{} have the same InternalIP {address}", nodes.join(" and "))
            }
            Self::AddressOnNoLink { node, address_kind, address, links } => {
                let links = listed(links);
                write!(f, "{address_kind} {address} of {node} is on none of its links ({links})")
            }
            Self::AddressUnreached { node, address_kind, address, link, unreached_by } => {
                let link = link.as_ref().map(|link| format!(" on {link}")).unwrap_or_default();
                let hosts = listed(unreached_by);
                write!(
                    f,
                    "frames from {hosts} do not reach {address_kind} {address} of {node}{link}"
                )
            }
            Self::NodeAddressInServiceRange { node, address, services } => {
                write!(f, "InternalIP {address} of {node} is in serviceSubnet {services}")
            }
            Self::RangeOverlapsNetwork { setting, range, network, link } => {
                write!(f, "{setting} {range} overlaps {network} on {link}")
            }
            Self::PortUnanswered { node, port, answers_echo: true } => {
                write!(f, "{node} answers ping, but not on port {port}")
            }
            Self::PortUnanswered { node, port, answers_echo: false } => {
                write!(f, "{node} does not answer on port {port}")
            }
            Self::NoReadyDnsPod { pods: 0 } => f.write_str("there is no pod of CoreDNS"),
            Self::NoReadyDnsPod { pods } => {
                write!(f, "none of the {pods} pods of CoreDNS is ready")
            }
            Self::DnsLacksApiServerName => {
                f.write_str("CoreDNS answers, but does not know the API server's name")
            }
        }
    }
}

impl fmt::Display for NodeAddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InternalIp => "InternalIP",
            Self::FlannelPublicIp => "flannel public-ip",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::IpAddr;

    use pontoon_model::host::HostName;
    use pontoon_model::untrusted::Untrusted;

    use super::*;
    use crate::evidence::{
        ConnectivityOutcome, ConnectivitySource, ConnectivityTarget, ConnectivityTest,
    };

    fn node() -> String {
        "pi2".to_owned()
    }

    fn address() -> IpAddr {
        "10.0.0.2".parse().unwrap()
    }

    fn down(is_up: bool) -> ClusterEvidence {
        let link = "eth0".parse().unwrap();
        ClusterEvidence::LinkDown { node: node(), link, address: address(), is_up }
    }

    fn assert_sentences(table: &[(ClusterEvidence, &str)]) {
        for (evidence, text) in table {
            assert_eq!(evidence.to_string(), *text);
        }
    }

    #[test]
    fn each_kind_of_test_and_program_reads_well() {
        let test = ConnectivityTest {
            from: ConnectivitySource { node: node(), is_pod: true },
            to: ConnectivityTarget::Service { address: address() },
            outcome: ConnectivityOutcome::Refused,
        };
        let table = [
            (
                ClusterEvidence::ConnectivityTest(test),
                "a pod of pi2 to a Service (10.0.0.2): refused",
            ),
            (ClusterEvidence::FurtherTestsFailed { count: 1 }, "and 1 more test that failed"),
            (ClusterEvidence::FurtherTestsFailed { count: 4 }, "and 4 more tests that failed"),
            (
                ClusterEvidence::NothingTestedFromPods,
                "nothing could be tested from a pod: the test pod got no address, or pontoon could \
                 not enter its network namespace",
            ),
            (
                ClusterEvidence::KubectlFailed {
                    host: HostName::lossy("pi1"),
                    error: Untrusted::new("refused\u{1b}"),
                },
                "kubectl on pi1: refused\\u{1b}",
            ),
            (
                ClusterEvidence::ProgramsNotRunning { node: node(), programs: vec!["kubelet"] },
                "no process kubelet runs on pi2",
            ),
            (
                ClusterEvidence::ProgramsNotRunning {
                    node: node(),
                    programs: vec!["containerd", "crio"],
                },
                "neither containerd nor crio runs on pi2",
            ),
            (
                ClusterEvidence::NoProxyPod { node: node(), lacks: Vec::new() },
                "there is no pod of kube-proxy on pi2",
            ),
            (
                ClusterEvidence::NoProxyPod { node: node(), lacks: vec!["a=b".to_owned()] },
                "there is no pod of kube-proxy on pi2: its DaemonSet has the nodeSelector a=b, \
                 which the node's labels do not match",
            ),
            (
                ClusterEvidence::NoClusterProgramRunning { node: node() },
                "no program of the cluster runs on pi2",
            ),
            (
                ClusterEvidence::ServiceRulesStillApply { node: node() },
                "the Service rules written earlier still apply on pi2",
            ),
        ];
        assert_sentences(&table);
    }

    #[test]
    fn each_state_of_a_node_reads_well() {
        let table = [
            (
                ClusterEvidence::NodeNotReady {
                    node: node(),
                    message: Untrusted::new("PLEG is not healthy"),
                },
                "pi2: PLEG is not healthy",
            ),
            (
                ClusterEvidence::NodePressure {
                    node: node(),
                    condition: "DiskPressure".to_owned(),
                    message: Untrusted::new("kubelet has disk pressure"),
                },
                "condition DiskPressure of pi2 is True: kubelet has disk pressure",
            ),
            (down(true), "link eth0 of pi2, which has 10.0.0.2, has no carrier"),
            (down(false), "link eth0 of pi2, which has 10.0.0.2, is switched off"),
            (
                ClusterEvidence::PodNotReady {
                    pod: "coredns-a".to_owned(),
                    namespace: "kube-system".to_owned(),
                },
                "pod coredns-a in kube-system is not ready",
            ),
            (
                ClusterEvidence::AdvertisedAddressNotOnHost {
                    host: HostName::lossy("pi1"),
                    address: address(),
                },
                "the API server of pi1 advertises 10.0.0.2, which pi1 does not have",
            ),
            (
                ClusterEvidence::NodeStatusUnknown { node: node() },
                "kubelet on pi2 has not reported its status for a while",
            ),
            (
                ClusterEvidence::NodeNotInspected { node: node() },
                "pi2 was not named to pontoon, or could not be reached",
            ),
            (
                ClusterEvidence::CniConfigFiles { node: node(), files: Vec::new() },
                "/etc/cni/net.d on pi2 is empty",
            ),
            (
                ClusterEvidence::CniConfigFiles {
                    node: node(),
                    files: vec![Untrusted::new("10-flannel.conflist")],
                },
                "/etc/cni/net.d on pi2 contains 10-flannel.conflist",
            ),
        ];
        assert_sentences(&table);
    }

    #[test]
    fn each_kind_of_address_and_port_reads_well() {
        let unreached = |address_kind, link: Option<&str>| ClusterEvidence::AddressUnreached {
            node: node(),
            address_kind,
            address: address(),
            link: link.map(|link| link.parse().unwrap()),
            unreached_by: BTreeSet::from([HostName::lossy("pi1"), HostName::lossy("pi3")]),
        };
        let table = [
            (
                ClusterEvidence::AdvertisedAddress { address: address() },
                "the API server advertises 10.0.0.2",
            ),
            (ClusterEvidence::NoInternalIp { node: node() }, "the Node pi2 lists no InternalIP"),
            (
                ClusterEvidence::SharedInternalIp {
                    nodes: vec!["pi1".to_owned(), node()],
                    address: address(),
                },
                "pi1 and pi2 have the same InternalIP 10.0.0.2",
            ),
            (
                ClusterEvidence::AddressOnNoLink {
                    node: node(),
                    address_kind: NodeAddressKind::InternalIp,
                    address: address(),
                    links: vec!["eth0".parse().unwrap(), "wlan0".parse().unwrap()],
                },
                "InternalIP 10.0.0.2 of pi2 is on none of its links (eth0, wlan0)",
            ),
            (
                unreached(NodeAddressKind::InternalIp, None),
                "frames from pi1, pi3 do not reach InternalIP 10.0.0.2 of pi2",
            ),
            (
                unreached(NodeAddressKind::FlannelPublicIp, Some("wlan0")),
                "frames from pi1, pi3 do not reach flannel public-ip 10.0.0.2 of pi2 on wlan0",
            ),
            (
                ClusterEvidence::NodeAddressInServiceRange {
                    node: node(),
                    address: address(),
                    services: "10.0.0.0/12".parse().unwrap(),
                },
                "InternalIP 10.0.0.2 of pi2 is in serviceSubnet 10.0.0.0/12",
            ),
            (
                ClusterEvidence::RangeOverlapsNetwork {
                    setting: "podSubnet",
                    range: "10.0.0.0/8".parse().unwrap(),
                    network: "10.0.0.0/24".parse().unwrap(),
                    link: "eth0".parse().unwrap(),
                },
                "podSubnet 10.0.0.0/8 overlaps 10.0.0.0/24 on eth0",
            ),
        ];
        assert_sentences(&table);
    }

    #[test]
    fn each_kind_of_port_and_dns_reads_well() {
        let table = [
            (
                ClusterEvidence::PortUnanswered { node: node(), port: 10250, answers_echo: true },
                "pi2 answers ping, but not on port 10250",
            ),
            (
                ClusterEvidence::PortUnanswered { node: node(), port: 10250, answers_echo: false },
                "pi2 does not answer on port 10250",
            ),
            (ClusterEvidence::NoReadyDnsPod { pods: 0 }, "there is no pod of CoreDNS"),
            (ClusterEvidence::NoReadyDnsPod { pods: 2 }, "none of the 2 pods of CoreDNS is ready"),
            (
                ClusterEvidence::DnsLacksApiServerName,
                "CoreDNS answers, but does not know the API server's name",
            ),
        ];
        assert_sentences(&table);
    }
}
