//! The addresses that nodes registered, and kubelet's port on them.

use pontoon_model::code;
use std::net::IpAddr;

use pontoon_causes::symptom::placeholder::PlaceholderKind;

use super::{Accusation, Certainty, ClusterRuleContext};
use crate::cluster_facts::link_name;
use crate::connectivity_test::{ConnectivityOutcome, ConnectivityTarget, ConnectivityTest};
use crate::objects::ClusterNode;
use crate::test_matrix::KUBELET;

/// Every node needs an `InternalIP` that is its own and that the control plane reaches.
pub(super) fn addresses(case: &mut ClusterRuleContext<'_>) {
    for node in &case.objects.nodes {
        let Some(address) = node.internal_ips.first().copied() else {
            let accusation = Accusation::new(code::NO_INTERNAL_IP, Certainty::Certain, [node])
                .seen(format!("the Node {} lists no InternalIP", node.name));
            case.report_problem(accusation, |tried| is_of_kubelet(tried, node));
            continue;
        };
        let twins = case.objects.nodes.iter().filter(|one| one.internal_ips.contains(&address));
        let twins: Vec<&ClusterNode> = twins.collect();
        if twins.len() > 1 {
            if twins[0].name == node.name {
                let names: Vec<_> = twins.iter().map(|twin| twin.name.as_str()).collect();
                let seen = format!("{} all have the InternalIP {address}", names.join(" and "));
                let accusation = Accusation::new(
                    code::INTERNAL_IP_OF_ANOTHER_HOST,
                    Certainty::Certain,
                    twins.iter().copied(),
                )
                .about(PlaceholderKind::Host, &address);
                case.report_problem(accusation.seen(seen), |tried| is_of_kubelet(tried, node));
            }
            continue;
        }
        if case.facts.snapshot(node).is_some() && case.facts.link(node, address).is_none() {
            let seen = format!("no link of {} has its InternalIP {address}", node.name);
            let accusation = Accusation::new(code::NODE_IP_NOT_ON_HOST, Certainty::Certain, [node])
                .about(PlaceholderKind::Address, &address);
            case.report_problem(accusation.seen(seen), |tried| is_of_kubelet(tried, node));
            continue;
        }
        unreachable(case, node, address);
    }
}

/// The address is the node's, and lies on a network over which others do not reach it.
fn unreachable(case: &mut ClusterRuleContext<'_>, node: &ClusterNode, address: IpAddr) {
    let Some(reach) = case.facts.reach(node, address) else { return };
    let link = link_name(case.facts.link(node, address));
    let fails = case.unexplained_tests.iter().any(|tried| is_of_kubelet(tried, node));
    if reach.unreached_by.is_empty() || !fails {
        return;
    }
    let others: Vec<_> = reach.unreached_by.iter().map(ToString::to_string).collect();
    let others = others.join(", ");
    let accusation = Accusation::new(code::INTERNAL_IP_UNREACHABLE, Certainty::Certain, [node])
        .about(PlaceholderKind::Host, &address)
        .seen(format!(
            "{}'s InternalIP {address} is on {link}; frames from {others} do not arrive there",
            node.name
        ));
    let advice = format!(
        "pontoon kubeadm repair-advice --for {} writes it with an address that the others reach",
        node.name
    );
    case.report_problem(accusation.advise(advice), |tried| is_of_kubelet(tried, node));
}

/// Whether a try goes to a node's kubelet or to its address.
fn is_of_kubelet(tried: &ConnectivityTest, node: &ClusterNode) -> bool {
    match &tried.to {
        ConnectivityTarget::Kubelet { node: name, .. }
        | ConnectivityTarget::KubeletByApi { node: name }
        | ConnectivityTarget::Sizes { node: name, .. } => *name == node.name,
        _ => false,
    }
}

/// kubelet's port of a node whose address is reached.
pub(super) fn kubelet_port(case: &mut ClusterRuleContext<'_>) {
    for node in &case.objects.nodes {
        let is_its = |tried: &&&ConnectivityTest| {
            !tried.from.is_pod
                && matches!(&tried.to, ConnectivityTarget::Kubelet { node: name, .. } if *name == node.name)
        };
        let Some(tried) = case.unexplained_tests.iter().find(is_its).copied() else {
            by_api(case, node);
            continue;
        };
        let reaches = case.facts.tests_from(
            &tried.from.node,
            false,
            |to| matches!(to, ConnectivityTarget::Sizes { node: name, .. } if *name == node.name),
        );
        let pings = reaches.into_iter().any(|tried| tried.outcome.works());
        let runs =
            case.facts.node_state(node).is_some_and(|look| look.runs("kubelet") || look.is_k3s());
        let (code, certainty) = match (&tried.outcome, pings, runs) {
            (ConnectivityOutcome::Refused, _, false) => {
                (code::KUBELET_NOT_RUNNING, Certainty::Certain)
            }
            (ConnectivityOutcome::Refused | ConnectivityOutcome::Prohibited, _, true) => {
                (code::FIREWALL_REJECT, Certainty::Likely)
            }
            (ConnectivityOutcome::Silent { .. }, true, _) => {
                (code::FIREWALL_DROP, Certainty::Likely)
            }
            _ => continue,
        };
        let ConnectivityTarget::Kubelet { address, .. } = &tried.to else { continue };
        let accusation = Accusation::new(code, certainty, [node])
            .about(PlaceholderKind::Host, &address)
            .about(PlaceholderKind::Port, &KUBELET)
            .seen(format!("{} answers an echo, and not on port 10250", node.name));
        let accusation = match code {
            code::KUBELET_NOT_RUNNING => accusation,
            _ => accusation.advise(format!(
                "let 10250/tcp of {} pass from the other nodes: `nft list ruleset` there shows who \
                 drops it",
                node.name
            )),
        };
        case.report_problem(accusation, |tried| is_of_kubelet(tried, node));
    }
}

/// The port is reached, and the API server says that it has trouble with it.
fn by_api(case: &mut ClusterRuleContext<'_>, node: &ClusterNode) {
    let is_its = |tried: &&&ConnectivityTest| matches!(&tried.to, ConnectivityTarget::KubeletByApi { node: name } if *name == node.name);
    let Some(tried) = case.unexplained_tests.iter().find(is_its).copied() else { return };
    let ConnectivityOutcome::Wrong(text) = &tried.outcome else { return };
    let explanation = pontoon_causes::symptom::explain(text.raw().as_bytes());
    let Some(proven) = explanation.proven.first() else { return };
    let causes: Vec<_> = proven.possible_causes().map(|cause| cause.code).collect();
    let certainty = if causes.len() == 1 { Certainty::Likely } else { Certainty::Undecided };
    let none = Accusation::new(code::KUBELET_NOT_RUNNING, certainty, [node]);
    let accusation = Accusation { causes, ..none }.seen(proven.what.clone());
    case.report_problem(accusation, |tried| is_of_kubelet(tried, node));
}
