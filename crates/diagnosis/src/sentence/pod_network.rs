//! Sentences. The network of a cluster's pods and Services on its nodes.

use std::fmt;

use crate::evidence::{MissingPodRoute, PodNetworkEvidence};

use super::listed;

impl fmt::Display for PodNetworkEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PodCidrEmpty { node } => write!(f, "spec.podCIDR of {node} is empty"),
            Self::PodCidrOutsideFlannelNetwork { node, network, pod_cidr } => {
                write!(f, "pod network {pod_cidr} of {node} is outside flannel's Network {network}")
            }
            Self::BridgeOutsidePodCidr { node, bridge, address, pod_cidr } => {
                write!(f, "{bridge} on {node} has {address}, outside the pod network {pod_cidr}")
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
                match accepts.is_empty() {
                    true => f.write_str("accepts none by address or link"),
                    false => write!(f, "accepts only {}", listed(accepts)),
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
