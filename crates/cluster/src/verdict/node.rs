//! The addresses that nodes registered, and kubelet's port on them.

use pontoon_model::code;
use std::net::IpAddr;

use pontoon_causes::symptom::hole::Hole;

use super::{Accusation, Case, Certainty};
use crate::course::KUBELET;
use crate::facts::link_name;
use crate::objects::Node;
use crate::trial::{Outcome, Target, Tried};

/// Every node needs an `InternalIP` that is its own and that the control plane reaches.
pub(super) fn addresses(case: &mut Case<'_>) {
    for node in &case.objects.nodes {
        let Some(address) = node.internal_ips.first().copied() else {
            let accusation = Accusation::new(code::NO_INTERNAL_IP, Certainty::Certain, [node])
                .seen(format!("the Node {} lists no InternalIP", node.name));
            case.accuse(accusation, |tried| is_of_kubelet(tried, node));
            continue;
        };
        let twins = case.objects.nodes.iter().filter(|one| one.internal_ips.contains(&address));
        let twins: Vec<&Node> = twins.collect();
        if twins.len() > 1 {
            if twins[0].name == node.name {
                let names: Vec<_> = twins.iter().map(|twin| twin.name.as_str()).collect();
                let seen = format!("{} all have the InternalIP {address}", names.join(" and "));
                let accusation = Accusation::new(
                    code::INTERNAL_IP_OF_ANOTHER_HOST,
                    Certainty::Certain,
                    twins.iter().copied(),
                )
                .about(Hole::Host, &address);
                case.accuse(accusation.seen(seen), |tried| is_of_kubelet(tried, node));
            }
            continue;
        }
        if case.facts.snapshot(node).is_some() && case.facts.link(node, address).is_none() {
            let seen = format!("no link of {} has its InternalIP {address}", node.name);
            let accusation = Accusation::new(code::NODE_IP_NOT_ON_HOST, Certainty::Certain, [node])
                .about(Hole::Address, &address);
            case.accuse(accusation.seen(seen), |tried| is_of_kubelet(tried, node));
            continue;
        }
        unreachable(case, node, address);
    }
}

/// The address is the node's, and lies on a network over which others do not reach it.
fn unreachable(case: &mut Case<'_>, node: &Node, address: IpAddr) {
    let Some(reach) = case.facts.reach(node, address) else { return };
    let link = link_name(case.facts.link(node, address));
    let fails = case.open.iter().any(|tried| is_of_kubelet(tried, node));
    if reach.unreached_by.is_empty() || !fails {
        return;
    }
    let others: Vec<_> = reach.unreached_by.iter().map(ToString::to_string).collect();
    let others = others.join(", ");
    let accusation = Accusation::new(code::INTERNAL_IP_UNREACHABLE, Certainty::Certain, [node])
        .about(Hole::Host, &address)
        .seen(format!(
            "{}'s InternalIP {address} is on {link}; frames from {others} do not arrive there",
            node.name
        ));
    let advice = format!(
        "pontoon kubeadm repair-advice --for {} writes it with an address that the others reach",
        node.name
    );
    case.accuse(accusation.advise(advice), |tried| is_of_kubelet(tried, node));
}

/// Whether a try goes to a node's kubelet or to its address.
fn is_of_kubelet(tried: &Tried, node: &Node) -> bool {
    match &tried.to {
        Target::Kubelet { node: name, .. }
        | Target::KubeletByApi { node: name }
        | Target::Sizes { node: name, .. } => *name == node.name,
        _ => false,
    }
}

/// kubelet's port of a node whose address is reached.
pub(super) fn kubelet_port(case: &mut Case<'_>) {
    for node in &case.objects.nodes {
        let is_its = |tried: &&&Tried| {
            !tried.from.is_pod
                && matches!(&tried.to, Target::Kubelet { node: name, .. } if *name == node.name)
        };
        let Some(tried) = case.open.iter().find(is_its).copied() else {
            by_api(case, node);
            continue;
        };
        let reaches = case.facts.tries(
            &tried.from.node,
            false,
            |to| matches!(to, Target::Sizes { node: name, .. } if *name == node.name),
        );
        let pings = reaches.into_iter().any(|tried| tried.outcome.works());
        let runs = case.facts.look(node).is_some_and(|look| look.runs("kubelet") || look.is_k3s());
        let (code, certainty) = match (&tried.outcome, pings, runs) {
            (Outcome::Refused, _, false) => (code::KUBELET_NOT_RUNNING, Certainty::Certain),
            (Outcome::Refused | Outcome::Prohibited, _, true) => {
                (code::FIREWALL_REJECT, Certainty::Likely)
            }
            (Outcome::Silent { .. }, true, _) => (code::FIREWALL_DROP, Certainty::Likely),
            _ => continue,
        };
        let Target::Kubelet { address, .. } = &tried.to else { continue };
        let accusation = Accusation::new(code, certainty, [node])
            .about(Hole::Host, &address)
            .about(Hole::Port, &KUBELET)
            .seen(format!("{} answers an echo, and not on port 10250", node.name));
        let accusation = match code {
            code::KUBELET_NOT_RUNNING => accusation,
            _ => accusation.advise(format!(
                "let 10250/tcp of {} pass from the other nodes: `nft list ruleset` there shows who \
                 drops it",
                node.name
            )),
        };
        case.accuse(accusation, |tried| is_of_kubelet(tried, node));
    }
}

/// The port is reached, and the API server says that it has trouble with it.
fn by_api(case: &mut Case<'_>, node: &Node) {
    let is_its = |tried: &&&Tried| matches!(&tried.to, Target::KubeletByApi { node: name } if *name == node.name);
    let Some(tried) = case.open.iter().find(is_its).copied() else { return };
    let Outcome::Wrong(text) = &tried.outcome else { return };
    let explanation = pontoon_causes::symptom::explain(text.raw().as_bytes());
    let Some(proven) = explanation.proven.first() else { return };
    let causes: Vec<_> = proven.told().map(|cause| cause.code).collect();
    let certainty = if causes.len() == 1 { Certainty::Likely } else { Certainty::Undecided };
    let none = Accusation::new(code::KUBELET_NOT_RUNNING, certainty, [node]);
    let accusation = Accusation { causes, ..none }.seen(proven.what.clone());
    case.accuse(accusation, |tried| is_of_kubelet(tried, node));
}
