//! What nothing explains is reported as it is: a cause that is not known is not guessed.

use std::collections::BTreeSet;

use pontoon_diagnosis::evidence::{ClusterEvidence, LogEvidence};
use pontoon_diagnosis::{Certainty, CommandPlace, Remedy};
use pontoon_model::untrusted::Untrusted;

use super::{ClusterRuleContext, ProblemDraft, TextCauses};
use crate::connectivity_test::ConnectivityOutcome;
use crate::objects::NodeReadiness;

/// What failed and is not explained, by the node on which it was tested.
pub(super) fn unexplained(context: &mut ClusterRuleContext<'_>) {
    let nodes: BTreeSet<String> =
        context.unexplained_tests.iter().map(|test| test.from.node.clone()).collect();
    for node in nodes {
        let known = context.objects.nodes.iter().map(|one| &one.name).filter(|one| **one == node);
        let problem = ProblemDraft::unexplained(known);
        context.report_problem(problem, |test| test.from.node == node);
    }
    undecided_pods(context);
    untested_pods(context);
}

/// A ready node from whose pods nothing could be tested is not one that works.
fn untested_pods(context: &mut ClusterRuleContext<'_>) {
    let mut silent: Vec<&str> = Vec::new();
    for node in context.objects.nodes.iter().filter(|node| node.ready == NodeReadiness::Yes) {
        let mut tests = context.facts.tests_from(&node.name, true, |_| true);
        let is_tested = tests.any(|test| !matches!(test.outcome, ConnectivityOutcome::Untried(_)));
        let is_inspected = context.facts.node_state(node).is_some();
        if is_inspected && !context.has_trouble(&node.name) && !is_tested {
            silent.push(&node.name);
        }
    }
    // Where no test pod could be made that is reported already.
    let is_reported = context.facts.texts.iter().any(|text| text.source == "kubectl apply");
    if silent.is_empty() || is_reported {
        return;
    }
    let remedy = Remedy::command("kubectl describe pod -n NAMESPACE POD")
        .at(CommandPlace::Kubectl)
        .to("see what holds up a pod that was made since on that node");
    let problem = ProblemDraft::unexplained(silent)
        .evidence(ClusterEvidence::NothingTestedFromPods)
        .remedy(remedy);
    context.report_problem(problem, |_| false);
}

/// What kubectl and the events say of test pods that have no address, or do not answer.
fn undecided_pods(context: &mut ClusterRuleContext<'_>) {
    let sources = ["kubectl apply", "the test pod", "events"];
    for text in context.facts.texts.iter().filter(|text| sources.contains(&text.source.as_str())) {
        if context.has_trouble(&text.node) {
            continue;
        }
        let proof = context.causes_from_texts(&text.node, |source| source == text.source);
        let last_line = LogEvidence::LastLine {
            source: text.source.clone(),
            text: Untrusted::new(text.text.lines().last().unwrap_or_default()),
        };
        let problem = match proof {
            Some(TextCauses { causes, evidence }) => {
                ProblemDraft::candidates(causes, Certainty::Possible, [&text.node])
                    .evidence(evidence)
            }
            None => ProblemDraft::unexplained([&text.node]),
        };
        context.report_problem(problem.evidence(last_line), |_| false);
    }
}
