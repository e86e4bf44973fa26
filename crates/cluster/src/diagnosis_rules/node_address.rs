//! The addresses that nodes registered, and kubelet's port on them.

use std::net::IpAddr;

use pontoon_causes::placeholder::PlaceholderKind;
use pontoon_diagnosis::evidence::{ClusterEvidence, NodeAddressKind};
use pontoon_diagnosis::{Certainty, CommandPlace, Remedy};
use pontoon_model::code;
use pontoon_model::shell_command;

use super::{ClusterRuleContext, ProblemDraft, TextCauses, causes_of_text, kubelet_end};
use crate::connectivity_test::{ConnectivityOutcome, ConnectivityTarget, ConnectivityTest};
use crate::objects::ClusterNode;
use crate::test_matrix::KUBELET;

/// Every node needs an `InternalIP` that is its own and that the control plane reaches.
pub(super) fn addresses(context: &mut ClusterRuleContext<'_>) {
    for node in &context.objects.nodes {
        let name = node.name.clone();
        let Some(address) = node.internal_ips.first().copied() else {
            let problem = ProblemDraft::new(code::NO_INTERNAL_IP, Certainty::Confirmed, [&name])
                .evidence(ClusterEvidence::NoInternalIp { node: name });
            context.report_problem(problem, |test| is_of_kubelet(test, node));
            continue;
        };
        let sharing =
            context.objects.nodes.iter().filter(|one| one.internal_ips.contains(&address));
        let sharing: Vec<String> = sharing.map(|one| one.name.clone()).collect();
        if sharing.len() > 1 {
            if sharing[0] == name {
                let code = code::INTERNAL_IP_OF_ANOTHER_HOST;
                let problem = ProblemDraft::new(code, Certainty::Confirmed, &sharing)
                    .about(PlaceholderKind::Host, &address)
                    .evidence(ClusterEvidence::SharedInternalIp { nodes: sharing, address });
                context.report_problem(problem, |test| is_of_kubelet(test, node));
            }
            continue;
        }
        let snapshot = context.facts.snapshot(node);
        match snapshot.filter(|_| context.facts.link(node, address).is_none()) {
            Some(snapshot) => {
                let code = code::NODE_IP_NOT_ON_HOST;
                let problem = ProblemDraft::new(code, Certainty::Confirmed, [&name])
                    .about(PlaceholderKind::Address, &address)
                    .evidence(ClusterEvidence::AddressOnNoLink {
                        node: name,
                        address_kind: NodeAddressKind::InternalIp,
                        address,
                        links: snapshot.links.iter().map(|link| link.name.clone()).collect(),
                    });
                context.report_problem(problem, |test| is_of_kubelet(test, node));
            }
            None => unreachable(context, node, address),
        }
    }
}

/// The address is the node's, and is on a network over which others do not reach it.
fn unreachable(context: &mut ClusterRuleContext<'_>, node: &ClusterNode, address: IpAddr) {
    let Some(reach) = context.facts.reach(node, address) else { return };
    let fails = context.unexplained_tests.iter().any(|test| is_of_kubelet(test, node));
    if reach.unreached_by.is_empty() || !fails {
        return;
    }
    let name = node.name.clone();
    let command = shell_command!("pontoon kubeadm repair-advice --for {}", name);
    let remedy = Remedy::command(command)
        .at(CommandPlace::ThisHost)
        .to("write the commands that give it an address which the others reach");
    let problem = ProblemDraft::new(code::INTERNAL_IP_UNREACHABLE, Certainty::Confirmed, [&name])
        .about(PlaceholderKind::Host, &address)
        .evidence(ClusterEvidence::AddressUnreached {
            node: name,
            address_kind: NodeAddressKind::InternalIp,
            address,
            link: context.facts.link(node, address).map(|link| link.name.clone()),
            unreached_by: reach.unreached_by.into_iter().collect(),
        })
        .remedy(remedy);
    context.report_problem(problem, |test| is_of_kubelet(test, node));
}

/// Whether a test goes to a node's kubelet or to its address.
fn is_of_kubelet(test: &ConnectivityTest, node: &ClusterNode) -> bool {
    match &test.to {
        ConnectivityTarget::Kubelet { node: name, .. }
        | ConnectivityTarget::KubeletByApi { node: name }
        | ConnectivityTarget::Sizes { node: name, .. } => *name == node.name,
        _ => false,
    }
}

/// kubelet's port of a node whose address is reached.
pub(super) fn kubelet_port(context: &mut ClusterRuleContext<'_>) {
    for node in &context.objects.nodes {
        let is_its = |test: &&&ConnectivityTest| {
            !test.from.is_pod
                && matches!(&test.to, ConnectivityTarget::Kubelet { node: name, .. } if *name == node.name)
        };
        let Some(test) = context.unexplained_tests.iter().find(is_its).copied() else {
            by_api(context, node);
            continue;
        };
        let answers_echo = context.works(
            &test.from.node,
            false,
            |to| matches!(to, ConnectivityTarget::Sizes { node: name, .. } if *name == node.name),
        );
        let state = context.facts.node_state(node);
        let runs = state.is_some_and(|state| state.runs("kubelet") || state.is_k3s());
        let (code, certainty) = match (&test.outcome, answers_echo, runs) {
            (ConnectivityOutcome::Refused, _, false) => {
                (code::KUBELET_NOT_RUNNING, Certainty::Confirmed)
            }
            (ConnectivityOutcome::Refused | ConnectivityOutcome::Prohibited, _, true) => {
                (code::FIREWALL_REJECT, Certainty::Likely)
            }
            (ConnectivityOutcome::Silent { .. }, true, _) => {
                (code::FIREWALL_DROP, Certainty::Likely)
            }
            _ => continue,
        };
        let ConnectivityTarget::Kubelet { address, .. } = &test.to else { continue };
        let name = node.name.clone();
        let end = kubelet_end(context, &name).filter(|_| code == code::KUBELET_NOT_RUNNING);
        let problem = match end {
            Some(TextCauses { causes, evidence }) => {
                ProblemDraft::candidates(causes, Certainty::Likely, [&name]).evidence(evidence)
            }
            None => ProblemDraft::new(code, certainty, [&name]),
        };
        let problem = problem
            .about(PlaceholderKind::Host, address)
            .about(PlaceholderKind::Port, &KUBELET)
            .evidence(ClusterEvidence::PortUnanswered { node: name, port: KUBELET, answers_echo });
        let problem =
            match code {
                code::KUBELET_NOT_RUNNING => problem,
                _ => problem.remedy(Remedy::command("nft list ruleset").at(CommandPlace::Node).to(
                    "find the rule that drops 10250/tcp, and allow the port from the other nodes",
                )),
            };
        context.report_problem(problem, |test| is_of_kubelet(test, node));
    }
}

/// The port is reached, and the API server reports trouble with it.
fn by_api(context: &mut ClusterRuleContext<'_>, node: &ClusterNode) {
    let is_its = |test: &&&ConnectivityTest| matches!(&test.to, ConnectivityTarget::KubeletByApi { node: name } if *name == node.name);
    let Some(test) = context.unexplained_tests.iter().find(is_its).copied() else { return };
    let ConnectivityOutcome::Wrong(text) = &test.outcome else { return };
    let Some(proof) = causes_of_text(text.raw(), "the API server") else { return };
    let TextCauses { causes, evidence } = proof;
    let problem =
        ProblemDraft::candidates(causes, Certainty::Likely, [&node.name]).evidence(evidence);
    context.report_problem(problem, |test| is_of_kubelet(test, node));
}
