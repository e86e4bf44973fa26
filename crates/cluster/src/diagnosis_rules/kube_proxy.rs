//! Services: kube-proxy, and the path that packets to their addresses take.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use pontoon_causes::placeholder::PlaceholderKind;
use pontoon_diagnosis::evidence::{ClusterEvidence, PodNetworkEvidence};
use pontoon_diagnosis::{Certainty, CommandPlace, Remedy};
use pontoon_model::code;
use pontoon_model::snapshot::Snapshot;

use super::{ClusterRuleContext, ProblemDraft, test_evidence};
use crate::connectivity_test::{
    ApiAddressSource, ConnectivityOutcome, ConnectivityTarget, ConnectivityTest,
};
use crate::node_state::NodeState;
use crate::objects::ClusterNode;
use crate::test_matrix::ECHO;

/// A node that reaches the API server, but not by its Service.
pub(super) fn proxies(context: &mut ClusterRuleContext<'_>) {
    for node in &context.objects.nodes {
        let mut failed: Vec<&ConnectivityTest> =
            context.unexplained_tests_from(&node.name, false).collect();
        failed.extend(context.unexplained_tests_from(&node.name, true));
        failed.retain(|test| is_service(test));
        let Some(first) = failed.first().copied() else {
            not_running(context, node);
            continue;
        };
        let (Some(state), Some(snapshot)) =
            (context.facts.node_state(node), context.facts.snapshot(node))
        else {
            continue;
        };
        let problem = proxy_problem(context, node, state)
            .or_else(|| route_problem(context, node, snapshot, first))
            .or_else(|| undecided_problem(context, node, snapshot, first));
        let Some(problem) = problem else { continue };
        let name = node.name.clone();
        context.report_problem(problem, |test| {
            let is_proxys =
                matches!(test.to, ConnectivityTarget::Api { by: ApiAddressSource::Proxy, .. });
            test.from.node == name && (is_service(test) || is_proxys)
        });
    }
}

/// Whether an answer came, if not the one that was asked for.
const fn is_refusal(outcome: &ConnectivityOutcome) -> bool {
    matches!(outcome, ConnectivityOutcome::Refused | ConnectivityOutcome::Prohibited)
}

/// The Service that a target is, if it is one.
const fn service_of(target: &ConnectivityTarget) -> Option<SocketAddr> {
    match target {
        ConnectivityTarget::Api { by: ApiAddressSource::Service, at } => Some(*at),
        ConnectivityTarget::Service { address } => Some(SocketAddr::new(*address, ECHO)),
        ConnectivityTarget::Dns { pod_on: None, server } => Some(SocketAddr::new(*server, 53)),
        _ => None,
    }
}

/// Whether a test goes to the address of a Service.
const fn is_service(test: &ConnectivityTest) -> bool {
    service_of(&test.to).is_some()
}

fn runs(state: &NodeState) -> bool {
    // Cilium and K3s can be the proxy themselves.
    state.runs("kube-proxy")
        || state.proxy_mode.is_some()
        || state.is_k3s()
        || state.runs("cilium-agent")
}

/// kube-proxy does not run on a node; where it has no pod there, why not.
fn without_program(context: &ClusterRuleContext<'_>, node: &ClusterNode) -> ProblemDraft {
    let name = node.name.clone();
    let problem = ProblemDraft::new(code::KUBE_PROXY_WITHOUT_RULES, Certainty::Confirmed, [&name]);
    let Some(selector) = &context.objects.proxy_selector else { return problem };
    if context.objects.has_proxy_pod(&name) {
        return problem;
    }
    let lacks = selector.iter().filter(|(label, value)| node.labels.get(*label) != Some(value));
    let lacks: Vec<_> = lacks.map(|(label, value)| format!("{label}={value}")).collect();
    let remedy = if lacks.is_empty() {
        Remedy::command("kubectl -n kube-system describe daemonset kube-proxy").to(
            "see why it has no pod on that node: its tolerations have to cover the node's taints",
        )
    } else {
        Remedy::command("kubectl -n kube-system edit daemonset kube-proxy")
            .to("correct its nodeSelector, or give the node the labels that it asks for")
    };
    problem
        .evidence(ClusterEvidence::NoProxyPod { node: name, lacks })
        .remedy(remedy.at(CommandPlace::Kubectl))
}

fn without_proxy(node: &ClusterNode) -> ClusterEvidence {
    ClusterEvidence::ProgramsNotRunning { node: node.name.clone(), programs: vec!["kube-proxy"] }
}

/// Nothing fails yet, but changes of Services will not arrive on the node.
fn not_running(context: &mut ClusterRuleContext<'_>, node: &ClusterNode) {
    let is_meant = context.objects.proxy.is_some();
    let state = context.facts.node_state(node);
    let Some(state) = state.filter(|state| is_meant && !runs(state)) else { return };
    let name = node.name.clone();
    let evidence = if state.programs.is_empty() {
        ClusterEvidence::NoClusterProgramRunning { node: name.clone() }
    } else {
        without_proxy(node)
    };
    let problem = without_program(context, node)
        .evidence(evidence)
        .evidence(ClusterEvidence::ServiceRulesStillApply { node: name });
    context.report_problem(problem, |_| false);
}

