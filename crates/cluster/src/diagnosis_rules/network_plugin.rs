//! flannel: its address, its link, its routes, its packets between nodes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use pontoon_causes::placeholder::PlaceholderKind;
use pontoon_diagnosis::evidence::{
    ClusterEvidence, MissingPodRoute, NodeAddressKind, PodNetworkEvidence,
};
use pontoon_diagnosis::{Certainty, CommandPlace, Remedy};
use pontoon_model::code;
use pontoon_model::net::Prefix;
use pontoon_model::shell_command;
use pontoon_model::snapshot::{Route, Snapshot};

use super::{ClusterRuleContext, ProblemDraft, crosses_nodes, may_touch};
use crate::connectivity_test::{ConnectivityOutcome, ConnectivityTarget, ConnectivityTest};
use crate::objects::ClusterNode;

/// VXLAN's link of flannel (pkg/backend/vxlan: `flannel.VNI`, VNI 1 unless told otherwise).
const LINK: &str = "flannel.1";
/// What flannel's VXLAN uses on Linux (its Documentation/backends.md).
const PORT: u16 = 8472;

/// Diagnoses flannel, where it is the network plug-in of the cluster.
pub(super) fn flannel(context: &mut ClusterRuleContext<'_>) {
    let uses = context.objects.nodes.iter().any(|node| node.flannel_ip.is_some());
    if !uses {
        return;
    }
    for node in &context.objects.nodes {
        pod_cidr(context, node);
    }
    on_unreachable_links(context);
    for node in &context.objects.nodes {
        if !other_subnet(context, node) && !stale_bridge(context, node) && !routes(context, node) {
            program(context, node);
        }
    }
    blocked(context);
}

/// The node has a pod network, and it is part of flannel's.
fn pod_cidr(context: &mut ClusterRuleContext<'_>, node: &ClusterNode) {
    let name = node.name.clone();
    let problem = match (node.pod_cidrs.first(), context.objects.flannel_network) {
        (None, _) => ProblemDraft::new(code::POD_CIDR_NOT_ASSIGNED, Certainty::Confirmed, [&name])
            .evidence(PodNetworkEvidence::PodCidrEmpty { node: name }),
        (Some(pod_cidr), Some(network)) if !network.contains(pod_cidr.address) => {
            let pod_cidr = *pod_cidr;
            ProblemDraft::new(code::FLANNEL_NETWORK_DIFFERS, Certainty::Confirmed, [&name])
                .evidence(PodNetworkEvidence::PodCidrOutsideFlannelNetwork {
                    node: name,
                    network,
                    pod_cidr,
                })
        }
        (Some(_), _) => return,
    };
    report(context, problem, &BTreeSet::from([node.name.clone()]));
}

/// Reports what keeps packets from crossing between these nodes' pods and others.
fn report(context: &mut ClusterRuleContext<'_>, problem: ProblemDraft, nodes: &BTreeSet<String>) {
    context.report_problem(problem, |test| crosses_nodes(test) && may_touch(test, nodes));
}

/// flannel's address of a node is one over which other nodes do not reach it.
fn on_unreachable_links(context: &mut ClusterRuleContext<'_>) {
    let mut nodes: Vec<&ClusterNode> = Vec::new();
    let mut evidence = Vec::new();
    for node in &context.objects.nodes {
        let Some(address) = node.flannel_ip else { continue };
        let Some(snapshot) = context.facts.snapshot(node) else { continue };
        let Some(link) = context.facts.link(node, address) else {
            missing(context, node, address, snapshot);
            continue;
        };
        let reach = context.facts.reach(node, address).unwrap_or_default();
        if !reach.unreached_by.is_empty() {
            let unreached = ClusterEvidence::AddressUnreached {
                node: node.name.clone(),
                address_kind: NodeAddressKind::FlannelPublicIp,
                address,
                link: Some(link.name.clone()),
                unreached_by: reach.unreached_by.into_iter().collect(),
            };
            evidence.push(unreached.into());
            nodes.push(node);
        }
    }
    let fails = context.unexplained_tests.iter().any(|test| crosses_nodes(test));
    if nodes.is_empty() || !fails {
        return;
    }
    let names: BTreeSet<String> = nodes.iter().map(|node| node.name.clone()).collect();
    let code = code::FLANNEL_ON_UNREACHABLE_LINK;
    let mut problem = ProblemDraft::new(code, Certainty::Confirmed, &names);
    problem.add_evidence(evidence);
    for remedy in nodes.iter().find_map(|node| better_link(context, node)).into_iter().flatten() {
        problem = problem.remedy(remedy);
    }
    report(context, problem, &names);
}

