//! A peer without an agent: one end is all there is to see.

use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_model::facts::Facts;
use pontoon_model::finding::{DiagnosisScope, Level};
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
    let arps = sent(|kind| matches!(kind, ProbeKind::Neighbour { .. }));
    let pings = sent(|kind| matches!(kind, ProbeKind::RoutedEcho | ProbeKind::Echo));
    let connections = sent(|kind| matches!(kind, ProbeKind::Tcp { .. }));
    if arps + pings + connections == 0 {
        return None;
    }
    let asked = [(arps, "ARP requests"), (pings, "pings"), (connections, "TCP connections")];
    let asked = asked.iter().filter(|(count, _)| *count > 0);
    let asked: Vec<_> = asked.map(|(count, what)| format!("{count} {what}")).collect();
    let mut because = vec![match asked.as_slice() {
        [most @ .., last] if !most.is_empty() => {
            format!("{} and {last} were not answered", most.join(", "))
        }
        _ => format!("{} were not answered", asked.concat()),
    }];
    let mac = of_pair().find_map(|seen| {
        let is_arp = matches!(seen.kind, ProbeKind::Neighbour { .. })
            && seen.direction == ObservedEvent::Answered;
        seen.source_mac.filter(|_| is_arp)
    });
    because.extend(mac.map(|mac| {
        format!("{mac} answers ARP for it, which a gateway or an access point may do in its place")
    }));
    because.extend(of_pair().find_map(|seen| match &seen.answer {
        Some(ProbeAnswer::Icmp { from: router, .. }) if is_own(facts, from, *router) => {
            Some(format!("{from}'s own kernel finds nobody at {peer}'s address"))
        }
        Some(ProbeAnswer::Icmp { kind, code, from: router }) => {
            Some(format!("{router} says that it cannot be reached (ICMP {kind}/{code})"))
        }
        _ => None,
    }));
    let scope = DiagnosisScope { to: Some(peer.clone()), ..DiagnosisScope::host(from) };
    Some(
        RuleMatch::new(scope, Level::Possible, because)
            .advise([
                format!("is {peer} switched on, and is that its address?"),
                "a silent peer may be off, filtered by itself, or kept apart by the network"
                    .to_owned(),
            ])
            .or_decide(format!(
                "an agent on {peer}: --peer {peer} --via 'ssh {peer} pontoon agent --stdio'"
            )),
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