/// kube-proxy does not reach its API server, or does not run.
fn proxy_problem(
    context: &ClusterRuleContext<'_>,
    node: &ClusterNode,
    state: &NodeState,
) -> Option<ProblemDraft> {
    let proxy = context.objects.proxy.as_ref()?;
    let by_proxy = |to: &ConnectivityTarget| {
        matches!(to, ConnectivityTarget::Api { by: ApiAddressSource::Proxy, .. })
    };
    let failed =
        context.facts.tests_from(&node.name, false, by_proxy).find(|test| test.outcome.fails());
    if let (Some(test), Some(server)) = (failed, &proxy.server) {
        let code = code::KUBE_PROXY_SERVER_UNREACHABLE;
        return Some(
            ProblemDraft::new(code, Certainty::Confirmed, [&node.name])
                .evidence(PodNetworkEvidence::KubeProxyServer { server: server.clone() })
                .evidence(test_evidence(test)),
        );
    }
    (!runs(state)).then(|| without_program(context, node).evidence(without_proxy(node)))
}

/// The node routes the service range nowhere, or over another link than that of its address.
fn route_problem(
    context: &ClusterRuleContext<'_>,
    node: &ClusterNode,
    snapshot: &Snapshot,
    first: &ConnectivityTest,
) -> Option<ProblemDraft> {
    let services = context.objects.networks.services.first().copied()?;
    let problem = |code, certainty| {
        ProblemDraft::new(code, certainty, [&node.name]).about(PlaceholderKind::Host, &services)
    };
    let name = node.name.clone();
    if !first.from.is_pod && matches!(first.outcome, ConnectivityOutcome::NoRoute) {
        return Some(
            problem(code::NO_ROUTE_TO_SERVICE_RANGE, Certainty::Confirmed)
                .evidence(PodNetworkEvidence::NoRouteToServices { node: name, services }),
        );
    }
    let own = context.facts.link(node, *node.internal_ips.first()?)?;
    let route_link = snapshot.route_to(services)?.link.clone().filter(|link| *link != own.name)?;
    let of_service = context.facts.tests_from(&node.name, false, |to| {
        matches!(to, ConnectivityTarget::Api { by: ApiAddressSource::Service, .. })
    });
    // Where a refusal comes back, replies do.
    let mut lost = of_service.filter(|test| test.outcome.fails() && !is_refusal(&test.outcome));
    lost.next().is_some().then(|| {
        problem(code::REPLY_INTO_OTHER_NETWORK, Certainty::Likely).evidence(
            PodNetworkEvidence::ServiceRouteOnOtherLink {
                node: name,
                services,
                route_link,
                address_link: own.name.clone(),
            },
        )
    })
}

/// Only Services fail. Where the pods behind them are not reached either, Services are not to blame.
fn undecided_problem(
    context: &ClusterRuleContext<'_>,
    node: &ClusterNode,
    snapshot: &Snapshot,
    first: &ConnectivityTest,
) -> Option<ProblemDraft> {
    // What was not seen of the node's own route could be the cause.
    let services = context.objects.networks.services.first().copied()?;
    context.facts.link(node, *node.internal_ips.first()?)?;
    snapshot.route_to(services)?;
    let pods_fail =
        context.fails(&node.name, true, |to| matches!(to, ConnectivityTarget::Pod { .. }));
    let endpoint_works = context.works(&node.name, true, |to| {
        matches!(to, ConnectivityTarget::Api { by: ApiAddressSource::Endpoint, .. })
    });
    let is_forwarding = !super::forwarding::is_broken(context, &node.name);
    if pods_fail || !endpoint_works || !is_forwarding {
        return None;
    }
    let name = node.name.clone();
    let outcomes = context.facts.tests_from(&node.name, true, |_| true);
    let of_services = outcomes.filter_map(|test| Some((service_of(&test.to)?, &test.outcome)));
    let (works, fails): (Vec<_>, Vec<_>) = of_services.partition(|(_, outcome)| outcome.works());
    let working: BTreeSet<IpAddr> = works.iter().map(|(at, _)| at.ip()).collect();
    let failing = fails.iter().filter(|(_, outcome)| outcome.fails());
    let failing: BTreeSet<IpAddr> = failing.map(|(at, _)| at.ip()).collect();
    let evidence = if working.is_empty() {
        PodNetworkEvidence::OnlyServicesFail { node: name }
    } else {
        PodNetworkEvidence::SomeServicesFail { node: name, failing, working }
    };
    // kube-proxy wrote rules for the older Services; that of the test is new.
    let is_older =
        |(at, outcome): &(SocketAddr, &ConnectivityOutcome)| outcome.works() && at.port() != ECHO;
    let may_lack_rules = !works.iter().any(is_older)
        || fails.iter().all(|(at, outcome)| at.port() == ECHO || !outcome.fails());
    let filter =
        if is_refusal(&first.outcome) { code::FIREWALL_REJECT } else { code::FIREWALL_DROP };
    let mut causes = vec![filter, code::NETWORK_POLICY];
    if may_lack_rules {
        causes.insert(1, code::KUBE_PROXY_WITHOUT_RULES);
    }
    let at = service_of(&first.to)?;
    let problem = ProblemDraft::candidates(causes, Certainty::Possible, [&node.name])
        .about(PlaceholderKind::Host, &at.ip())
        .about(PlaceholderKind::Port, &at.port());
    Some(problem.evidence(evidence))
}
