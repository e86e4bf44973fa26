//! Nodes that are not ready: whose fault it is.

use std::collections::BTreeSet;

use pontoon_causes::symptom::placeholder::PlaceholderKind;
use pontoon_model::code::{self, DiagnosisCode};

use super::{Accusation, Certainty, ClusterRuleContext, touches};
use crate::connectivity_test::{ApiAddressSource, ConnectivityOutcome, ConnectivityTarget};
use crate::node_state::NodeState;
use crate::objects::{ClusterNode, NodeReadiness};

/// Every node has something that runs containers.
pub(super) fn runtimes(case: &mut ClusterRuleContext<'_>) {
    for node in &case.objects.nodes {
        let Some(look) = case.facts.node_state(node) else { continue };
        // Where not even kubelet is seen, programs may not be seen at all.
        if look.runs("containerd") || look.runs("crio") || look.is_k3s() || !look.runs("kubelet") {
            continue;
        }
        let accusation = Accusation::new(code::CONTAINERD_NOT_RUNNING, Certainty::Certain, [node])
            .seen(format!("neither containerd nor crio runs on {}", node.name));
        let own = BTreeSet::from([node.name.clone()]);
        case.report_problem(accusation, |tried| touches(tried, &own) && !is_of_network(&tried.to));
    }
}

/// Every node that is not ready gets its cause.
pub(super) fn nodes(case: &mut ClusterRuleContext<'_>) {
    for node in &case.objects.nodes {
        if case.has_cause(code::CONTAINERD_NOT_RUNNING, &node.name) {
            continue;
        }
        let accusation = match &node.ready {
            NodeReadiness::Yes => continue,
            NodeReadiness::No(why) => says_no(case, node, why.raw()),
            NodeReadiness::Unknown => says_nothing(case, node),
        };
        let own = BTreeSet::from([node.name.clone()]);
        case.report_problem(accusation, |tried| touches(tried, &own) && !is_of_network(&tried.to));
        // Its pods could not be made, or not be reached.
        case.unexplained_tests.retain(|tried| !touches(tried, &own));
    }
}

const fn is_of_network(target: &ConnectivityTarget) -> bool {
    matches!(target, ConnectivityTarget::Sizes { .. })
}

/// kubelet says why: most often the network plug-in.
fn says_no(case: &ClusterRuleContext<'_>, node: &ClusterNode, why: &str) -> Accusation {
    let (told, what) = case
        .causes_from_texts(&node.name, |by| by == "the node's condition")
        .unwrap_or_else(|| (Vec::new(), why.to_owned()));
    let look = case.facts.node_state(node);
    let of_plugin = look.filter(|_| told.iter().any(|code| code.as_str().starts_with("cni-")));
    let decided = of_plugin.map(|look| plugin(case, node, look));
    let (causes, certainty) = match (decided, &told[..]) {
        (Some(code), _) => (vec![code], Certainty::Certain),
        (None, [_]) => (told, Certainty::Likely),
        _ => (told, Certainty::Undecided),
    };
    let none = Accusation::new(code::CNI_NOT_READY, certainty, [node]);
    let mut accusation = Accusation { causes, ..none }.seen(format!("{}: {what}", node.name));
    if let Some(look) = of_plugin {
        let files: Vec<_> = look.cni_files.iter().map(ToString::to_string).collect();
        let files = if files.is_empty() { "nothing".to_owned() } else { files.join(", ") };
        accusation = accusation.seen(format!("/etc/cni/net.d of {} holds {files}", node.name));
    }
    accusation
}

/// Which trouble of the plug-in it is.
fn plugin(case: &ClusterRuleContext<'_>, node: &ClusterNode, look: &NodeState) -> DiagnosisCode {
    let agents = ["flanneld", "calico-node", "cilium-agent"];
    let runs_here = agents.iter().any(|agent| look.runs(agent));
    let is_flannel = |one: &ClusterNode| one.flannel_ip.is_some();
    let is_anywhere =
        case.facts.node_states.values().any(|look| agents.iter().any(|one| look.runs(one)))
            || case.objects.nodes.iter().any(is_flannel)
            || case.objects.flannel_network.is_some();
    let uses_flannel =
        case.objects.nodes.iter().any(is_flannel) || case.objects.flannel_network.is_some();
    match (look.cni_files.is_empty(), runs_here, is_anywhere) {
        (true, _, false) => code::CNI_NOT_INSTALLED,
        (false, _, _) => code::CNI_CONFIG_NOT_READ,
        (true, true, true) if uses_flannel && node.pod_cidrs.is_empty() => {
            code::POD_CIDR_NOT_ASSIGNED
        }
        (true, false, true) if uses_flannel => code::FLANNEL_NOT_RUNNING,
        (true, true, true) => code::CNI_CONFIG_REMOVED,
        _ => code::CNI_NOT_READY,
    }
}

/// kubelet says nothing: it, its host, or its way to the API server.
fn says_nothing(case: &ClusterRuleContext<'_>, node: &ClusterNode) -> Accusation {
    let silent = format!("{}'s kubelet has not reported for a while", node.name);
    let Some(look) = case.facts.node_state(node) else {
        let none = Accusation::new(code::NODE_OFF, Certainty::Undecided, [node]);
        let causes = vec![code::NODE_OFF, code::WAY_LOST, code::KUBELET_NOT_RUNNING];
        return Accusation { causes, ..none }
            .seen(silent)
            .seen(format!("{} was not asked, or could not be", node.name));
    };
    if !look.runs("kubelet") && !look.is_k3s() {
        return Accusation::new(code::KUBELET_NOT_RUNNING, Certainty::Certain, [node])
            .seen(silent)
            .seen(format!("no process kubelet runs on {}", node.name));
    }
    let of_api = |to: &ConnectivityTarget| {
        matches!(
            to,
            ConnectivityTarget::Api {
                by: ApiAddressSource::Kubelet | ApiAddressSource::Endpoint,
                ..
            }
        )
    };
    let failed =
        case.facts.tests_from(&node.name, false, of_api).find(|tried| tried.outcome.fails());
    let code = match failed.map(|tried| &tried.outcome) {
        Some(ConnectivityOutcome::NoRoute) => code::NO_ROUTE_FROM_HERE,
        Some(ConnectivityOutcome::NoNeighbour | ConnectivityOutcome::Silent { .. }) => {
            code::API_ADDRESS_UNREACHABLE
        }
        Some(ConnectivityOutcome::Prohibited) => code::FIREWALL_REJECT,
        Some(ConnectivityOutcome::Refused) => code::WRONG_ENDPOINT,
        Some(ConnectivityOutcome::Stalls { .. }) => code::PATH_MTU_HOLE,
        _ => code::KUBELET_LOST_API_SERVER,
    };
    let told = case.causes_from_texts(&node.name, |by| by == "kubelet's log");
    match (failed, told) {
        (Some(tried), _) => {
            let accusation = Accusation::new(code, Certainty::Likely, [node]);
            let accusation = match &tried.to {
                ConnectivityTarget::Api { at, .. } => accusation
                    .about(PlaceholderKind::Host, &at.ip())
                    .about(PlaceholderKind::Port, &at.port()),
                _ => accusation,
            };
            accusation.seen(silent).seen(super::shown(tried))
        }
        (None, Some((causes, what))) => {
            let none = Accusation::new(code, Certainty::Undecided, [node]);
            Accusation { causes, ..none }.seen(silent).seen(what)
        }
        (None, None) => Accusation::new(code, Certainty::Undecided, [node]).seen(silent),
    }
}