/// Over the link of the node's own address, where the others reach that.
fn better_link(context: &ClusterRuleContext<'_>, node: &ClusterNode) -> Option<[Remedy; 2]> {
    let address = *node.internal_ips.first()?;
    let reach = context.facts.reach(node, address)?;
    let link = context.facts.link(node, address)?;
    reach.unreached_by.is_empty().then(|| {
        let edit =
            format!("set --iface={} in flannel's arguments, then restart its pods", link.name);
        let write = shell_command!("pontoon settings flannel --for {}", node.name);
        [
            Remedy::command("kubectl edit daemonset -n kube-flannel kube-flannel-ds")
                .at(CommandPlace::Kubectl)
                .to(edit),
            Remedy::command(write).at(CommandPlace::ThisHost).to("write these settings"),
        ]
    })
}

fn missing(
    context: &mut ClusterRuleContext<'_>,
    node: &ClusterNode,
    address: IpAddr,
    snapshot: &Snapshot,
) {
    if !context.unexplained_tests.iter().any(|test| crosses_nodes(test)) {
        return;
    }
    let names = BTreeSet::from([node.name.clone()]);
    let problem = ProblemDraft::new(code::FLANNEL_INTERFACE_MISSING, Certainty::Confirmed, &names)
        .evidence(ClusterEvidence::AddressOnNoLink {
            node: node.name.clone(),
            address_kind: NodeAddressKind::FlannelPublicIp,
            address,
            links: snapshot.links.iter().map(|link| link.name.clone()).collect(),
        });
    report(context, problem, &names);
}

/// flannel's CNI plug-in takes the pods' addresses from a file that does not agree with the Node.
/// flannel writes it from there, and where it has not done so yet there is none.
fn other_subnet(context: &mut ClusterRuleContext<'_>, node: &ClusterNode) -> bool {
    let subnet = context.facts.node_state(node).and_then(|state| state.flannel_subnet);
    let pod_cidr = node.pod_cidrs.iter().find(|cidr| cidr.address.is_ipv4());
    let (Some(subnet), Some(pod_cidr)) = (subnet, pod_cidr) else { return false };
    if pod_cidr.contains(subnet.address) {
        return false;
    }
    let has = |one: &&ClusterNode| one.pod_cidrs.iter().any(|cidr| cidr.contains(subnet.address));
    let belongs_to = context.objects.nodes.iter().find(has).map(|one| one.name.clone());
    let names = BTreeSet::from([node.name.clone()]);
    let problem = ProblemDraft::new(code::FLANNEL_SUBNET_DIFFERS, Certainty::Confirmed, &names)
        .evidence(PodNetworkEvidence::FlannelSubnetOutsidePodCidr {
            node: node.name.clone(),
            subnet,
            pod_cidr: *pod_cidr,
            belongs_to,
        });
    context.report_problem(problem, |test| may_touch(test, &names));
    true
}

/// The bridge of the node's pods has an address of an earlier cluster.
fn stale_bridge(context: &mut ClusterRuleContext<'_>, node: &ClusterNode) -> bool {
    let Some(snapshot) = context.facts.snapshot(node) else { return false };
    let bridge = snapshot.links.iter().find(|link| link.name.as_str() == "cni0");
    let pod_cidr = node.pod_cidrs.iter().find(|cidr| cidr.address.is_ipv4());
    let (Some(bridge), Some(pod_cidr)) = (bridge, pod_cidr) else { return false };
    let mut addresses = bridge.addresses.iter().map(|own| own.prefix);
    let Some(address) = addresses.find(|own| own.address.is_ipv4()) else { return false };
    if pod_cidr.contains(address.address) {
        return false;
    }
    let names = BTreeSet::from([node.name.clone()]);
    let problem = ProblemDraft::new(code::CNI0_STALE_ADDRESS, Certainty::Confirmed, &names)
        .evidence(PodNetworkEvidence::BridgeOutsidePodCidr {
            node: node.name.clone(),
            bridge: bridge.name.clone(),
            address,
            pod_cidr: *pod_cidr,
        });
    context.report_problem(problem, |test| may_touch(test, &names));
    true
}

