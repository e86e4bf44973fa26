//! The API server: that it runs, and that its address is one which nodes reach.

use std::collections::BTreeSet;
use std::net::IpAddr;

use pontoon_causes::placeholder::PlaceholderKind;
use pontoon_diagnosis::evidence::ClusterEvidence;
use pontoon_diagnosis::{Certainty, CommandPlace, Remedy};
use pontoon_model::code;
use pontoon_model::untrusted::Untrusted;

use super::{ClusterRuleContext, ProblemDraft, causes_of_text};
use crate::connectivity_test::{
    ApiAddressSource, ConnectivityOutcome, ConnectivityTarget, ConnectivityTest,
};

/// Nothing is known of a cluster whose API server does not answer; the host it should run on shows
/// why.
pub(super) fn server(context: &mut ClusterRuleContext<'_>) {
    let Err(error) = &context.facts.objects else { return };
    let Some(host) = &context.facts.control_plane else { return };
    let state = context.facts.node_states.get(host).cloned().unwrap_or_default();
    let missing = if !state.runs("containerd") && !state.runs("crio") {
        Some(code::CONTAINERD_NOT_RUNNING)
    } else if state.is_k3s() || state.runs("kube-apiserver") {
        None
    } else if !state.runs("kubelet") {
        Some(code::KUBELET_NOT_RUNNING)
    } else if !state.runs("etcd") {
        Some(code::ETCD_NOT_RUNNING)
    } else {
        Some(code::API_SERVER_NOT_RUNNING)
    };
    let gone = state.advertised.filter(|address| !state.addresses.contains(address));
    let problem = if let Some(address) = gone.filter(|_| state.runs("containerd")) {
        let code = code::ADVERTISE_ADDRESS_NOT_ON_HOST;
        let host = host.clone();
        let restore = Remedy::action(
            "give the host this address again: certificates, etcd and the kubeconfigs refer to it",
        )
        .at(CommandPlace::ControlPlane);
        let move_on = Remedy::command("pontoon kubeadm repair-advice --for CONTROL_PLANE")
            .at(CommandPlace::ThisHost)
            .to("write the commands that move the API server to an address which the host has");
        ProblemDraft::new(code, Certainty::Likely, [&host])
            .about(PlaceholderKind::Host, &address)
            .evidence(ClusterEvidence::AdvertisedAddressNotOnHost { host, address })
            .remedy(restore)
            .remedy(move_on)
    } else if let Some(code) = missing {
        ProblemDraft::new(code, Certainty::Confirmed, [host])
    } else {
        let proof = causes_of_text(error.raw(), "kubectl");
        let causes = proof.map(|proof| proof.causes).unwrap_or_default();
        ProblemDraft::candidates(causes, Certainty::Possible, [host])
    };
    let problem =
        problem.about(PlaceholderKind::Host, &host).evidence(ClusterEvidence::KubectlFailed {
            host: host.clone(),
            error: last_line(error.raw()),
        });
    context.report_problem(problem, |_| true);
}

/// kubectl says the same several times, and the last time in words for people.
fn last_line(text: &str) -> Untrusted {
    Untrusted::new(text.lines().last().unwrap_or_default())
}

/// The Service kubernetes leads to the address that the API server advertises, which every node
/// and, through it, every pod has to reach.
pub(super) fn endpoint(context: &mut ClusterRuleContext<'_>) {
    let unreached = context.unexplained_tests.iter().filter_map(|test| unreached_endpoint(test));
    let addresses: BTreeSet<IpAddr> = unreached.collect();
    for address in addresses {
        let failed = context.unexplained_tests.iter();
        let from: BTreeSet<String> = failed
            .filter(|test| unreached_endpoint(test) == Some(address))
            .map(|test| test.from.node.clone())
            .collect();
        let is_other = |test: &ConnectivityTest| matches!(&test.to, ConnectivityTarget::Api { at, by: ApiAddressSource::Kubelet } if at.ip() != address);
        // A node that reaches the API server nowhere is another matter: its own path is broken.
        let has_other_way = context.facts.connectivity_tests.iter().any(|test| {
            from.contains(&test.from.node)
                && !test.from.is_pod
                && test.outcome.works()
                && is_other(test)
        });
        let is_isolated = context.objects.nodes.iter().any(|node| {
            let reach = context.facts.reach(node, address);
            context.facts.link(node, address).is_some()
                && reach.is_some_and(|reach| !reach.unreached_by.is_empty())
        });
        if !has_other_way && !is_isolated {
            continue;
        }
        let certainty = if is_isolated { Certainty::Confirmed } else { Certainty::Likely };
        let remedy = Remedy::command("pontoon kubeadm repair-advice --for CONTROL_PLANE")
            .at(CommandPlace::ThisHost)
            .to("write the commands that move it to an address which all nodes reach");
        let problem = ProblemDraft::new(code::API_SERVICE_LEADS_NOWHERE, certainty, &from)
            .about(PlaceholderKind::Host, &"the Service kubernetes")
            .evidence(ClusterEvidence::AdvertisedAddress { address })
            .remedy(remedy);
        context.report_problem(problem, |test| {
            let is_api = match &test.to {
                ConnectivityTarget::Api { at, by } => {
                    at.ip() == address || *by == ApiAddressSource::Service
                }
                _ => false,
            };
            is_api && from.contains(&test.from.node)
        });
    }
}

/// The advertised address, where a node (and not a pod of it) could not even connect to it.
fn unreached_endpoint(test: &ConnectivityTest) -> Option<IpAddr> {
    match &test.to {
        ConnectivityTarget::Api { at, by: ApiAddressSource::Endpoint }
            if !test.from.is_pod && is_unreached(&test.outcome) =>
        {
            Some(at.ip())
        }
        _ => None,
    }
}

/// Whether not even a connection was established.
const fn is_unreached(outcome: &ConnectivityOutcome) -> bool {
    matches!(
        outcome,
        ConnectivityOutcome::NoNeighbour
            | ConnectivityOutcome::NoRoute
            | ConnectivityOutcome::Silent { .. }
            | ConnectivityOutcome::Prohibited
    )
}
