//! flannel: its address, its link, its routes, its packets between nodes.

use pontoon_model::code;
use std::collections::BTreeSet;
use std::net::IpAddr;

use pontoon_causes::symptom::placeholder::PlaceholderKind;
use pontoon_model::net::Prefix;
use pontoon_model::snapshot::{Route, Snapshot};

use super::{Accusation, Certainty, ClusterRuleContext, crosses_nodes, touches};
use crate::cluster_facts::link_name;
use crate::connectivity_test::{ConnectivityOutcome, ConnectivityTarget, ConnectivityTest};
use crate::objects::ClusterNode;

/// VXLAN's link of flannel (pkg/backend/vxlan: `flannel.VNI`, VNI 1 unless told otherwise).
const LINK: &str = "flannel.1";
/// What flannel's VXLAN uses on Linux (its Documentation/backends.md).
const PORT: u16 = 8472;

/// Judges flannel, where it is what makes the pods' network.
pub(super) fn flannel(case: &mut ClusterRuleContext<'_>) {
    let uses = case.objects.nodes.iter().any(|node| node.flannel_ip.is_some());
    if !uses {
        return;
    }
    for node in &case.objects.nodes {
        networks(case, node);
    }
    on_unreachable_links(case);
    for node in &case.objects.nodes {
        if !stale_bridge(case, node) && !routes(case, node) {
            program(case, node);
        }
    }
    blocked(case);
}

/// The node has a network for its pods, and it lies in flannel's.
fn networks(case: &mut ClusterRuleContext<'_>, node: &ClusterNode) {
    let Some(cidr) = node.pod_cidrs.first().copied() else {
        let accusation = Accusation::new(code::POD_CIDR_NOT_ASSIGNED, Certainty::Certain, [node])
            .seen(format!("spec.podCIDR of {} is empty", node.name));
        let own = BTreeSet::from([node.name.clone()]);
        case.report_problem(accusation, |tried| crosses_nodes(tried) && is_touched(tried, &own));
        return;
    };
    let Some(network) = case.objects.flannel_network else { return };
    if !network.contains(cidr.address) {
        let accusation = Accusation::new(code::FLANNEL_NETWORK_DIFFERS, Certainty::Certain, [node])
            .seen(format!("flannel's Network is {network}, and {}'s pods have {cidr}", node.name));
        let own = BTreeSet::from([node.name.clone()]);
        case.report_problem(accusation, |tried| crosses_nodes(tried) && is_touched(tried, &own));
    }
}

/// flannel's address of a node is one over which other nodes do not reach it.
fn on_unreachable_links(case: &mut ClusterRuleContext<'_>) {
    let mut nodes: Vec<&ClusterNode> = Vec::new();
    let mut seen = Vec::new();
    for node in &case.objects.nodes {
        let Some(address) = node.flannel_ip else { continue };
        let Some(snapshot) = case.facts.snapshot(node) else { continue };
        let Some(link) = case.facts.link(node, address) else {
            missing(case, node, address, snapshot);
            continue;
        };
        let reach = case.facts.reach(node, address).unwrap_or_default();
        if !reach.unreached_by.is_empty() {
            let others: Vec<_> = reach.unreached_by.iter().map(ToString::to_string).collect();
            seen.push(format!(
                "{}: flannel's public-ip {address} is on {}, where frames from {} do not arrive",
                node.name,
                link.name,
                others.join(", ")
            ));
            nodes.push(node);
        }
    }
    let fails = case.unexplained_tests.iter().any(|tried| crosses_nodes(tried));
    if nodes.is_empty() || !fails {
        return;
    }
    let own: BTreeSet<String> = nodes.iter().map(|node| node.name.clone()).collect();
    let mut accusation = Accusation::new(
        code::FLANNEL_ON_UNREACHABLE_LINK,
        Certainty::Certain,
        nodes.iter().copied(),
    );
    accusation.seen = seen;
    if let Some(advice) = nodes.iter().find_map(|node| better(case, node)) {
        accusation = accusation.advise(advice);
    }
    case.report_problem(accusation, |tried| crosses_nodes(tried) && is_touched(tried, &own));
}

