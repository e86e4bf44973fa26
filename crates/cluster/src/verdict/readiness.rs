//! Nodes that are not ready: whose fault it is.

use std::collections::BTreeSet;

use pontoon_causes::symptom::hole::Hole;
use pontoon_model::code::{self, Code};

use super::{Accusation, Case, Certainty, touches};
use crate::look::Look;
use crate::objects::{Node, Ready};
use crate::trial::{Outcome, Target, Way};

/// Every node has something that runs containers.
pub(super) fn runtimes(case: &mut Case<'_>) {
    for node in &case.objects.nodes {
        let Some(look) = case.facts.look(node) else { continue };
        // Where not even kubelet is seen, programs may not be seen at all.
        if look.runs("containerd") || look.runs("crio") || look.is_k3s() || !look.runs("kubelet") {
            continue;
        }
        let accusation = Accusation::new(code::CONTAINERD_NOT_RUNNING, Certainty::Certain, [node])
            .seen(format!("neither containerd nor crio runs on {}", node.name));
        let own = BTreeSet::from([node.name.clone()]);
        case.accuse(accusation, |tried| touches(tried, &own) && !is_of_network(&tried.to));
    }
}

/// Every node that is not ready gets its cause.
pub(super) fn nodes(case: &mut Case<'_>) {
    for node in &case.objects.nodes {
        if case.is_accused(code::CONTAINERD_NOT_RUNNING, &node.name) {
            continue;
        }
        let accusation = match &node.ready {
            Ready::Yes => continue,
            Ready::No(why) => says_no(case, node, why.raw()),
            Ready::Unknown => says_nothing(case, node),
        };
        let own = BTreeSet::from([node.name.clone()]);
        case.accuse(accusation, |tried| touches(tried, &own) && !is_of_network(&tried.to));
        // Its pods could not be made, or not be reached.
        case.open.retain(|tried| !touches(tried, &own));
    }
}

const fn is_of_network(target: &Target) -> bool {
    matches!(target, Target::Sizes { .. })
}

/// kubelet says why: most often the network plug-in.
fn says_no(case: &Case<'_>, node: &Node, why: &str) -> Accusation {
    let (told, what) = case
        .told_by_texts(&node.name, |by| by == "the node's condition")
        .unwrap_or_else(|| (Vec::new(), why.to_owned()));
    let look = case.facts.look(node);
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
fn plugin(case: &Case<'_>, node: &Node, look: &Look) -> Code {
    let agents = ["flanneld", "calico-node", "cilium-agent"];
    let runs_here = agents.iter().any(|agent| look.runs(agent));
    let is_flannel = |one: &Node| one.flannel_ip.is_some();
    let is_anywhere = case.facts.looks.values().any(|look| agents.iter().any(|one| look.runs(one)))
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
fn says_nothing(case: &Case<'_>, node: &Node) -> Accusation {
    let silent = format!("{}'s kubelet has not reported for a while", node.name);
    let Some(look) = case.facts.look(node) else {
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
    let of_api = |to: &Target| matches!(to, Target::Api { by: Way::Kubelet | Way::Endpoint, .. });
    let failed = case.facts.tries(&node.name, false, of_api).find(|tried| tried.outcome.fails());
    let code = match failed.map(|tried| &tried.outcome) {
        Some(Outcome::NoRoute) => code::NO_ROUTE_FROM_HERE,
        Some(Outcome::NoNeighbour | Outcome::Silent { .. }) => code::API_ADDRESS_UNREACHABLE,
        Some(Outcome::Prohibited) => code::FIREWALL_REJECT,
        Some(Outcome::Refused) => code::WRONG_ENDPOINT,
        Some(Outcome::Stalls { .. }) => code::PATH_MTU_HOLE,
        _ => code::KUBELET_LOST_API_SERVER,
    };
    let told = case.told_by_texts(&node.name, |by| by == "kubelet's log");
    match (failed, told) {
        (Some(tried), _) => {
            let accusation = Accusation::new(code, Certainty::Likely, [node]);
            let accusation = match &tried.to {
                Target::Api { at, .. } => {
                    accusation.about(Hole::Host, &at.ip()).about(Hole::Port, &at.port())
                }
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
