//! What a node does with packets of its pods: forwards them, or drops them.

use pontoon_model::code::{self, DiagnosisCode};
use std::collections::BTreeSet;

use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;

use super::{Accusation, Certainty, ClusterRuleContext};
use crate::connectivity_test::{ApiAddressSource, ConnectivityTarget, ConnectivityTest};
use crate::node_state::{ForwardDrop, NodeState};
use crate::objects::ClusterNode;

/// Every node on which pods get nowhere beyond it, or are reached from nowhere but it.
pub(super) fn of_nodes(case: &mut ClusterRuleContext<'_>) {
    for node in &case.objects.nodes {
        let Some(snapshot) = case.facts.snapshot(node) else { continue };
        let drops =
            case.facts.node_state(node).map(|look| drops(case, node, look)).unwrap_or_default();
        let is_off = snapshot.forwarding.ipv4 == Some(false);
        let suffers = case.unexplained_tests.iter().any(|tried| is_forwarded_by(tried, node));
        if !suffers {
            continue;
        }
        // Where a pod gets out of its node, that node forwards: something else is wrong.
        if case.works(&node.name, true, |to| is_beyond(to, node)) {
            continue;
        }
        let stuck = is_stuck(case, node);
        let accusation = if is_off {
            Accusation::new(code::IP_FORWARD_OFF, Certainty::Certain, [node])
                .seen(format!("net.ipv4.ip_forward of {} is 0", node.name))
        } else if let Some(drop) = drops.first() {
            let accepts: Vec<_> = drop.accepts.iter().map(ToString::to_string).collect();
            let accepts = if accepts.is_empty() {
                "accepts nothing by address or link".to_owned()
            } else {
                format!("accepts {} only", accepts.join(", "))
            };
            Accusation::new(code::FORWARD_POLICY_DROP, Certainty::Certain, [node])
                .seen(format!(
                    "{}: chain {} of table {} drops what is forwarded, and {accepts}",
                    node.name, drop.chain, drop.table
                ))
                .advise(format!(
                    "on {}: an accept for the pods' network ({}) in that very chain, both as \
                     source and as destination; an accept in another chain does not count",
                    node.name,
                    pods(case, node).map_or_else(|| "POD_CIDR".to_owned(), |cidr| cidr.to_string())
                ))
        } else if stuck && has_policy(case, node) {
            Accusation::new(code::FORWARD_POLICY_DROP, Certainty::Likely, [node]).seen(format!(
                "{}: a chain at the forward hook drops by default; its rules could not be listed",
                node.name
            ))
        } else {
            continue;
        };
        case.report_problem(accusation, |tried| is_forwarded_by(tried, node));
    }
}

/// Whether what is asked is an address of another node, with no network of pods on the way.
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
fn is_stuck(case: &ClusterRuleContext<'_>, node: &ClusterNode) -> bool {
    let is_beyond = |to: &ConnectivityTarget| is_beyond(to, node);
    case.fails(&node.name, true, is_beyond) && case.works(&node.name, false, is_beyond)
}

/// Whether a packet of the try, or of its answer, is forwarded by a node.
fn is_forwarded_by(tried: &ConnectivityTest, node: &ClusterNode) -> bool {
    let is_own = tried.from.node == node.name;
    match &tried.to {
        ConnectivityTarget::Pod { node: to, .. }
        | ConnectivityTarget::Dns { pod_on: Some(to), .. } => {
            // What a node sends itself to its own pods is not forwarded.
            (is_own && tried.from.is_pod) || (*to == node.name && !is_own)
        }
        ConnectivityTarget::Service { .. } | ConnectivityTarget::Dns { pod_on: None, .. } => true,
        ConnectivityTarget::Api { .. } | ConnectivityTarget::Kubelet { .. } => {
            is_own && tried.from.is_pod
        }
        ConnectivityTarget::KubeletByApi { .. } | ConnectivityTarget::Sizes { .. } => false,
    }
}

/// Chains that drop the pods' packets.
fn drops<'a>(
    case: &ClusterRuleContext<'_>,
    node: &ClusterNode,
    look: &'a NodeState,
) -> Vec<&'a ForwardDrop> {
    let pods = pods(case, node);
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
    look.forward_drops.iter().filter(|drop| !drop.accepts.iter().any(lets_pods)).collect()
}

/// The network of all pods, or of the node's.
fn pods(case: &ClusterRuleContext<'_>, node: &ClusterNode) -> Option<Prefix> {
    let all = case.objects.networks.pods.iter().chain(&case.objects.flannel_network);
    all.chain(&node.pod_cidrs).find(|cidr| cidr.address.is_ipv4()).copied()
}

fn has_policy(case: &ClusterRuleContext<'_>, node: &ClusterNode) -> bool {
    let sees = case.facts.node_state(node).is_some_and(|look| look.sees_rules);
    let tables = case.facts.snapshot(node).into_iter().flat_map(|one| &one.netfilter.tables);
    let mut chains = tables.into_iter().flat_map(|table| &table.chains);
    !sees && chains.any(|chain| chain.hook.raw() == "forward" && chain.is_policy_drop)
}

/// Nodes whose forwarding was found broken.
pub(super) fn broken(case: &ClusterRuleContext<'_>) -> BTreeSet<String> {
    let is_it =
        |code: DiagnosisCode| matches!(code, code::IP_FORWARD_OFF | code::FORWARD_POLICY_DROP);
    let accused = case.accusations.iter();
    accused
        .filter(|accusation| accusation.causes.iter().any(|code| is_it(*code)))
        .flat_map(|accusation| accusation.nodes.iter().cloned())
        .collect()
}