/// Whether a try may have gone to one of these nodes: of a Service nobody knows.
fn is_touched(tried: &ConnectivityTest, nodes: &BTreeSet<String>) -> bool {
    let is_before_several = matches!(
        tried.to,
        ConnectivityTarget::Service { .. } | ConnectivityTarget::Dns { pod_on: None, .. }
    );
    is_before_several || touches(tried, nodes)
}

/// The link of the node's own address, where the others reach that.
fn better(case: &ClusterRuleContext<'_>, node: &ClusterNode) -> Option<String> {
    let address = *node.internal_ips.first()?;
    let reach = case.facts.reach(node, address)?;
    let link = case.facts.link(node, address)?;
    reach.unreached_by.is_empty().then(|| {
        format!(
            "--iface={} in flannel's arguments (kubectl edit daemonset -n kube-flannel \
             kube-flannel-ds, or pontoon settings flannel --for {}), then restart its pods",
            link.name, node.name
        )
    })
}

fn missing(
    case: &mut ClusterRuleContext<'_>,
    node: &ClusterNode,
    address: IpAddr,
    snapshot: &Snapshot,
) {
    if !case.unexplained_tests.iter().any(|tried| crosses_nodes(tried)) {
        return;
    }
    let links: Vec<_> = snapshot.links.iter().map(|link| link.name.to_string()).collect();
    let accusation = Accusation::new(code::FLANNEL_INTERFACE_MISSING, Certainty::Certain, [node])
        .seen(format!(
            "flannel registered {address} for {}, which is on none of its links ({})",
            node.name,
            links.join(", ")
        ));
    let own = BTreeSet::from([node.name.clone()]);
    case.report_problem(accusation, |tried| crosses_nodes(tried) && is_touched(tried, &own));
}

/// The bridge of the node's pods has an address of another cluster's time.
fn stale_bridge(case: &mut ClusterRuleContext<'_>, node: &ClusterNode) -> bool {
    let Some(snapshot) = case.facts.snapshot(node) else { return false };
    let bridge = snapshot.links.iter().find(|link| link.name.as_str() == "cni0");
    let addresses = bridge.into_iter().flat_map(|link| &link.addresses);
    let own = addresses.map(|own| own.prefix).find(|own| own.address.is_ipv4());
    let (Some(own), Some(cidr)) = (own, node.pod_cidrs.iter().find(|cidr| cidr.address.is_ipv4()))
    else {
        return false;
    };
    if cidr.contains(own.address) {
        return false;
    }
    let accusation = Accusation::new(code::CNI0_STALE_ADDRESS, Certainty::Certain, [node])
        .seen(format!("cni0 of {} has {own}, and its pods' network is {cidr}", node.name));
    let nodes = BTreeSet::from([node.name.clone()]);
    case.report_problem(accusation, |tried| is_touched(tried, &nodes));
    true
}

/// Every other node's pods have a route by flannel's link.
fn routes(case: &mut ClusterRuleContext<'_>, node: &ClusterNode) -> bool {
    let Some(snapshot) = case.facts.snapshot(node) else { return false };
    let others = case
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
    let missing: Vec<String> = others
        .filter_map(|other| other.pod_cidrs.first().map(|cidr| (other, cidr)))
        .filter(|(_, cidr)| !has(cidr))
        .map(|(other, cidr)| format!("{cidr} ({})", other.name))
        .collect();
    let fails = case
        .unexplained_tests_from(&node.name, true)
        .chain(case.unexplained_tests_from(&node.name, false));
    let fails = fails.into_iter().any(crosses_nodes);
    if missing.is_empty() || !fails {
        return false;
    }
    let is_there = snapshot.links.iter().any(|link| link.name.as_str() == LINK);
    let runs =
        case.facts.node_state(node).is_none_or(|look| look.runs("flanneld") || look.is_k3s());
    let code = if runs { code::FLANNEL_WITHOUT_ROUTES } else { code::FLANNEL_NOT_RUNNING };
    let link = if is_there { "is there" } else { "is not there" };
    let accusation = Accusation::new(code, Certainty::Certain, [node])
        .about(PlaceholderKind::Node, &node.name)
        .seen(format!("{} has no route to {}", node.name, missing.join(", ")))
        .seen(format!("its link {LINK} {link}"));
    let own = BTreeSet::from([node.name.clone()]);
    case.report_problem(accusation, |tried| crosses_nodes(tried) && is_touched(tried, &own));
    true
}

