//! Packets of the link's own size that vanish between two nodes, or between pods.

use pontoon_model::code;
use std::collections::BTreeSet;

use pontoon_causes::symptom::hole::Hole;

use super::{Accusation, Case, Certainty, touches};
use crate::facts::link_name;
use crate::objects::Node;
use crate::trial::{MANY, Outcome, Target, Tried};

/// What VXLAN adds to a packet of IPv4: outer IP 20, UDP 8, VXLAN 8, inner Ethernet 14 (RFC 7348).
const VXLAN: u32 = 50;

/// Echoes of two sizes between the nodes' addresses show a hole by themselves.
pub(super) fn between_nodes(case: &mut Case<'_>) {
    let holes: Vec<&Tried> = case
        .open
        .iter()
        .copied()
        .filter(|tried| matches!(tried.outcome, Outcome::LargeLost { .. }))
        .collect();
    let mut nodes: BTreeSet<String> = BTreeSet::new();
    for tried in &holes {
        if let Target::Sizes { node, .. } = &tried.to {
            nodes.extend([tried.from.node.clone(), node.clone()]);
        }
    }
    if !nodes.is_empty() {
        let of = case.objects.nodes.iter().filter(|node| nodes.contains(&node.name));
        let accusation = Accusation::new(code::PATH_MTU_HOLE, Certainty::Certain, of)
            .about(Hole::Host, &joined(&nodes))
            .advise(format!(
            "on {}: ip link set LINK mtu 1400 (the link of the nodes' addresses; less if it must \
             be), at once and in its network configuration; the CNI's MTU follows after a restart",
            joined(&nodes)
        ));
        // The sizes first: they are the proof.
        let is_size = |tried: &Tried| matches!(tried.outcome, Outcome::LargeLost { .. });
        case.accuse(accusation, is_size);
        case.open.retain(|tried| !(is_of_size(tried) && touches(tried, &nodes)));
    }
    between_pods(case);
}

/// Whether a try fails as it does when large packets vanish.
fn is_of_size(tried: &Tried) -> bool {
    match (&tried.to, &tried.outcome) {
        (_, Outcome::Stalls { .. }) => true,
        (Target::KubeletByApi { .. }, Outcome::Wrong(text)) => {
            ["TLS handshake timeout", "Client.Timeout", "had no answer"]
                .iter()
                .any(|words| text.raw().contains(words))
        }
        _ => false,
    }
}

/// Small answers of a pod come, large ones do not, and the nodes' own packets are not lost: the
/// network of the pods claims an MTU that does not fit into the nodes'.
fn between_pods(case: &mut Case<'_>) {
    let is_hole = |tried: &&&Tried| {
        matches!(&tried.to, Target::Pod { bytes: MANY, .. })
            && matches!(tried.outcome, Outcome::Stalls { .. })
    };
    let stalls: Vec<&Tried> = case.open.iter().filter(is_hole).copied().collect();
    let mut senders: BTreeSet<String> = BTreeSet::new();
    for tried in stalls {
        let Target::Pod { node, .. } = &tried.to else { continue };
        let is_small =
            |to: &Target| matches!(to, Target::Pod { node: name, bytes: 0, .. } if name == node);
        if case.works(&tried.from.node, true, is_small) {
            senders.insert(node.clone());
        }
    }
    if senders.is_empty() {
        return;
    }
    let nodes: Vec<&Node> =
        case.objects.nodes.iter().filter(|node| senders.contains(&node.name)).collect();
    let sizes: Vec<String> = nodes.iter().filter_map(|node| overlay(case, node)).collect();
    let certainty = if sizes.is_empty() { Certainty::Likely } else { Certainty::Certain };
    let mut accusation = Accusation::new(code::POD_MTU_HOLE, certainty, nodes);
    accusation.seen.extend(sizes);
    case.accuse(accusation, |tried| {
        matches!(tried.outcome, Outcome::Stalls { .. }) && touches(tried, &senders)
    });
}

/// That an overlay's MTU does not fit into that of the link below it.
fn overlay(case: &Case<'_>, node: &Node) -> Option<String> {
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
