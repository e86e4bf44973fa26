//! Hosts in different networks, which only routers connect.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::RoutingEvidence;
use pontoon_diagnosis::{Certainty, DiagnosisScope, DistinguishingCheck, Remedy};
use pontoon_model::facts::{AgentOutcome, Facts};
use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;
use pontoon_model::observation::{ObservedEvent, ProbeAnswer, ProbeKind};

use super::control::LinkControls;
use super::link_pair::LinkPair;
use super::rule_context::RuleContext;

/// Packets without arrival that prove a path blocked: as many as for frames.
const PROVEN: usize = 10;
/// Packets without arrival that make it likely.
const SUGGESTED: usize = 5;

/// Packets that the kernel routed from one host to another.
#[derive(Default)]
pub(super) struct RoutedPath {
    sent: BTreeSet<u16>,
    pub(super) arrived: BTreeSet<u16>,
    errors: BTreeSet<(IpAddr, u8, u8)>,
    is_witnessed: bool,
}

impl RoutedPath {
    /// Whether all packets arrived.
    pub(super) fn is_lossless(&self) -> bool {
        self.sent.is_subset(&self.arrived)
    }

    /// Whether enough was sent, nothing arrived, and arrivals would have been captured.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_witnessed && self.arrived.is_empty() && self.sent.len() >= SUGGESTED
    }
}

/// Collects the routed packets from one host to another.
pub(super) fn rounds(
    case: &RuleContext<'_>,
    from: &HostName,
    to: &HostName,
    family: IpFamily,
) -> RoutedPath {
    let receiver = case.facts.hosts.get(to);
    let is_witnessed = receiver.is_some_and(|host| {
        host.ending == AgentOutcome::Complete && host.watches.iter().any(|watch| watch.sees_frames)
    });
    let mut routed = RoutedPath { is_witnessed, ..RoutedPath::default() };
    let is_routed = |kind: &ProbeKind| matches!(kind, ProbeKind::RoutedUdp);
    let seen = case.index.get(&(from, None, to, family)).into_iter().flatten();
    for seen in seen.filter(|seen| is_routed(&seen.kind)) {
        match (seen.direction, &seen.answer) {
            (ObservedEvent::Sent, _) => {
                routed.sent.insert(seen.round);
            }
            // A reply proves that the probe arrived, whatever the receiver reports.
            (ObservedEvent::Arrived, _) | (ObservedEvent::Answered, Some(ProbeAnswer::Reply)) => {
                routed.arrived.insert(seen.round);
            }
            (ObservedEvent::Answered, Some(ProbeAnswer::Icmp { kind, code, from })) => {
                routed.errors.insert((*from, *kind, *code));
            }
            (ObservedEvent::Answered, _) => {}
        }
    }
    routed
}

/// Two hosts behind routers of their own: no packet gets through, and they share no other link.
pub(super) fn routed_path_blocked(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let hosts: Vec<&HostName> = facts.hosts.keys().collect();
    let mut found = Vec::new();
    for (at, a) in hosts.iter().enumerate() {
        for b in &hosts[at + 1..] {
            let stand = |host| has_gateway(facts, &case.controls, host);
            if case.between(a, b).iter().any(LinkPair::is_open) || !stand(a) || !stand(b) {
                continue;
            }
            for family in [IpFamily::V4, IpFamily::V6] {
                found.extend(blocked(case, a, b, family));
            }
        }
    }
    found
}

fn blocked(
    case: &RuleContext<'_>,
    a: &HostName,
    b: &HostName,
    family: IpFamily,
) -> Option<RuleMatch> {
    let (there, back) = (rounds(case, a, b, family), rounds(case, b, a, family));
    let (from, to, ways) = match (there.is_blocked(), back.is_blocked()) {
        (true, true) => (a, b, vec![(a, b, there), (b, a, back)]),
        (true, false) => (a, b, vec![(a, b, there)]),
        (false, true) => (b, a, vec![(b, a, back)]),
        (false, false) => return None,
    };
    let is_proven = ways.iter().all(|(_, _, way)| way.sent.len() >= PROVEN);
    let certainty = if is_proven { Certainty::Confirmed } else { Certainty::Likely };
    let mut evidence: Vec<_> = ways
        .iter()
        .map(|(from, to, way)| RoutingEvidence::RoutedPacketsLost {
            from: (*from).clone(),
            to: (*to).clone(),
            sent: way.sent.len(),
        })
        .collect();
    for (_, to, way) in &ways {
        evidence.extend(way.errors.iter().map(|(router, kind, code)| {
            RoutingEvidence::IcmpUnreachable {
                reported_by: *router,
                target: (*to).clone(),
                icmp_type: *kind,
                icmp_code: *code,
            }
        }));
    }
    let scope = DiagnosisScope {
        from: Some(from.clone()),
        to: Some(to.clone()),
        link: None,
        family: Some(family),
        ..DiagnosisScope::default()
    };
    Some(
        RuleMatch::new(scope, certainty, evidence)
            .with_remedies([
                Remedy::action(
                    "ask the network's operators whether packets may pass between the two networks",
                ),
                Remedy::action(
                    "put both on the same network, or connect them by a switch of your own",
                ),
            ])
            .distinguished_by(DistinguishingCheck::by_fact("a longer run")),
    )
}

/// Whether a gateway of the host answered at all.
fn has_gateway(facts: &Facts, controls: &LinkControls<'_>, host: &HostName) -> bool {
    let links = facts.hosts.get(host).map(|host| host.snapshot.links.as_slice());
    links.unwrap_or_default().iter().any(|link| {
        let answered = |family| !controls.asked((host, &link.name, family)).answered.is_empty();
        answered(IpFamily::V4) || answered(IpFamily::V6)
    })
}