fn is_default_gateway(snapshot: &Snapshot, gateway: IpAddr) -> bool {
    snapshot.default_routes().any(|route| route.gateway == Some(gateway))
}

/// flannel does not run: what it made still stands, and nothing new is learned.
fn program(case: &mut ClusterRuleContext<'_>, node: &ClusterNode) {
    let Some(look) = case.facts.node_state(node) else { return };
    if node.flannel_ip.is_none() || look.runs("flanneld") || look.is_k3s() {
        return;
    }
    if case.has_cause(code::FLANNEL_NOT_RUNNING, &node.name) {
        return;
    }
    let accusation = Accusation::new(code::FLANNEL_NOT_RUNNING, Certainty::Certain, [node])
        .about(PlaceholderKind::Node, &node.name)
        .seen(format!("no process flanneld runs on {}", node.name));
    let own = BTreeSet::from([node.name.clone()]);
    let is_down = case
        .facts
        .snapshot(node)
        .is_some_and(|snapshot| !snapshot.links.iter().any(|link| link.name.as_str() == LINK));
    case.report_problem(accusation, |tried| {
        is_down && crosses_nodes(tried) && is_touched(tried, &own)
    });
}

/// Everything stands, the nodes reach each other, and nothing of the pods' network passes: its
/// packets are dropped.
fn blocked(case: &mut ClusterRuleContext<'_>) {
    let fails: Vec<&ConnectivityTest> = case
        .unexplained_tests
        .iter()
        .copied()
        .filter(|tried| {
            matches!(tried.to, ConnectivityTarget::Pod { bytes: 0, .. })
                && crosses_nodes(tried)
                && matches!(
                    tried.outcome,
                    ConnectivityOutcome::Silent { .. } | ConnectivityOutcome::Prohibited
                )
        })
        .collect();
    // A pod that gets out of its own node to another's kubelet shows that forwarding works there.
    let gets_out =
        |node: &str| case.works(node, true, |to| matches!(to, ConnectivityTarget::Kubelet { .. }));
    let gets_in = |node: &str| {
        // What comes into its pods is forwarded by it as well.
        case.works(
            node,
            false,
            |to| matches!(to, ConnectivityTarget::Pod { node: own, .. } if own == node),
        ) && gets_out(node)
    };
    let mut ends: BTreeSet<String> = BTreeSet::new();
    for tried in &fails {
        let ConnectivityTarget::Pod { node, .. } = &tried.to else { continue };
        if gets_out(&tried.from.node) && gets_in(node) {
            ends.extend([tried.from.node.clone(), node.clone()]);
        }
    }
    if ends.is_empty() {
        return;
    }
    let nodes: Vec<&ClusterNode> =
        case.objects.nodes.iter().filter(|node| ends.contains(&node.name)).collect();
    let links: Vec<String> = nodes
        .iter()
        .filter_map(|node| Some(link_name(case.facts.link(node, node.flannel_ip?))))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let accusation = Accusation::new(code::VXLAN_PORT_BLOCKED, Certainty::Likely, nodes)
        .about(PlaceholderKind::Port, &PORT)
        .seen(format!(
            "pods of {} get out to other nodes' own addresses, and not to pods there; frames pass \
             on {}",
            ends.iter().map(String::as_str).collect::<Vec<_>>().join(" and "),
            links.join(", ")
        ));
    case.report_problem(accusation, |tried| crosses_nodes(tried) && is_touched(tried, &ends));
}
