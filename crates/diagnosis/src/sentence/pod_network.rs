//! Sentences. The network of a cluster's pods and Services on its nodes.

use std::fmt;

use crate::evidence::{MissingPodRoute, PodNetworkEvidence};

use super::listed;

impl fmt::Display for PodNetworkEvidence {
    #[expect(clippy::too_many_lines, reason = "one sentence for each variant")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PodCidrEmpty { node } => write!(f, "spec.podCIDR of {node} is empty"),
            Self::PodCidrOutsideFlannelNetwork { node, network, pod_cidr } => {
                write!(f, "pod network {pod_cidr} of {node} is outside flannel's Network {network}")
            }
            Self::BridgeOutsidePodCidr { node, bridge, address, pod_cidr } => {
                write!(f, "{bridge} on {node} has {address}, outside the pod network {pod_cidr}")
            }
            Self::FlannelSubnetOutsidePodCidr { node, subnet, pod_cidr, belongs_to } => {
                write!(
                    f,
                    "FLANNEL_SUBNET {subnet} on {node} is outside its pod network {pod_cidr}"
                )?;
                match belongs_to {
                    Some(other) => write!(f, ", and belongs to {other}"),
                    None => Ok(()),
                }
            }
            Self::PodRoutesMissing { node, missing } => {
                write!(f, "{node} has no route to {}", listed(missing))
            }
            Self::PluginLink { node, link, exists: true } => write!(f, "{link} exists on {node}"),
            Self::PluginLink { node, link, exists: false } => {
                write!(f, "{link} does not exist on {node}")
            }
            Self::OnlyPodTrafficFails { nodes, links } => {
                let nodes: Vec<_> = nodes.iter().map(String::as_str).collect();
                write!(
                    f,
                    "pods of {} reach other nodes' own addresses, but not the pods there; frames \
                     arrive on {}",
                    nodes.join(" and "),
                    listed(links)
                )
            }
            Self::ForwardingOff { node } => write!(f, "net.ipv4.ip_forward on {node} is 0"),
            Self::ForwardChainDrops { node, table, chain, accepts } => {
                write!(f, "{node}: chain {chain} of table {table} drops forwarded packets, and ")?;
                if accepts.is_empty() {
                    f.write_str("accepts none by address or link")
                } else {
                    write!(f, "accepts only {}", listed(accepts))
                }
            }
            Self::ForwardPolicyDropUnlisted { node } => write!(
                f,
                "{node}: a chain at the forward hook drops by default; its rules could not be listed"
            ),
            Self::OverlayMtuTooLarge { node, overlay, overlay_mtu, link, link_mtu, overhead } => {
                write!(
                    f,
                    "{node}: {overlay} has MTU {overlay_mtu} and needs {overhead} bytes more, but \
                     {link} below it has MTU {link_mtu}"
                )
            }
            Self::KubeProxyServer { server } => {
                write!(f, "kube-proxy is configured to use the API server {server}")
            }
            Self::NoRouteToServices { node, services } => {
                write!(f, "{node} has no default route and no route to {services}")
            }
            Self::ServiceRouteOnOtherLink { node, services, route_link, address_link } => write!(
                f,
                "{node}: the route to {services} is over {route_link}, and the node's address is on \
                 {address_link}"
            ),
            Self::SomeServicesFail { node, failing, working } => write!(
                f,
                "{node}: its pods do not reach the Services {}, and reach the Services {}",
                listed(failing),
                listed(working)
            ),
            Self::OnlyServicesFail { node } => write!(
                f,
                "{node}: pods and the API server answer at their own addresses, but not by Services"
            ),
        }
    }
}

