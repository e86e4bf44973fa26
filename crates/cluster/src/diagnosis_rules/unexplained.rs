//! What nothing explains is said as it is: a cause that is not known is not guessed.

use std::collections::BTreeSet;

use super::{Accusation, Certainty, ClusterRuleContext};
use crate::connectivity_test::ConnectivityOutcome;
use crate::objects::{ClusterNode, NodeReadiness};

/// Tells what failed and is not explained, by the node on which it was tried.
pub(super) fn unexplained(case: &mut ClusterRuleContext<'_>) {
    let nodes: BTreeSet<String> =
        case.unexplained_tests.iter().map(|tried| tried.from.node.clone()).collect();
    for node in nodes {
        let of = case.objects.nodes.iter().filter(|one| one.name == node);
        let accusation = Accusation::unexplained(of)
            .seen(format!("what failed from {node}, and fits no cause that is known:"))
            .advise("pontoon mesh HOSTS --ports worker shows which ports pass between the nodes");
        case.report_problem(accusation, |tried| tried.from.node == node);
    }
    undecided_pods(case);
    untried(case);
}

/// A ready node from whose pods nothing could be tried is not one that works.
fn untried(case: &mut ClusterRuleContext<'_>) {
    let mut silent: Vec<&ClusterNode> = Vec::new();
    for node in case.objects.nodes.iter().filter(|node| node.ready == NodeReadiness::Yes) {
        let is_accused = case
            .accusations
            .iter()
            .any(|one| one.certainty != Certainty::Warning && one.nodes.contains(&node.name));
        let mut tries = case.facts.tests_from(&node.name, true, |_| true);
        let is_tried = tries.any(|tried| !matches!(tried.outcome, ConnectivityOutcome::Untried(_)));
        if case.facts.node_state(node).is_some() && !is_accused && !is_tried {
            silent.push(node);
        }
    }
    // Where none could be made that is told already.
    let is_told = case.facts.texts.iter().any(|text| text.source == "kubectl apply");
    if silent.is_empty() || is_told {
        return;
    }
    let accusation = Accusation::unexplained(silent)
        .seen("nothing could be tried from a pod there: the test pod got no address, or pontoon could not enter its network")
        .advise("kubectl describe pod of one that was made since shows what holds it up");
    case.report_problem(accusation, |_| false);
}

/// A test pod without an address, or in which nobody could answer, was not tried.
fn undecided_pods(case: &mut ClusterRuleContext<'_>) {
    let told: Vec<_> = case
        .facts
        .texts
        .iter()
        .filter(|text| ["kubectl apply", "the test pod", "events"].contains(&text.source.as_str()))
        .collect();
    for text in told {
        let is_accused = case
            .accusations
            .iter()
            .any(|one| one.certainty != Certainty::Warning && one.nodes.contains(&text.node));
        if is_accused {
            continue;
        }
        let found = case.causes_from_texts(&text.node, |by| by == text.source);
        let mut none = Accusation::unexplained([]);
        none.nodes.insert(text.node.clone());
        let (causes, what) = found.unwrap_or_default();
        let line = text.text.lines().last().unwrap_or_default();
        let accusation = Accusation { causes, ..none };
        let accusation = if what.is_empty() { accusation } else { accusation.seen(what) };
        case.report_problem(accusation.seen(format!("{}: {line}", text.source)), |_| false);
    }
}
