//! The API server: that it runs, and that its address is one which nodes reach.

use pontoon_model::code::{self, DiagnosisCode};
use std::collections::BTreeSet;
use std::net::IpAddr;

use pontoon_causes::symptom::explain;
use pontoon_causes::symptom::placeholder::PlaceholderKind;

use super::{Accusation, Certainty, ClusterRuleContext};
use crate::connectivity_test::{
    ApiAddressSource, ConnectivityOutcome, ConnectivityTarget, ConnectivityTest,
};

/// Nothing is known of a cluster whose API server says nothing; its host says why.
pub(super) fn server(case: &mut ClusterRuleContext<'_>) {
    let Err(why) = &case.facts.objects else { return };
    let Some(host) = &case.facts.control_plane else { return };
    let look = case.facts.node_states.get(host).cloned().unwrap_or_default();
    let causes: &[DiagnosisCode] = if !look.runs("containerd") && !look.runs("crio") {
        &[code::CONTAINERD_NOT_RUNNING]
    } else if look.is_k3s() || look.runs("kube-apiserver") {
        &[]
    } else if !look.runs("kubelet") {
        &[code::KUBELET_NOT_RUNNING]
    } else if !look.runs("etcd") {
        &[code::ETCD_NOT_RUNNING]
    } else {
        &[code::API_SERVER_NOT_RUNNING]
    };
    let mut accusation = if let [code] = causes {
        Accusation::new(*code, Certainty::Certain, [])
    } else {
        let explanation = explain(why.raw().as_bytes());
        let told =
            explanation.proven.first().map(|proven| proven.possible_causes().map(|one| one.code));
        let causes: Vec<_> = told.into_iter().flatten().collect();
        let none = Accusation::new(code::API_SERVER_NOT_RUNNING, Certainty::Undecided, []);
        Accusation { causes, ..none }
    };
    accusation.nodes = BTreeSet::from([host.to_string()]);
    let accusation = accusation
        .about(PlaceholderKind::Host, &host)
        .seen(format!("kubectl on {host}: {}", last_line(why.raw())));
    case.report_problem(accusation, |_| true);
}

/// kubectl says the same several times, and the last time in words for people.
fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// The Service kubernetes leads to the address that the API server advertises, which every node
/// and, through it, every pod has to reach.
pub(super) fn endpoint(case: &mut ClusterRuleContext<'_>) {
    let ends: BTreeSet<IpAddr> = case
        .unexplained_tests
        .iter()
        .filter_map(|tried| match (&tried.to, tried.from.is_pod) {
            (ConnectivityTarget::Api { at, by: ApiAddressSource::Endpoint }, false)
                if is_unreached(&tried.outcome) =>
            {
                Some(at.ip())
            }
            _ => None,
        })
        .collect();
    for end in ends {
        let is_end = |tried: &&&ConnectivityTest| {
            !tried.from.is_pod
                && is_unreached(&tried.outcome)
                && matches!(&tried.to, ConnectivityTarget::Api { at, by: ApiAddressSource::Endpoint } if at.ip() == end)
        };
        let from: BTreeSet<String> = case
            .unexplained_tests
            .iter()
            .filter(is_end)
            .map(|tried| tried.from.node.clone())
            .collect();
        let others_work = |tried: &ConnectivityTest| {
            tried.outcome.works()
                && matches!(&tried.to, ConnectivityTarget::Api { at, by: ApiAddressSource::Kubelet } if at.ip() != end)
        };
        // A node that reaches the API server nowhere is another matter: its own way is broken.
        let has_other_way = case.facts.connectivity_tests.iter().any(|tried| {
            from.contains(&tried.from.node) && !tried.from.is_pod && others_work(tried)
        });
        let is_isolated = case.objects.nodes.iter().any(|node| {
            let reach = case.facts.reach(node, end);
            case.facts.link(node, end).is_some()
                && reach.is_some_and(|reach| !reach.unreached_by.is_empty())
        });
        if !has_other_way && !is_isolated {
            continue;
        }
        let nodes = case.objects.nodes.iter().filter(|node| from.contains(&node.name));
        let certainty = if is_isolated { Certainty::Certain } else { Certainty::Likely };
        let accusation = Accusation::new(code::API_SERVICE_LEADS_NOWHERE, certainty, nodes)
            .about(PlaceholderKind::Host, &"the Service kubernetes")
            .seen(format!("the API server advertises {end}"))
            .advise(
                "pontoon kubeadm repair-advice --for CONTROL_PLANE writes what moves it to an \
                 address that all nodes reach",
            );
        case.report_problem(accusation, |tried| {
            let is_api = match &tried.to {
                ConnectivityTarget::Api { at, by } => {
                    at.ip() == end || *by == ApiAddressSource::Service
                }
                _ => false,
            };
            is_api && from.contains(&tried.from.node)
        });
    }
}

/// Whether not even a connection stood.
const fn is_unreached(outcome: &ConnectivityOutcome) -> bool {
    matches!(
        outcome,
        ConnectivityOutcome::NoNeighbour
            | ConnectivityOutcome::NoRoute
            | ConnectivityOutcome::Silent { .. }
            | ConnectivityOutcome::Prohibited
    )
}
