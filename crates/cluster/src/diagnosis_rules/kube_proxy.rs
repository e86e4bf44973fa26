//! Services: kube-proxy, and the way that their addresses take.

use std::collections::BTreeSet;

use pontoon_causes::symptom::placeholder::PlaceholderKind;
use pontoon_model::code;
use pontoon_model::snapshot::Snapshot;

use super::{Accusation, Certainty, ClusterRuleContext};
use crate::connectivity_test::{
    ApiAddressSource, ConnectivityOutcome, ConnectivityTarget, ConnectivityTest,
};
use crate::node_state::NodeState;
use crate::objects::ClusterNode;

/// A node that reaches the API server, and not by its Service.
pub(super) fn proxies(case: &mut ClusterRuleContext<'_>) {
    for node in &case.objects.nodes {
        let is_service = |tried: &&ConnectivityTest| {
            matches!(
                tried.to,
                ConnectivityTarget::Api { by: ApiAddressSource::Service, .. }
                    | ConnectivityTarget::Service { .. }
            )
        };
        let mut failed: Vec<&ConnectivityTest> =
            case.unexplained_tests_from(&node.name, false).collect();
        failed.extend(case.unexplained_tests_from(&node.name, true));
        failed.retain(|tried| is_service(tried) || is_dns_service(tried));
        let Some(first) = failed.first().copied() else {
            not_running(case, node);
            continue;
        };
        let (Some(look), Some(snapshot)) = (case.facts.node_state(node), case.facts.snapshot(node))
        else {
            continue;
        };
        let Some(accusation) = cause(case, node, look, snapshot, first) else { continue };
        let name = node.name.clone();
        case.report_problem(accusation, |tried| {
            let is_proxys =
                matches!(tried.to, ConnectivityTarget::Api { by: ApiAddressSource::Proxy, .. });
            tried.from.node == name && (is_service(&tried) || is_dns_service(tried) || is_proxys)
        });
    }
}

const fn is_dns_service(tried: &ConnectivityTest) -> bool {
    matches!(tried.to, ConnectivityTarget::Dns { pod_on: None, .. })
}

fn runs(look: &NodeState) -> bool {
    // Cilium and K3s can be the proxy themselves.
    look.runs("kube-proxy")
        || look.proxy_mode.is_some()
        || look.is_k3s()
        || look.runs("cilium-agent")
}

/// Nothing fails yet, and nothing new would be learned.
fn not_running(case: &mut ClusterRuleContext<'_>, node: &ClusterNode) {
    let is_meant = case.objects.proxy.is_some();
    let Some(look) = case.facts.node_state(node).filter(|look| is_meant && !runs(look)) else {
        return;
    };
    let what = if look.programs.is_empty() {
        "no program of the cluster"
    } else {
        "no process kube-proxy"
    };
    let accusation = Accusation::new(code::KUBE_PROXY_WITHOUT_RULES, Certainty::Certain, [node])
        .seen(format!("{what} runs on {}; what it wrote before still stands", node.name));
    case.report_problem(accusation, |_| false);
}

fn cause(
    case: &ClusterRuleContext<'_>,
    node: &ClusterNode,
    look: &NodeState,
    snapshot: &Snapshot,
    first: &ConnectivityTest,
) -> Option<Accusation> {
    let by_proxy = |to: &ConnectivityTarget| {
        matches!(to, ConnectivityTarget::Api { by: ApiAddressSource::Proxy, .. })
    };
    let asked =
        case.facts.tests_from(&node.name, false, by_proxy).find(|tried| tried.outcome.fails());
    let server = case.objects.proxy.as_ref().and_then(|proxy| proxy.server.as_ref());
    if let (Some(tried), Some(server)) = (asked, server) {
        return Some(
            Accusation::new(code::KUBE_PROXY_SERVER_UNREACHABLE, Certainty::Certain, [node])
                .seen(format!("kube-proxy is told to ask {server}"))
                .seen(super::shown(tried)),
        );
    }
    if case.objects.proxy.is_some() && !runs(look) {
        let accusation =
            Accusation::new(code::KUBE_PROXY_WITHOUT_RULES, Certainty::Certain, [node]);
        return Some(accusation.seen(format!("no process kube-proxy runs on {}", node.name)));
    }
    let services = case.objects.networks.services.first().copied()?;
    if !first.from.is_pod && matches!(first.outcome, ConnectivityOutcome::NoRoute) {
        return Some(
            Accusation::new(code::NO_ROUTE_TO_SERVICE_RANGE, Certainty::Certain, [node])
                .about(PlaceholderKind::Host, &services)
                .seen(format!("{} has no default route, and none to {services}", node.name)),
        );
    }
    let own = case.facts.link(node, *node.internal_ips.first()?)?;
    let way = snapshot.route_to(services)?;
    let from_node = case.fails(&node.name, false, |to| {
        matches!(to, ConnectivityTarget::Api { by: ApiAddressSource::Service, .. })
    });
    if from_node && way.link.as_ref().is_some_and(|link| *link != own.name) {
        let link = way.link.as_ref().map(ToString::to_string).unwrap_or_default();
        return Some(
            Accusation::new(code::REPLY_INTO_OTHER_NETWORK, Certainty::Likely, [node])
                .about(PlaceholderKind::Host, &services)
                .seen(format!(
                    "{}: {services} is routed by {link}, and the node's address is on {}",
                    node.name, own.name
                )),
        );
    }
    // Where the pods behind it are not reached either, the Service is not to blame.
    let pods_work =
        case.facts.tests_from(&node.name, true, |to| matches!(to, ConnectivityTarget::Pod { .. }));
    let pods_fail = pods_work.into_iter().any(|tried| tried.outcome.fails());
    let ends_work = case.works(&node.name, true, |to| {
        matches!(to, ConnectivityTarget::Api { by: ApiAddressSource::Endpoint, .. })
    });
    (!pods_fail && ends_work && !super::forwarding::broken(case).contains(&node.name)).then(|| {
        let none = Accusation::new(code::KUBE_PROXY_WITHOUT_RULES, Certainty::Undecided, [node]);
        let causes = vec![code::KUBE_PROXY_WITHOUT_RULES, code::NETWORK_POLICY];
        let nodes: BTreeSet<String> = none.nodes.clone();
        Accusation { causes, nodes, ..none }.seen(format!(
            "{}: pods and the API server are reached by their own addresses, and not by Services",
            node.name
        ))
    })
}