impl fmt::Display for MissingPodRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.network, self.node)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pontoon_model::net::{IfName, Prefix};
    use pontoon_model::untrusted::Untrusted;

    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    fn link(text: &str) -> IfName {
        text.parse().unwrap()
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "rows of a table")]
    fn each_kind_of_routes_and_filters_reads_well() {
        let node = || "pi2".to_owned();
        let route = MissingPodRoute { network: prefix("10.244.0.0/24"), node: "pi1".to_owned() };
        let drops = |accepts| PodNetworkEvidence::ForwardChainDrops {
            node: node(),
            table: Untrusted::new("ip filter"),
            chain: Untrusted::new("FORWARD"),
            accepts,
        };
        let subnet = |other: Option<&str>| PodNetworkEvidence::FlannelSubnetOutsidePodCidr {
            node: node(),
            subnet: prefix("10.244.0.1/24"),
            pod_cidr: prefix("10.244.1.0/24"),
            belongs_to: other.map(str::to_owned),
        };
        let table = [
            (PodNetworkEvidence::PodCidrEmpty { node: node() }, "spec.podCIDR of pi2 is empty"),
            (
                PodNetworkEvidence::PodCidrOutsideFlannelNetwork {
                    node: node(),
                    network: prefix("10.244.0.0/24"),
                    pod_cidr: prefix("10.244.1.0/24"),
                },
                "pod network 10.244.1.0/24 of pi2 is outside flannel's Network 10.244.0.0/24",
            ),
            (
                PodNetworkEvidence::BridgeOutsidePodCidr {
                    node: node(),
                    bridge: link("cni0"),
                    address: prefix("10.244.1.1/24"),
                    pod_cidr: prefix("10.244.7.0/24"),
                },
                "cni0 on pi2 has 10.244.1.1/24, outside the pod network 10.244.7.0/24",
            ),
            (
                subnet(None),
                "FLANNEL_SUBNET 10.244.0.1/24 on pi2 is outside its pod network 10.244.1.0/24",
            ),
            (
                subnet(Some("pi1")),
                "FLANNEL_SUBNET 10.244.0.1/24 on pi2 is outside its pod network 10.244.1.0/24, and \
                 belongs to pi1",
            ),
            (
                PodNetworkEvidence::PodRoutesMissing { node: node(), missing: vec![route] },
                "pi2 has no route to 10.244.0.0/24 (pi1)",
            ),
            (
                PodNetworkEvidence::PluginLink { node: node(), link: "flannel.1", exists: true },
                "flannel.1 exists on pi2",
            ),
            (
                PodNetworkEvidence::PluginLink { node: node(), link: "flannel.1", exists: false },
                "flannel.1 does not exist on pi2",
            ),
            (
                PodNetworkEvidence::OnlyPodTrafficFails {
                    nodes: BTreeSet::from(["pi1".to_owned(), node()]),
                    links: BTreeSet::from([link("eth0")]),
                },
                "pods of pi1 and pi2 reach other nodes' own addresses, but not the pods there; \
                 frames arrive on eth0",
            ),
            (PodNetworkEvidence::ForwardingOff { node: node() }, "net.ipv4.ip_forward on pi2 is 0"),
            (
                drops(Vec::new()),
                "pi2: chain FORWARD of table ip filter drops forwarded packets, and accepts none \
                 by address or link",
            ),
            (
                drops(vec![Untrusted::new("docker0"), Untrusted::new("172.17.0.0/16")]),
                "pi2: chain FORWARD of table ip filter drops forwarded packets, and accepts only \
                 docker0, 172.17.0.0/16",
            ),
            (
                PodNetworkEvidence::ForwardPolicyDropUnlisted { node: node() },
                "pi2: a chain at the forward hook drops by default; its rules could not be listed",
            ),
        ];
        for (evidence, text) in table {
            assert_eq!(evidence.to_string(), text);
        }
    }

    #[test]
    fn each_kind_of_mtu_and_services_reads_well() {
        let node = || "pi2".to_owned();
        let table = [
            (
                PodNetworkEvidence::OverlayMtuTooLarge {
                    node: node(),
                    overlay: link("flannel.1"),
                    overlay_mtu: 1480,
                    link: link("eth0"),
                    link_mtu: 1500,
                    overhead: 50,
                },
                "pi2: flannel.1 has MTU 1480 and needs 50 bytes more, but eth0 below it has MTU \
                 1500",
            ),
            (
                PodNetworkEvidence::KubeProxyServer { server: Untrusted::new("172.20.5.1:6443") },
                "kube-proxy is configured to use the API server 172.20.5.1:6443",
            ),
            (
                PodNetworkEvidence::NoRouteToServices {
                    node: node(),
                    services: prefix("10.96.0.0/12"),
                },
                "pi2 has no default route and no route to 10.96.0.0/12",
            ),
            (
                PodNetworkEvidence::ServiceRouteOnOtherLink {
                    node: node(),
                    services: prefix("10.96.0.0/12"),
                    route_link: link("wlan0"),
                    address_link: link("eth0"),
                },
                "pi2: the route to 10.96.0.0/12 is over wlan0, and the node's address is on eth0",
            ),
            (
                PodNetworkEvidence::SomeServicesFail {
                    node: node(),
                    failing: ["10.96.0.1".parse().unwrap()].into(),
                    working: ["10.96.0.10", "10.96.7.7"].map(|at| at.parse().unwrap()).into(),
                },
                "pi2: its pods do not reach the Services 10.96.0.1, and reach the Services \
                 10.96.0.10, 10.96.7.7",
            ),
            (
                PodNetworkEvidence::OnlyServicesFail { node: node() },
                "pi2: pods and the API server answer at their own addresses, but not by Services",
            ),
        ];
        for (evidence, text) in table {
            assert_eq!(evidence.to_string(), text);
        }
    }
}