/// Every other node's pods have a route by flannel's link.
fn routes(context: &mut ClusterRuleContext<'_>, node: &ClusterNode) -> bool {
    let Some(snapshot) = context.facts.snapshot(node) else { return false };
    let others = context
        .objects
        .nodes
        .iter()
        .filter(|other| other.name != node.name && other.flannel_ip.is_some());
    let has = |cidr: &Prefix| {
        snapshot.routes.iter().any(|route| {
            route.table == Route::MAIN
                && route.destination.length > 0
                && route.destination.contains(cidr.address)
                && route.destination.length <= cidr.length
                && route.gateway.is_some_and(|gateway| !is_default_gateway(snapshot, gateway))
        })
    };
    let missing: Vec<MissingPodRoute> = others
        .filter_map(|other| other.pod_cidrs.first().map(|cidr| (other, *cidr)))
        .filter(|(_, cidr)| !has(cidr))
        .map(|(other, network)| MissingPodRoute { network, node: other.name.clone() })
        .collect();
    let fails = context
        .unexplained_tests_from(&node.name, true)
        .chain(context.unexplained_tests_from(&node.name, false));
    let fails = fails.into_iter().any(crosses_nodes);
    if missing.is_empty() || !fails {
        return false;
    }
    let exists = snapshot.links.iter().any(|link| link.name.as_str() == LINK);
    let runs =
        context.facts.node_state(node).is_none_or(|state| state.runs("flanneld") || state.is_k3s());
    let code = if runs { code::FLANNEL_WITHOUT_ROUTES } else { code::FLANNEL_NOT_RUNNING };
    let name = node.name.clone();
    let problem = ProblemDraft::new(code, Certainty::Confirmed, [&name])
        .about(PlaceholderKind::Node, &name)
        .evidence(PodNetworkEvidence::PodRoutesMissing { node: name.clone(), missing })
        .evidence(PodNetworkEvidence::PluginLink { node: name.clone(), link: LINK, exists });
    report(context, problem, &BTreeSet::from([name]));
    true
}

fn is_default_gateway(snapshot: &Snapshot, gateway: IpAddr) -> bool {
    snapshot.default_routes().any(|route| route.gateway == Some(gateway))
}

/// flannel does not run: what it set up is still there, and changes do not arrive.
fn program(context: &mut ClusterRuleContext<'_>, node: &ClusterNode) {
    let Some(state) = context.facts.node_state(node) else { return };
    if node.flannel_ip.is_none() || state.runs("flanneld") || state.is_k3s() {
        return;
    }
    if context.has_cause(code::FLANNEL_NOT_RUNNING, &node.name) {
        return;
    }
    let name = node.name.clone();
    let problem = ProblemDraft::new(code::FLANNEL_NOT_RUNNING, Certainty::Confirmed, [&name])
        .about(PlaceholderKind::Node, &name)
        .evidence(ClusterEvidence::ProgramsNotRunning {
            node: name.clone(),
            programs: vec!["flanneld"],
        });
    let is_down = context
        .facts
        .snapshot(node)
        .is_some_and(|snapshot| !snapshot.links.iter().any(|link| link.name.as_str() == LINK));
    let names = BTreeSet::from([name]);
    context
        .report_problem(problem, |test| is_down && crosses_nodes(test) && may_touch(test, &names));
}

/// Everything is set up, the nodes reach each other, and yet no packet of the pod network arrives: they
/// are dropped.
fn blocked(context: &mut ClusterRuleContext<'_>) {
    let fails: Vec<&ConnectivityTest> = context
        .unexplained_tests
        .iter()
        .copied()
        .filter(|test| {
            matches!(test.to, ConnectivityTarget::Pod { bytes: 0, .. })
                && crosses_nodes(test)
                && matches!(
                    test.outcome,
                    ConnectivityOutcome::Silent { .. } | ConnectivityOutcome::Prohibited
                )
        })
        .collect();
    // A pod that gets out of its own node to another's kubelet shows that forwarding works there.
    let gets_out = |node: &str| {
        context.works(node, true, |to| matches!(to, ConnectivityTarget::Kubelet { .. }))
    };
    let gets_in = |node: &str| {
        // What comes into its pods is forwarded by it as well.
        context.works(
            node,
            false,
            |to| matches!(to, ConnectivityTarget::Pod { node: own, .. } if own == node),
        ) && gets_out(node)
    };
    let mut ends: BTreeSet<String> = BTreeSet::new();
    for test in &fails {
        let ConnectivityTarget::Pod { node, .. } = &test.to else { continue };
        if gets_out(&test.from.node) && gets_in(node) {
            ends.extend([test.from.node.clone(), node.clone()]);
        }
    }
    if ends.is_empty() {
        return;
    }
    let nodes = context.objects.nodes.iter().filter(|node| ends.contains(&node.name));
    let links = nodes.filter_map(|node| context.facts.link(node, node.flannel_ip?));
    let evidence = PodNetworkEvidence::OnlyPodTrafficFails {
        nodes: ends.clone(),
        links: links.map(|link| link.name.clone()).collect(),
    };
    let problem = ProblemDraft::new(code::VXLAN_PORT_BLOCKED, Certainty::Likely, &ends)
        .about(PlaceholderKind::Port, &PORT)
        .evidence(evidence);
    report(context, problem, &ends);
}
