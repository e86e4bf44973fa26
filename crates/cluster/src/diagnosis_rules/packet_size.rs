//! Packets as large as the link's MTU that are dropped silently between two nodes, or between pods.

use std::collections::BTreeSet;

use pontoon_causes::placeholder::PlaceholderKind;
use pontoon_diagnosis::evidence::PodNetworkEvidence;
use pontoon_diagnosis::{Certainty, CommandPlace, Remedy};
use pontoon_model::code;

use super::{ClusterRuleContext, ProblemDraft, touches};
use crate::connectivity_test::{
    ConnectivityOutcome, ConnectivityTarget, ConnectivityTest, LARGE_TRANSFER_BYTES,
};
use crate::objects::ClusterNode;

/// What VXLAN adds to a packet of IPv4: outer IP 20, UDP 8, VXLAN 8, inner Ethernet 14 (RFC 7348).
const VXLAN: u32 = 50;

/// Echo requests of two sizes between the nodes' addresses show a path-MTU black hole by
/// themselves.
pub(super) fn between_nodes(context: &mut ClusterRuleContext<'_>) {
    let is_size =
        |test: &ConnectivityTest| matches!(test.outcome, ConnectivityOutcome::LargeLost { .. });
    let mut nodes: BTreeSet<String> = BTreeSet::new();
    for test in context.unexplained_tests.iter().filter(|test| is_size(test)) {
        if let ConnectivityTarget::Sizes { node, .. } = &test.to {
            nodes.extend([test.from.node.clone(), node.clone()]);
        }
    }
    if !nodes.is_empty() {
        let names = nodes.iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
        let remedy =
            Remedy::command("ip link set LINK mtu 1400").at(CommandPlace::Node).to(format!(
                "on {names}: LINK is the link of the nodes' addresses (use less if it must be), at \
                 once and in its network configuration; the CNI's MTU follows after a restart"
            ));
        let problem = ProblemDraft::new(code::PATH_MTU_HOLE, Certainty::Confirmed, &nodes)
            .about(PlaceholderKind::Host, &names)
            .remedy(remedy);
        // The sizes first: they are the proof.
        context.report_problem(problem, is_size);
        context.unexplained_tests.retain(|test| !(is_of_size(test) && touches(test, &nodes)));
    }
    between_pods(context);
}

/// Whether a test fails as it does when large packets are dropped silently.
fn is_of_size(test: &ConnectivityTest) -> bool {
    match (&test.to, &test.outcome) {
        (_, ConnectivityOutcome::Stalls { .. }) => true,
        (ConnectivityTarget::KubeletByApi { .. }, ConnectivityOutcome::Wrong(text)) => {
            ["TLS handshake timeout", "Client.Timeout", "had no answer"]
                .iter()
                .any(|words| text.raw().contains(words))
        }
        _ => false,
    }
}

/// Small responses of a pod come, large ones do not, and the nodes' own packets are not lost: the
/// pod network has an MTU that does not fit into the nodes'.
fn between_pods(context: &mut ClusterRuleContext<'_>) {
    let mut senders: BTreeSet<String> = BTreeSet::new();
    for test in &context.unexplained_tests {
        let ConnectivityTarget::Pod { node, bytes: LARGE_TRANSFER_BYTES, .. } = &test.to else {
            continue;
        };
        let is_small = |to: &ConnectivityTarget| matches!(to, ConnectivityTarget::Pod { node: name, bytes: 0, .. } if name == node);
        if matches!(test.outcome, ConnectivityOutcome::Stalls { .. })
            && context.works(&test.from.node, true, is_small)
        {
            senders.insert(node.clone());
        }
    }
    if senders.is_empty() {
        return;
    }
    let nodes = context.objects.nodes.iter().filter(|node| senders.contains(&node.name));
    let overlays: Vec<_> = nodes.filter_map(|node| tight_overlay(context, node)).collect();
    let certainty = if overlays.is_empty() { Certainty::Likely } else { Certainty::Confirmed };
    let mut problem = ProblemDraft::new(code::POD_MTU_HOLE, certainty, &senders);
    problem.add_evidence(overlays.into_iter().map(Into::into));
    context.report_problem(problem, |test| {
        matches!(test.outcome, ConnectivityOutcome::Stalls { .. }) && touches(test, &senders)
    });
}

/// The MTU of an overlay, where it does not fit into that of the link below it.
fn tight_overlay(
    context: &ClusterRuleContext<'_>,
    node: &ClusterNode,
) -> Option<PodNetworkEvidence> {
    let snapshot = context.facts.snapshot(node)?;
    let below = context.facts.link(node, *node.internal_ips.first()?)?;
    let names = ["flannel.1", "vxlan.calico", "cilium_vxlan"];
    let overlay = snapshot.links.iter().find(|link| names.contains(&link.name.as_str()))?;
    (overlay.mtu + VXLAN > below.mtu).then(|| PodNetworkEvidence::OverlayMtuTooLarge {
        node: node.name.clone(),
        overlay: overlay.name.clone(),
        overlay_mtu: overlay.mtu,
        link: below.name.clone(),
        link_mtu: below.mtu,
        overhead: VXLAN,
    })
}
