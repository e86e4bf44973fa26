//! Hosts in different networks, which only routers can connect.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::row::Proven;
use pontoon_model::facts::{Ending, Facts};
use pontoon_model::finding::{Level, Scope};
use pontoon_model::host::HostName;
use pontoon_model::net::Family;
use pontoon_model::observation::{Answer, Direction, Kind};

use super::case::Case;
use super::control::Controls;
use super::pair::Pair;

/// Packets without arrival that prove a way closed: as many as for frames.
const PROVEN: usize = 10;
/// Packets without arrival that make it likely.
const SUGGESTED: usize = 5;

/// What was sent by routes from one host to another, by no link in particular.
#[derive(Default)]
pub(super) struct Routed {
    sent: BTreeSet<u16>,
    pub(super) arrived: BTreeSet<u16>,
    errors: BTreeSet<(IpAddr, u8, u8)>,
    is_witnessed: bool,
}

impl Routed {
    /// Whether all that was sent arrived.
    pub(super) fn is_lossless(&self) -> bool {
        self.sent.is_subset(&self.arrived)
    }

    /// Whether enough was sent, nothing arrived, and it would have been seen.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_witnessed && self.arrived.is_empty() && self.sent.len() >= SUGGESTED
    }
}

/// Gathers what was sent by routes from one host to another.
pub(super) fn rounds(case: &Case<'_>, from: &HostName, to: &HostName, family: Family) -> Routed {
    let receiver = case.facts.hosts.get(to);
    let is_witnessed = receiver.is_some_and(|host| {
        host.ending == Ending::Complete && host.watches.iter().any(|watch| watch.sees_frames)
    });
    let mut routed = Routed { is_witnessed, ..Routed::default() };
    let is_routed = |kind: &Kind| matches!(kind, Kind::RoutedUdp);
    let seen = case.index.get(&(from, None, to, family)).into_iter().flatten();
    for seen in seen.filter(|seen| is_routed(&seen.kind)) {
        match (seen.direction, &seen.answer) {
            (Direction::Sent, _) => {
                routed.sent.insert(seen.round);
            }
            // An answer proves that the question arrived, whatever the receiver says.
            (Direction::Arrived, _) | (Direction::Answered, Some(Answer::Reply)) => {
                routed.arrived.insert(seen.round);
            }
            (Direction::Answered, Some(Answer::Icmp { kind, code, from })) => {
                routed.errors.insert((*from, *kind, *code));
            }
            (Direction::Answered, _) => {}
        }
    }
    routed
}

/// Two hosts behind routers of their own: no packet comes through, and they share no other link.
pub(super) fn routed_path_blocked(case: &Case<'_>) -> Vec<Proven> {
    let facts = case.facts;
    let hosts: Vec<&HostName> = facts.hosts.keys().collect();
    let mut found = Vec::new();
    for (at, a) in hosts.iter().enumerate() {
        for b in &hosts[at + 1..] {
            let stand = |host| has_gateway(facts, &case.controls, host);
            if case.between(a, b).iter().any(Pair::is_open) || !stand(a) || !stand(b) {
                continue;
            }
            for family in [Family::V4, Family::V6] {
                found.extend(blocked(case, a, b, family));
            }
        }
    }
    found
}

fn blocked(case: &Case<'_>, a: &HostName, b: &HostName, family: Family) -> Option<Proven> {
    let (there, back) = (rounds(case, a, b, family), rounds(case, b, a, family));
    let (from, to, ways) = match (there.is_blocked(), back.is_blocked()) {
        (true, true) => (a, b, vec![(a, b, there), (b, a, back)]),
        (true, false) => (a, b, vec![(a, b, there)]),
        (false, true) => (b, a, vec![(b, a, back)]),
        (false, false) => return None,
    };
    let is_proven = ways.iter().all(|(_, _, way)| way.sent.len() >= PROVEN);
    let level = if is_proven { Level::Confirmed } else { Level::Likely };
    let mut because: Vec<String> = ways
        .iter()
        .map(|(from, to, way)| {
            format!(
                "0 of {} packets from {from} to {to} arrived; each reaches its own gateway",
                way.sent.len()
            )
        })
        .collect();
    because.extend(
        ways.iter()
            .flat_map(|(_, _, way)| &way.errors)
            .map(|(router, kind, code)| format!("{router} says so: {}", unreachable(*kind, *code))),
    );
    let scope =
        Scope { from: Some(from.clone()), to: Some(to.clone()), link: None, family: Some(family) };
    Some(
        Proven::new(scope, level, because)
            .advise([
                "ask those who run the network whether packets may pass between the two networks",
                "put both on the same network, or connect them by a switch of your own",
            ])
            .or_decide("a longer run"),
    )
}

/// What an ICMP error says, in words (RFC 792; RFC 1812, section 5.2.7.1).
fn unreachable(kind: u8, code: u8) -> String {
    match (kind, code) {
        (3, 0) => "network unreachable (ICMP 3/0)".to_owned(),
        (3, 1) => "host unreachable (ICMP 3/1)".to_owned(),
        (3, 9 | 10 | 13) => format!("administratively prohibited (ICMP 3/{code})"),
        (1, 1) => "administratively prohibited (ICMPv6 1/1)".to_owned(),
        _ => format!("ICMP {kind}/{code}"),
    }
}

/// Whether a gateway of the host answered at all.
fn has_gateway(facts: &Facts, controls: &Controls<'_>, host: &HostName) -> bool {
    let links = facts.hosts.get(host).map(|host| host.snapshot.links.as_slice());
    links.unwrap_or_default().iter().any(|link| {
        let answered = |family| !controls.asked((host, &link.name, family)).answered.is_empty();
        answered(Family::V4) || answered(Family::V6)
    })
}
