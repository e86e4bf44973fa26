//! Sentences. Objects, nodes and connectivity of a running cluster.

use std::fmt;

use crate::evidence::{ClusterEvidence, NodeAddressKind};

use super::listed;

impl fmt::Display for ClusterEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectivityTest(test) => test.fmt(f),
            Self::FurtherTestsFailed { count: 1 } => f.write_str("and 1 more test that failed"),
            Self::FurtherTestsFailed { count } => write!(f, "and {count} more tests that failed"),
            Self::NothingTestedFromPods => f.write_str(
                "nothing could be tested from a pod: the test pod got no address, or pontoon could \
                 not enter its network namespace",
            ),
            Self::KubectlFailed { host, error } => write!(f, "kubectl on {host}: {error}"),
            Self::AdvertisedAddress { address } => {
                write!(f, "the API server advertises {address}")
            }
            Self::ProgramsNotRunning { node, programs } => match &programs[..] {
                [one, other] => write!(f, "neither {one} nor {other} runs on {node}"),
                programs => write!(f, "no process {} runs on {node}", programs.join(", ")),
            },
            Self::NoClusterProgramRunning { node } => {
                write!(f, "no program of the cluster runs on {node}")
            }
            Self::ServiceRulesStillApply { node } => {
                write!(f, "the Service rules written earlier still apply on {node}")
            }
            Self::NodeNotReady { node, message } => write!(f, "{node}: {message}"),
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
                let links = if links.is_empty() { "none".to_owned() } else { listed(links) };
                write!(f, "no link of {node} has its {address_kind} {address} (links: {links})")
            }
            Self::AddressUnreached { node, address_kind, address, link, unreached_by } => {
                let link = link.as_ref().map_or_else(|| "no link".to_owned(), ToString::to_string);
                let others = listed(unreached_by);
                write!(
                    f,
                    "{node}: {address_kind} {address} is on {link}, where frames from {others} do \
                     not arrive"
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
