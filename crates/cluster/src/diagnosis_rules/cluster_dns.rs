//! The cluster's own DNS.

use pontoon_model::code;
use std::collections::BTreeSet;

use super::{Accusation, Certainty, ClusterRuleContext};
use crate::connectivity_test::{ConnectivityOutcome, ConnectivityTarget, ConnectivityTest};
use crate::test_matrix::DNS;

/// Its pods are there and ready, and answer well.
pub(super) fn servers(case: &mut ClusterRuleContext<'_>) {
    let (namespace, name) = DNS;
    if case.objects.service(namespace, name).is_none() {
        return;
    }
    let is_dns = |tried: &ConnectivityTest| matches!(tried.to, ConnectivityTarget::Dns { .. });
    if case.objects.endpoints(namespace, name).is_empty() {
        let pods: Vec<_> = case.objects.dns_pods().collect();
        let told = pods.iter().filter_map(|pod| {
            let node = pod.node.clone().unwrap_or_default();
            case.causes_from_texts(&node, |by| by.contains(pod.name.as_str()))
        });
        let told = told.min_by_key(|(causes, _)| causes.len());
        let nodes: BTreeSet<String> = pods.iter().filter_map(|pod| pod.node.clone()).collect();
        let mut accusation = Accusation::new(code::COREDNS_NOT_READY, Certainty::Certain, []);
        accusation.nodes = nodes;
        accusation = accusation.seen(match pods.len() {
            0 => "there is no pod of CoreDNS".to_owned(),
            count => format!("none of the {count} pods of CoreDNS is ready"),
        });
        if pods.is_empty() {
            accusation =
                accusation.advise("kubectl -n kube-system scale deployment coredns --replicas=2");
        }
        if let Some((causes, what)) = told {
            if causes.len() > 1 {
                accusation.certainty = Certainty::Undecided;
            }
            accusation = Accusation { causes, ..accusation }.seen(what);
        }
        case.report_problem(accusation, is_dns);
        return;
    }
    let is_bad = |tried: &&&ConnectivityTest| {
        is_dns(tried) && matches!(tried.outcome, ConnectivityOutcome::Wrong(_))
    };
    if case.unexplained_tests.iter().any(|tried| is_bad(&tried)) {
        let mut accusation = Accusation::new(code::COREDNS_NOT_READY, Certainty::Undecided, []);
        accusation.nodes = case.objects.dns_pods().filter_map(|pod| pod.node.clone()).collect();
        let accusation =
            accusation.seen("CoreDNS answers, and does not know the API server's name");
        case.report_problem(accusation, |tried| {
            is_dns(tried) && matches!(tried.outcome, ConnectivityOutcome::Wrong(_))
        });
    }
}
