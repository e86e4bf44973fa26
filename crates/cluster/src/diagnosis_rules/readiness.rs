//! Nodes that are not ready, and why.

use std::collections::BTreeSet;
use std::net::IpAddr;

use pontoon_causes::placeholder::PlaceholderKind;
use pontoon_diagnosis::Certainty;
use pontoon_diagnosis::evidence::ClusterEvidence;
use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::untrusted::Untrusted;

use super::{ClusterRuleContext, ProblemDraft, TextCauses, kubelet_end, test_evidence, touches};
use crate::connectivity_test::{ApiAddressSource, ConnectivityOutcome, ConnectivityTarget};
use crate::node_state::NodeState;
use crate::objects::{ClusterNode, NodeReadiness};

/// Every node has something that runs containers.
pub(super) fn runtimes(context: &mut ClusterRuleContext<'_>) {
    for node in &context.objects.nodes {
        let Some(state) = context.facts.node_state(node) else { continue };
        // Where not even kubelet is seen, programs may not be seen at all.
        if state.runs("containerd")
            || state.runs("crio")
            || state.is_k3s()
            || !state.runs("kubelet")
        {
            continue;
        }
        let own = BTreeSet::from([node.name.clone()]);
        let problem = ProblemDraft::new(code::CONTAINERD_NOT_RUNNING, Certainty::Confirmed, &own)
            .evidence(ClusterEvidence::ProgramsNotRunning {
                node: node.name.clone(),
                programs: vec!["containerd", "crio"],
            });
        context.report_problem(problem, |test| touches(test, &own) && !is_of_network(&test.to));
    }
}

/// Every node that is not ready gets its cause.
pub(super) fn nodes(context: &mut ClusterRuleContext<'_>) {
    for node in &context.objects.nodes {
        let is_explained = [code::CONTAINERD_NOT_RUNNING, code::NODE_LINK_DOWN];
        if is_explained.iter().any(|code| context.has_cause(*code, &node.name)) {
            continue;
        }
        if node.ready == NodeReadiness::Unknown && lacks_control_plane(context, node) {
            continue;
        }
        let problem = match &node.ready {
            NodeReadiness::Yes => continue,
            NodeReadiness::No(message) => not_ready(context, node, message),
            NodeReadiness::Unknown => status_unknown(context, node),
        };
        let own = BTreeSet::from([node.name.clone()]);
        context.report_problem(problem, |test| touches(test, &own) && !is_of_network(&test.to));
        // Its pods could not be made, or not be reached.
        context.unexplained_tests.retain(|test| !touches(test, &own));
    }
}

/// Whether the link of the control plane that a kubelet reports to is down.
fn lacks_control_plane(context: &ClusterRuleContext<'_>, node: &ClusterNode) -> bool {
    let servers = context.objects.nodes.iter().filter(|one| one.is_control_plane);
    let is_cut_off = |at: IpAddr| {
        servers.clone().any(|server| {
            context.has_cause(code::NODE_LINK_DOWN, &server.name)
                && server.internal_ips.contains(&at)
        })
    };
    context.fails(
        &node.name,
        false,
        |to| matches!(to, ConnectivityTarget::Api { at, .. } if is_cut_off(at.ip())),
    )
}

const fn is_of_network(target: &ConnectivityTarget) -> bool {
    matches!(target, ConnectivityTarget::Sizes { .. })
}

/// kubelet says why: most often the network plug-in.
fn not_ready(
    context: &ClusterRuleContext<'_>,
    node: &ClusterNode,
    message: &Untrusted,
) -> ProblemDraft {
    let name = node.name.clone();
    let proof = context.causes_from_texts(&name, |source| source == "the node's condition");
    let Some(TextCauses { causes, evidence }) = proof else {
        let message = message.clone();
        return ProblemDraft::unexplained([&name])
            .evidence(ClusterEvidence::NodeNotReady { node: name, message });
    };
    let is_of_plugin = causes.iter().any(|code| code.as_str().starts_with("cni-"));
    match context.facts.node_state(node).filter(|_| is_of_plugin) {
        Some(state) => {
            let files = state.cni_files.clone();
            let code = plugin_cause(context, node, state);
            ProblemDraft::new(code, Certainty::Confirmed, [&name])
                .evidence(evidence)
                .evidence(ClusterEvidence::CniConfigFiles { node: name, files })
        }
        None => ProblemDraft::candidates(causes, Certainty::Likely, [&name]).evidence(evidence),
    }
}

