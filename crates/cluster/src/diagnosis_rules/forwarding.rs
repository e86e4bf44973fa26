//! What a node does with packets of its pods: forwards them, or drops them.

use pontoon_diagnosis::evidence::PodNetworkEvidence;
use pontoon_diagnosis::{Certainty, CommandPlace, Remedy};
use pontoon_model::code;
use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;

use super::{ClusterRuleContext, ProblemDraft};
use crate::connectivity_test::{ApiAddressSource, ConnectivityTarget, ConnectivityTest};
use crate::node_state::{ForwardDrop, NodeState};
use crate::objects::ClusterNode;

/// Every node on which pods get nowhere beyond it, or are reached from nowhere but it.
pub(super) fn of_nodes(context: &mut ClusterRuleContext<'_>) {
    for node in &context.objects.nodes {
        if !context.unexplained_tests.iter().any(|test| is_forwarded_by(test, node)) {
            continue;
        }
        // Where a pod gets out of its node, that node forwards: something else is wrong.
        if context.works(&node.name, true, |to| is_beyond(to, node)) {
            continue;
        }
        let Some(problem) = problem(context, node) else { continue };
        context.report_problem(problem, |test| is_forwarded_by(test, node));
    }
}

fn problem(context: &ClusterRuleContext<'_>, node: &ClusterNode) -> Option<ProblemDraft> {
    let snapshot = context.facts.snapshot(node)?;
    let name = node.name.clone();
    if snapshot.forwarding.ipv4 == Some(false) {
        return Some(
            ProblemDraft::new(code::IP_FORWARD_OFF, Certainty::Confirmed, [&name])
                .evidence(PodNetworkEvidence::ForwardingOff { node: name }),
        );
    }
    let state = context.facts.node_state(node);
    if let Some(drop) = state.and_then(|state| dropping_chain(context, node, state)) {
        let pods = pod_network(context, node)
            .map_or_else(|| "POD_CIDR".to_owned(), |cidr| cidr.to_string());
        let remedy = Remedy::action(format!(
            "in that very chain accept the pods' network ({pods}) both as source and as \
             destination; an accept in another chain does not count"
        ));
        return Some(
            ProblemDraft::new(code::FORWARD_POLICY_DROP, Certainty::Confirmed, [&name])
                .evidence(PodNetworkEvidence::ForwardChainDrops {
                    node: name,
                    table: drop.table.clone(),
                    chain: drop.chain.clone(),
                    accepts: drop.accepts.clone(),
                })
                .remedy(remedy.at(CommandPlace::Node)),
        );
    }
    (is_stuck(context, node) && has_unlisted_policy(context, node)).then(|| {
        ProblemDraft::new(code::FORWARD_POLICY_DROP, Certainty::Likely, [&name])
            .evidence(PodNetworkEvidence::ForwardPolicyDropUnlisted { node: name })
    })
}

/// Whether a target is an address of another node, with no pod network on the path.
fn is_beyond(target: &ConnectivityTarget, node: &ClusterNode) -> bool {
    match target {
        ConnectivityTarget::Kubelet { .. } => true,
        ConnectivityTarget::Api { at, by: ApiAddressSource::Endpoint } => {
            !node.internal_ips.contains(&at.ip())
        }
        _ => false,
    }
}

/// Pods get no further than their own node, which itself gets through.
fn is_stuck(context: &ClusterRuleContext<'_>, node: &ClusterNode) -> bool {
    let is_beyond = |to: &ConnectivityTarget| is_beyond(to, node);
    context.fails(&node.name, true, is_beyond) && context.works(&node.name, false, is_beyond)
}

/// Whether a packet of the test, or of its response, is forwarded by a node.
fn is_forwarded_by(test: &ConnectivityTest, node: &ClusterNode) -> bool {
    let is_own = test.from.node == node.name;
    match &test.to {
        ConnectivityTarget::Pod { node: to, .. }
        | ConnectivityTarget::Dns { pod_on: Some(to), .. } => {
            // What a node sends itself to its own pods is not forwarded.
            (is_own && test.from.is_pod) || (*to == node.name && !is_own)
        }
        ConnectivityTarget::Service { .. } | ConnectivityTarget::Dns { pod_on: None, .. } => true,
        ConnectivityTarget::Api { .. } | ConnectivityTarget::Kubelet { .. } => {
            is_own && test.from.is_pod
        }
        ConnectivityTarget::KubeletByApi { .. } | ConnectivityTarget::Sizes { .. } => false,
    }
}

/// The first chain that drops the pods' packets.
fn dropping_chain<'a>(
    context: &ClusterRuleContext<'_>,
    node: &ClusterNode,
    state: &'a NodeState,
) -> Option<&'a ForwardDrop> {
    let pods = pod_network(context, node);
    let lets_pods = |of: &Untrusted| {
        let of = of.raw();
        let is_link = ["cni0", "flannel", "cali", "cilium", "lxc", "veth"]
            .iter()
            .any(|name| of.starts_with(name));
        let is_network = of.parse::<Prefix>().is_ok_and(|accepted| {
            pods.is_none_or(|pods| {
                accepted.length <= pods.length && accepted.contains(pods.address)
            })
        });
        of == "everything" || is_link || is_network
    };
    state.forward_drops.iter().find(|drop| !drop.accepts.iter().any(lets_pods))
}

/// The network of all pods, or of the node's.
fn pod_network(context: &ClusterRuleContext<'_>, node: &ClusterNode) -> Option<Prefix> {
    let all = context.objects.networks.pods.iter().chain(&context.objects.flannel_network);
    all.chain(&node.pod_cidrs).find(|cidr| cidr.address.is_ipv4()).copied()
}

fn has_unlisted_policy(context: &ClusterRuleContext<'_>, node: &ClusterNode) -> bool {
    let sees = context.facts.node_state(node).is_some_and(|state| state.sees_rules);
    let tables = context.facts.snapshot(node).into_iter().flat_map(|one| &one.netfilter.tables);
    let mut chains = tables.into_iter().flat_map(|table| &table.chains);
    !sees && chains.any(|chain| chain.hook.raw() == "forward" && chain.is_policy_drop)
}

/// Whether a node's forwarding was found broken.
pub(super) fn is_broken(context: &ClusterRuleContext<'_>, node: &str) -> bool {
    [code::IP_FORWARD_OFF, code::FORWARD_POLICY_DROP]
        .into_iter()
        .any(|code| context.has_cause(code, node))
}
