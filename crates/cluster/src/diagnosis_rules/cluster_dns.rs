//! The cluster's DNS.

use std::collections::BTreeSet;

use pontoon_diagnosis::evidence::ClusterEvidence;
use pontoon_diagnosis::{Certainty, CommandPlace, Remedy};
use pontoon_model::code;

use super::{ClusterRuleContext, ProblemDraft};
use crate::connectivity_test::{ConnectivityOutcome, ConnectivityTarget, ConnectivityTest};
use crate::objects::Pod;
use crate::test_matrix::DNS;

/// Its pods exist, are ready, and answer as they should.
pub(super) fn servers(context: &mut ClusterRuleContext<'_>) {
    let (namespace, name) = DNS;
    if context.objects.service(namespace, name).is_none() {
        return;
    }
    if context.objects.endpoints(namespace, name).is_empty() {
        not_ready(context);
        return;
    }
    let is_bad = |test: &ConnectivityTest| {
        is_dns(test) && matches!(test.outcome, ConnectivityOutcome::Wrong(_))
    };
    if context.unexplained_tests.iter().any(|test| is_bad(test)) {
        let nodes = context.objects.dns_pods().filter_map(|pod| pod.node.clone());
        let problem = ProblemDraft::new(code::COREDNS_NOT_READY, Certainty::Possible, nodes)
            .evidence(ClusterEvidence::DnsLacksApiServerName);
        context.report_problem(problem, is_bad);
    }
}

const fn is_dns(test: &ConnectivityTest) -> bool {
    matches!(test.to, ConnectivityTarget::Dns { .. })
}

/// The Service of CoreDNS has no endpoint; the texts about its pods may say why.
fn not_ready(context: &mut ClusterRuleContext<'_>) {
    let pods: Vec<_> = context.objects.dns_pods().collect();
    let is_cut_off = |pod: &&Pod| {
        pod.node.as_ref().is_some_and(|node| context.has_cause(code::NODE_LINK_DOWN, node))
    };
    if !pods.is_empty() && pods.iter().all(is_cut_off) {
        return;
    }
    let proofs = pods.iter().filter_map(|pod| {
        let node = pod.node.clone().unwrap_or_default();
        context.causes_from_texts(&node, |source| source.contains(pod.name.as_str()))
    });
    let proof = proofs.min_by_key(|proof| proof.causes.len());
    let nodes: BTreeSet<String> = pods.iter().filter_map(|pod| pod.node.clone()).collect();
    let causes =
        proof.as_ref().map_or_else(|| vec![code::COREDNS_NOT_READY], |proof| proof.causes.clone());
    let mut problem = ProblemDraft::candidates(causes, Certainty::Confirmed, nodes)
        .evidence(ClusterEvidence::NoReadyDnsPod { pods: pods.len() });
    if pods.is_empty() {
        let command = "kubectl -n kube-system scale deployment coredns --replicas=2";
        problem = problem.remedy(Remedy::command(command).at(CommandPlace::Kubectl));
    }
    if let Some(proof) = proof {
        problem = problem.evidence(proof.evidence);
    }
    context.report_problem(problem, is_dns);
}
