//! Packets of the link's own size that vanish between two nodes, or between pods.

use pontoon_model::code;
use std::collections::BTreeSet;

use pontoon_causes::symptom::placeholder::PlaceholderKind;

use super::{Accusation, Certainty, ClusterRuleContext, touches};
use crate::cluster_facts::link_name;
use crate::connectivity_test::{
    ConnectivityOutcome, ConnectivityTarget, ConnectivityTest, LARGE_TRANSFER_BYTES,
};
use crate::objects::ClusterNode;

/// What VXLAN adds to a packet of IPv4: outer IP 20, UDP 8, VXLAN 8, inner Ethernet 14 (RFC 7348).
const VXLAN: u32 = 50;

/// Echoes of two sizes between the nodes' addresses show a hole by themselves.
pub(super) fn between_nodes(case: &mut ClusterRuleContext<'_>) {
    let holes: Vec<&ConnectivityTest> = case
        .unexplained_tests
        .iter()
        .copied()
        .filter(|tried| matches!(tried.outcome, ConnectivityOutcome::LargeLost { .. }))
        .collect();
    let mut nodes: BTreeSet<String> = BTreeSet::new();
    for tried in &holes {
        if let ConnectivityTarget::Sizes { node, .. } = &tried.to {
            nodes.extend([tried.from.node.clone(), node.clone()]);
        }
    }
    if !nodes.is_empty() {
        let of = case.objects.nodes.iter().filter(|node| nodes.contains(&node.name));
        let accusation = Accusation::new(code::PATH_MTU_HOLE, Certainty::Certain, of)
            .about(PlaceholderKind::Host, &joined(&nodes))
            .advise(format!(
            "on {}: ip link set LINK mtu 1400 (the link of the nodes' addresses; less if it must \
             be), at once and in its network configuration; the CNI's MTU follows after a restart",
            joined(&nodes)
        ));
        // The sizes first: they are the proof.
        let is_size = |tried: &ConnectivityTest| {
            matches!(tried.outcome, ConnectivityOutcome::LargeLost { .. })
        };
        case.report_problem(accusation, is_size);
        case.unexplained_tests.retain(|tried| !(is_of_size(tried) && touches(tried, &nodes)));
    }
    between_pods(case);
}

/// Whether a try fails as it does when large packets vanish.
fn is_of_size(tried: &ConnectivityTest) -> bool {
    match (&tried.to, &tried.outcome) {
        (_, ConnectivityOutcome::Stalls { .. }) => true,
        (ConnectivityTarget::KubeletByApi { .. }, ConnectivityOutcome::Wrong(text)) => {
            ["TLS handshake timeout", "Client.Timeout", "had no answer"]
                .iter()
                .any(|words| text.raw().contains(words))
        }
        _ => false,
    }
}

/// Small answers of a pod come, large ones do not, and the nodes' own packets are not lost: the
/// network of the pods claims an MTU that does not fit into the nodes'.
fn between_pods(case: &mut ClusterRuleContext<'_>) {
    let is_hole = |tried: &&&ConnectivityTest| {
        matches!(&tried.to, ConnectivityTarget::Pod { bytes: LARGE_TRANSFER_BYTES, .. })
            && matches!(tried.outcome, ConnectivityOutcome::Stalls { .. })
    };
    let stalls: Vec<&ConnectivityTest> =
        case.unexplained_tests.iter().filter(is_hole).copied().collect();
    let mut senders: BTreeSet<String> = BTreeSet::new();
    for tried in stalls {
        let ConnectivityTarget::Pod { node, .. } = &tried.to else { continue };
        let is_small = |to: &ConnectivityTarget| matches!(to, ConnectivityTarget::Pod { node: name, bytes: 0, .. } if name == node);
        if case.works(&tried.from.node, true, is_small) {
            senders.insert(node.clone());
        }
    }
    if senders.is_empty() {
        return;
    }
    let nodes: Vec<&ClusterNode> =
        case.objects.nodes.iter().filter(|node| senders.contains(&node.name)).collect();
    let sizes: Vec<String> = nodes.iter().filter_map(|node| overlay(case, node)).collect();
    let certainty = if sizes.is_empty() { Certainty::Likely } else { Certainty::Certain };
    let mut accusation = Accusation::new(code::POD_MTU_HOLE, certainty, nodes);
    accusation.seen.extend(sizes);
    case.report_problem(accusation, |tried| {
        matches!(tried.outcome, ConnectivityOutcome::Stalls { .. }) && touches(tried, &senders)
    });
}

/// That an overlay's MTU does not fit into that of the link below it.
fn overlay(case: &ClusterRuleContext<'_>, node: &ClusterNode) -> Option<String> {
    let snapshot = case.facts.snapshot(node)?;
    let below = case.facts.link(node, *node.internal_ips.first()?)?;
    let names = ["flannel.1", "vxlan.calico", "cilium_vxlan"];
    let above = snapshot.links.iter().find(|link| names.contains(&link.name.as_str()))?;
    (above.mtu + VXLAN > below.mtu).then(|| {
        format!(
            "{}: {} has MTU {}, and {} below it {}: {VXLAN} bytes more are needed",
            node.name,
            above.name,
            above.mtu,
            link_name(Some(below)),
            below.mtu
        )
    })
}

fn joined(nodes: &BTreeSet<String>) -> String {
    nodes.iter().map(String::as_str).collect::<Vec<_>>().join(" and ")
}
