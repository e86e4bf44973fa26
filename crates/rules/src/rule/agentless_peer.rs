//! A peer without an agent: one end is all there is to see.

use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{FrameEvidence, RoutingEvidence};
use pontoon_diagnosis::{Certainty, DiagnosisScope, DistinguishingCheck, Evidence, Remedy};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};

use super::route_lookup::owns;
use super::rule_context::RuleContext;

/// A peer answers nothing at all. Whether it is off, or the network keeps it apart, or it filters,
/// one end cannot tell.
pub(super) fn peer_unanswered(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for peer in &facts.intent.one_ended {
        for from in facts.hosts.keys() {
            found.extend(unanswered(facts, from, peer));
        }
    }
    found
}

fn unanswered(facts: &Facts, from: &HostName, peer: &HostName) -> Option<RuleMatch> {
    let of_pair = || {
        let seen = facts.observations.iter();
        seen.filter(|seen| seen.host == *from && seen.peer.as_ref() == Some(peer))
    };
    if of_pair().any(is_life) {
        return None;
    }
    let sent = |wanted: fn(&ProbeKind) -> bool| {
        of_pair().filter(|seen| seen.direction == ObservedEvent::Sent && wanted(&seen.kind)).count()
    };
    let arp_requests = sent(|kind| matches!(kind, ProbeKind::Neighbour { .. }));
    let pings = sent(|kind| matches!(kind, ProbeKind::RoutedEcho | ProbeKind::Echo));
    let tcp_connections = sent(|kind| matches!(kind, ProbeKind::Tcp { .. }));
    if arp_requests + pings + tcp_connections == 0 {
        return None;
    }
    let mut evidence: Vec<Evidence> =
        vec![FrameEvidence::PeerSilent { arp_requests, pings, tcp_connections }.into()];
    let mac = of_pair().find_map(|seen| {
        let is_arp = matches!(seen.kind, ProbeKind::Neighbour { .. })
            && seen.direction == ObservedEvent::Answered;
        seen.source_mac.filter(|_| is_arp)
    });
    evidence.extend(mac.map(|mac| FrameEvidence::ArpReply { target: peer.clone(), mac }.into()));
    evidence.extend(of_pair().find_map(|seen| {
        match &seen.answer {
            Some(ProbeAnswer::Icmp { from: router, .. }) if is_own(facts, from, *router) => Some(
                RoutingEvidence::NeighbourUnresolved { host: from.clone(), target: peer.clone() }
                    .into(),
            ),
            Some(ProbeAnswer::Icmp { kind, code, from: router }) => Some(
                RoutingEvidence::IcmpUnreachable {
                    reported_by: *router,
                    target: peer.clone(),
                    icmp_type: *kind,
                    icmp_code: *code,
                }
                .into(),
            ),
            _ => None,
        }
    }));
    let scope = DiagnosisScope { to: Some(peer.clone()), ..DiagnosisScope::host(from) };
    let agent = format!("--peer {peer} --via 'ssh {peer} pontoon agent --stdio'");
    Some(
        RuleMatch::new(scope, Certainty::Possible, evidence)
            .with_remedies([Remedy::action(format!(
                "check that {peer} is switched on and that this is its address: from one end \
                 nobody can see whether it is off, filters, or is isolated by the network"
            ))])
            .distinguished_by(DistinguishingCheck::by_fact(format!("an agent on {peer}: {agent}"))),
    )
}

fn is_own(facts: &Facts, host: &HostName, address: IpAddr) -> bool {
    facts.hosts.get(host).is_some_and(|host| owns(&host.snapshot, address))
}

/// What only the peer itself can have sent: an echo reply, a TCP answer, its own ICMP error. An
/// ARP answer is none of these.
fn is_life(seen: &Observation) -> bool {
    if seen.direction != ObservedEvent::Answered || matches!(seen.kind, ProbeKind::Neighbour { .. })
    {
        return false;
    }
    match &seen.answer {
        Some(ProbeAnswer::Reply | ProbeAnswer::Reset) => true,
        Some(ProbeAnswer::Icmp { from, .. }) => seen.address == Some(*from),
        _ => false,
    }
}
