//! Which causes follow from what was observed.
//!
//! The rules go from the ground up: API server, nodes, packet sizes, network plug-in, forwarding,
//! Services, DNS. Each takes the failed tests that its cause explains, so that what is left for a
//! later rule, or at the end, is what was not explained yet.

mod problem_draft;
mod api_server;
mod cluster_dns;
mod forwarding;
mod network_plugin;
mod node_address;
mod node_trouble;
mod cidr_overlap;
mod packet_size;
mod readiness;
mod unexplained;
mod kube_proxy;

use std::collections::BTreeSet;

use pontoon_causes::symptom::explain;
use pontoon_diagnosis::evidence::{ClusterEvidence, LogEvidence};
use pontoon_diagnosis::{Certainty, Diagnosis, Evidence, Severity};
use pontoon_model::code::{self, DiagnosisCode};

use crate::cluster_facts::{ClusterFacts, CollectedText};
use crate::connectivity_test::{ConnectivityTarget, ConnectivityTest};
use crate::objects::ClusterObjects;
use problem_draft::ProblemDraft;

/// Diagnoses a cluster: what is wrong, the ground first. Several causes of one problem stand beside
/// each other, as alternatives.
#[must_use]
pub fn diagnose_cluster(facts: &ClusterFacts) -> Vec<Diagnosis> {
    let mut context = ClusterRuleContext::of(facts);
    let rules: [fn(&mut ClusterRuleContext<'_>); 16] = [
        api_server::server,
        node_trouble::links,
        node_address::addresses,
        cidr_overlap::networks,
        api_server::endpoint,
        packet_size::between_nodes,
        node_trouble::pressures,
        readiness::runtimes,
        readiness::nodes,
        node_address::kubelet_port,
        network_plugin::flannel,
        forwarding::of_nodes,
        cluster_dns::servers,
        kube_proxy::proxies,
        node_trouble::system_pods,
        unexplained::unexplained,
    ];
    for rule in rules {
        rule(&mut context);
    }
    context.diagnoses
}

/// The facts, what the rules found so far, and what is left for the next ones.
struct ClusterRuleContext<'a> {
    facts: &'a ClusterFacts,
    objects: &'a ClusterObjects,
    /// Failed tests that nothing explains yet.
    unexplained_tests: Vec<&'a ConnectivityTest>,
    diagnoses: Vec<Diagnosis>,
}

/// Causes that a text leaves, and what it proves.
struct TextCauses {
    causes: Vec<DiagnosisCode>,
    evidence: LogEvidence,
}

impl<'a> ClusterRuleContext<'a> {
    fn of(facts: &'a ClusterFacts) -> Self {
        static NONE: ClusterObjects = ClusterObjects::NONE;
        let failed = facts.connectivity_tests.iter().filter(|test| test.outcome.fails());
        Self {
            facts,
            objects: facts.objects().unwrap_or(&NONE),
            unexplained_tests: failed.collect(),
            diagnoses: Vec::new(),
        }
    }

    /// Reports a problem, and takes the tests that it explains; the first are its evidence.
    fn report_problem(
        &mut self,
        mut problem: ProblemDraft,
        explains: impl Fn(&ConnectivityTest) -> bool,
    ) {
        /// More examples prove no more.
        const EXAMPLES: usize = 3;
        let (explained, open): (Vec<_>, Vec<_>) =
            self.unexplained_tests.iter().copied().partition(|test| explains(test));
        self.unexplained_tests = open;
        problem.add_evidence(explained.iter().take(EXAMPLES).map(|test| test_evidence(test)));
        if let count @ 1.. = explained.len().saturating_sub(EXAMPLES) {
            problem.add_evidence([ClusterEvidence::FurtherTestsFailed { count }.into()]);
        }
        self.diagnoses.extend(problem.diagnoses());
    }

    /// Whether a cause was found at a node.
    fn has_cause(&self, code: DiagnosisCode, node: &str) -> bool {
        self.diagnoses.iter().any(|one| one.code == code && one.scope.nodes.contains(node))
    }

    /// Whether something was found at a node that keeps the cluster from working there.
    fn has_trouble(&self, node: &str) -> bool {
        // A warning that is confirmed concerns other networks than the cluster's own.
        let is_trouble = |one: &Diagnosis| {
            one.severity == Severity::Error || one.certainty != Certainty::Confirmed
        };
        self.diagnoses.iter().any(|one| is_trouble(one) && one.scope.nodes.contains(node))
    }

