//! What a node or its own programs report of it: a link that is down, a resource that is short, pods
//! of the system that are not ready.

use std::collections::BTreeSet;

use pontoon_causes::placeholder::PlaceholderKind;
use pontoon_diagnosis::Certainty;
use pontoon_diagnosis::evidence::ClusterEvidence;
use pontoon_model::code;

use super::{ClusterRuleContext, ProblemDraft, TextCauses, may_touch};
use crate::connectivity_test::{ApiAddressSource, ConnectivityTarget};
use crate::startup::is_pod_starting;

/// The link of a node's address is down: nothing to and from other nodes works, and nothing else is
/// to blame for that. A link that is down and over which nothing fails is no fault.
pub(super) fn links(context: &mut ClusterRuleContext<'_>) {
    for node in &context.objects.nodes {
        let Some(address) = node.internal_ips.first().copied() else { continue };
        let Some(link) = context.facts.link(node, address) else { continue };
        let own = BTreeSet::from([node.name.clone()]);
        // Its Service leads there as well.
        let is_its_api = |to: &ConnectivityTarget| match to {
            ConnectivityTarget::Api { by: ApiAddressSource::Service, .. } => node.is_control_plane,
            ConnectivityTarget::Api { at, .. } => at.ip() == address,
            _ => false,
        };
        let fails = context
            .unexplained_tests
            .iter()
            .any(|test| super::touches(test, &own) || is_its_api(&test.to));
        if link.is_usable() || !fails {
            continue;
        }
        let problem = ProblemDraft::new(code::NODE_LINK_DOWN, Certainty::Confirmed, &own)
            .about(PlaceholderKind::Link, &link.name)
            .evidence(ClusterEvidence::LinkDown {
                node: node.name.clone(),
                link: link.name.clone(),
                address,
                is_up: link.is_up,
            });
        context.report_problem(problem, |test| may_touch(test, &own) || is_its_api(&test.to));
    }
}

/// kubelet reports that the node is short of something.
pub(super) fn pressures(context: &mut ClusterRuleContext<'_>) {
    for node in &context.objects.nodes {
        for pressure in &node.pressures {
            let code = match pressure.condition.as_str() {
                "DiskPressure" => code::DISK_FULL,
                _ => code::NODE_SHORT_OF_RESOURCES,
            };
            let problem = ProblemDraft::new(code, Certainty::Confirmed, [&node.name]).evidence(
                ClusterEvidence::NodePressure {
                    node: node.name.clone(),
                    condition: pressure.condition.clone(),
                    message: pressure.message.clone(),
                },
            );
            context.report_problem(problem, |_| false);
        }
    }
}

/// Pods of the system that are not ready, where nothing that was found explains it.
pub(super) fn system_pods(context: &mut ClusterRuleContext<'_>) {
    let now_s = context.facts.now_s;
    for pod in &context.objects.pods {
        let is_well = pod.is_ready || pod.is_ended || is_pod_starting(pod, now_s);
        let node = pod.node.clone();
        if !pod.is_of_system()
            || is_well
            || node.as_ref().is_some_and(|node| context.has_trouble(node))
        {
            continue;
        }
        let proof = context.causes_from_texts(node.as_deref().unwrap_or_default(), |source| {
            source.ends_with(&format!(" of {}", pod.name))
        });
        let (causes, text) = match proof {
            Some(TextCauses { causes, evidence }) => (causes, Some(evidence)),
            None => (Vec::new(), None),
        };
        let mut problem = ProblemDraft::candidates(causes, Certainty::Likely, node).evidence(
            ClusterEvidence::PodNotReady {
                pod: pod.name.clone(),
                namespace: pod.namespace.clone(),
            },
        );
        problem.add_evidence(text.map(Into::into));
        context.report_problem(problem, |_| false);
    }
}