/// Why the network plug-in is not ready.
fn plugin_cause(
    context: &ClusterRuleContext<'_>,
    node: &ClusterNode,
    state: &NodeState,
) -> DiagnosisCode {
    let agents = ["flanneld", "calico-node", "cilium-agent"];
    let runs_here = agents.iter().any(|agent| state.runs(agent));
    let is_flannel = |one: &ClusterNode| one.flannel_ip.is_some();
    let is_anywhere =
        context.facts.node_states.values().any(|state| agents.iter().any(|one| state.runs(one)))
            || context.objects.nodes.iter().any(is_flannel)
            || context.objects.flannel_network.is_some();
    let uses_flannel =
        context.objects.nodes.iter().any(is_flannel) || context.objects.flannel_network.is_some();
    match (state.cni_files.is_empty(), runs_here, is_anywhere) {
        (true, _, false) => code::CNI_NOT_INSTALLED,
        (false, _, _) => code::CNI_CONFIG_NOT_READ,
        (true, true, true) if uses_flannel && node.pod_cidrs.is_empty() => {
            code::POD_CIDR_NOT_ASSIGNED
        }
        (true, false, true) if uses_flannel => code::FLANNEL_NOT_RUNNING,
        (true, true, true) => code::CNI_CONFIG_REMOVED,
        _ => code::CNI_NOT_READY,
    }
}

/// kubelet reports nothing: it does not run, its host is off, or it does not reach the API server.
fn status_unknown(context: &ClusterRuleContext<'_>, node: &ClusterNode) -> ProblemDraft {
    let name = node.name.clone();
    let unknown = ClusterEvidence::NodeStatusUnknown { node: name.clone() };
    let Some(state) = context.facts.node_state(node) else {
        let causes = vec![code::NODE_OFF, code::WAY_LOST, code::KUBELET_NOT_RUNNING];
        return ProblemDraft::candidates(causes, Certainty::Possible, [&name])
            .evidence(unknown)
            .evidence(ClusterEvidence::NodeNotInspected { node: name });
    };
    if !state.runs("kubelet") && !state.is_k3s() {
        let programs = vec!["kubelet"];
        let problem = match kubelet_end(context, &name) {
            Some(TextCauses { causes, evidence }) => {
                ProblemDraft::candidates(causes, Certainty::Likely, [&name]).evidence(evidence)
            }
            None => ProblemDraft::new(code::KUBELET_NOT_RUNNING, Certainty::Confirmed, [&name]),
        };
        return problem
            .evidence(unknown)
            .evidence(ClusterEvidence::ProgramsNotRunning { node: name, programs });
    }
    let of_api = |to: &ConnectivityTarget| {
        matches!(
            to,
            ConnectivityTarget::Api {
                by: ApiAddressSource::Kubelet | ApiAddressSource::Endpoint,
                ..
            }
        )
    };
    let mut tests = context.facts.tests_from(&node.name, false, of_api);
    if let Some(test) = tests.find(|test| test.outcome.fails()) {
        let code = api_server_cause(&test.outcome);
        let problem = ProblemDraft::new(code, Certainty::Likely, [&name]);
        let problem = match &test.to {
            ConnectivityTarget::Api { at, .. } => problem
                .about(PlaceholderKind::Host, &at.ip())
                .about(PlaceholderKind::Port, &at.port()),
            _ => problem,
        };
        return problem.evidence(unknown).evidence(test_evidence(test));
    }
    match context.causes_from_texts(&name, |source| source == "kubelet's log") {
        Some(TextCauses { causes, evidence }) => {
            ProblemDraft::candidates(causes, Certainty::Possible, [&name])
                .evidence(unknown)
                .evidence(evidence)
        }
        None => ProblemDraft::new(code::KUBELET_LOST_API_SERVER, Certainty::Possible, [&name])
            .evidence(unknown),
    }
}

/// Why a node does not reach the API server, by how a connection to it ended.
const fn api_server_cause(outcome: &ConnectivityOutcome) -> DiagnosisCode {
    match outcome {
        ConnectivityOutcome::NoRoute => code::NO_ROUTE_FROM_HERE,
        ConnectivityOutcome::NoNeighbour | ConnectivityOutcome::Silent { .. } => {
            code::API_ADDRESS_UNREACHABLE
        }
        ConnectivityOutcome::Prohibited => code::FIREWALL_REJECT,
        ConnectivityOutcome::Refused => code::WRONG_ENDPOINT,
        ConnectivityOutcome::Stalls { .. } => code::PATH_MTU_HOLE,
        _ => code::KUBELET_LOST_API_SERVER,
    }
}