    /// The open tests from a node or its pod.
    fn unexplained_tests_from<'b>(
        &'b self,
        node: &'b str,
        is_pod: bool,
    ) -> impl Iterator<Item = &'a ConnectivityTest> + 'b {
        let is_its =
            move |test: &&&ConnectivityTest| test.from.node == node && test.from.is_pod == is_pod;
        self.unexplained_tests.iter().filter(is_its).copied()
    }

    /// Whether a test was run and works.
    fn works(
        &self,
        node: &str,
        is_pod: bool,
        is_meant: impl Fn(&ConnectivityTarget) -> bool,
    ) -> bool {
        self.facts.tests_from(node, is_pod, is_meant).any(|test| test.outcome.works())
    }

    /// Whether a test was run and fails.
    fn fails(
        &self,
        node: &str,
        is_pod: bool,
        is_meant: impl Fn(&ConnectivityTarget) -> bool,
    ) -> bool {
        self.facts.tests_from(node, is_pod, is_meant).any(|test| test.outcome.fails())
    }

    /// What the texts about a node prove; the proof that leaves the fewest causes.
    fn causes_from_texts(&self, node: &str, is_meant: impl Fn(&str) -> bool) -> Option<TextCauses> {
        let texts =
            self.facts.texts.iter().filter(|text| text.node == node && is_meant(&text.source));
        let proofs = texts.filter_map(|text| causes_of_text(&text.text, &text.source));
        proofs.min_by_key(|proof| proof.causes.len())
    }
}

/// What ends kubelet at its start, and is named in its log.
const ENDS_KUBELET: [DiagnosisCode; 8] = [
    code::KUBELET_CERTIFICATE_EXPIRED,
    code::CERTIFICATE_EXPIRED,
    code::SWAP_ON,
    code::CGROUP_V1,
    code::CGROUP_CONTROLLER_MISSING,
    code::CGROUP_DRIVER_MISMATCH,
    code::CRI_SOCKET_MISSING,
    code::FLAG_UNKNOWN,
];

/// Why kubelet ended, by the log that it left; none: it was stopped, or the log does not say.
fn kubelet_end(context: &ClusterRuleContext<'_>, node: &str) -> Option<TextCauses> {
    let is_log = |text: &&CollectedText| text.node == node && text.source == "kubelet's log";
    let log = &context.facts.texts.iter().find(is_log)?.text;
    // systemd says so of a stop that was asked for, and not of a restart of its own.
    let stopped = log.lines().enumerate().filter(|(_, line)| line.starts_with("Stopping kubelet"));
    let stopped = stopped.last().map_or(0, |(at, _)| at + 1);
    let explanation = explain(log.as_bytes());
    let later = explanation.symptoms.iter().filter(|symptom| symptom.line > stopped);
    let proofs = later.filter_map(|symptom| {
        let causes: Vec<_> = explanation.diagnoses_of(symptom).map(|one| one.code).collect();
        let evidence = LogEvidence::TextProves {
            what: symptom.what.clone(),
            source: Some("kubelet's log".to_owned()),
            line: symptom.line,
            times: symptom.times,
        };
        let is_end = causes.iter().any(|code| ENDS_KUBELET.contains(code));
        is_end.then_some(TextCauses { causes, evidence })
    });
    proofs.min_by_key(|proof| proof.causes.len())
}

/// The causes of the first thing that a text proves; none: nothing in it is recognised.
fn causes_of_text(text: &str, source: &str) -> Option<TextCauses> {
    let explanation = explain(text.as_bytes());
    let first = explanation.symptoms.first()?;
    let causes: Vec<_> = explanation.diagnoses_of(first).map(|one| one.code).collect();
    let evidence = LogEvidence::TextProves {
        what: first.what.clone(),
        source: Some(source.to_owned()),
        line: first.line,
        times: first.times,
    };
    (!causes.is_empty()).then_some(TextCauses { causes, evidence })
}

fn test_evidence(test: &ConnectivityTest) -> Evidence {
    ClusterEvidence::ConnectivityTest(test.clone()).into()
}

/// Whether a test needs pods of other nodes: it goes to one, or to a Service before several.
fn crosses_nodes(test: &ConnectivityTest) -> bool {
    match &test.to {
        ConnectivityTarget::Service { .. } | ConnectivityTarget::Dns { pod_on: None, .. } => true,
        ConnectivityTarget::Pod { node, .. }
        | ConnectivityTarget::Dns { pod_on: Some(node), .. } => *node != test.from.node,
        _ => false,
    }
}

/// Whether a test may have gone to one of these nodes: of a Service before several pods that is not
/// known.
fn may_touch(test: &ConnectivityTest, nodes: &BTreeSet<String>) -> bool {
    let is_before_several = matches!(
        test.to,
        ConnectivityTarget::Service { .. } | ConnectivityTarget::Dns { pod_on: None, .. }
    );
    is_before_several || touches(test, nodes)
}

/// Whether a test begins or ends at one of these nodes.
fn touches(test: &ConnectivityTest, nodes: &BTreeSet<String>) -> bool {
    let to = match &test.to {
        ConnectivityTarget::Kubelet { node, .. }
        | ConnectivityTarget::KubeletByApi { node }
        | ConnectivityTarget::Sizes { node, .. }
        | ConnectivityTarget::Pod { node, .. }
        | ConnectivityTarget::Dns { pod_on: Some(node), .. } => Some(node),
        ConnectivityTarget::Api { .. }
        | ConnectivityTarget::Service { .. }
        | ConnectivityTarget::Dns { pod_on: None, .. } => None,
    };
    nodes.contains(&test.from.node) || to.is_some_and(|node| nodes.contains(node))
}

#[cfg(test)]
mod tests;
