//! Controls: whether a host's link worked in the round in which a probe was lost.
//!
//! A control qualifies losses only; an arrival is proof by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::shared_links::LinkEndpoint;

/// A host's link in one address family.
pub(super) type LinkEndpointKey<'a> = (&'a HostName, &'a IfName, IpFamily);

/// What is known of every link of a host, by address family.
pub(super) struct LinkControls<'a> {
    facts: &'a Facts,
    /// Rounds in which the gateway of the link was probed, and in which it answered.
    gateways: BTreeMap<LinkEndpointKey<'a>, GatewayRounds>,
    /// Rounds in which another host of the run was heard on the link.
    peer_rounds: BTreeMap<LinkEndpointKey<'a>, BTreeMap<&'a HostName, BTreeSet<u16>>>,
}

/// Rounds in which a gateway was probed.
#[derive(Clone, Debug, Default)]
pub(super) struct GatewayRounds {
    pub(super) sent: BTreeSet<u16>,
    pub(super) answered: BTreeSet<u16>,
    /// Whether ARP or ND was sent, which no host may leave unanswered.
    pub(super) by_neighbour: bool,
    /// The single frames: round, and whether it was a ping.
    frames_sent: BTreeSet<(u16, bool)>,
    frames_answered: BTreeSet<(u16, bool)>,
    unsent: BTreeSet<(u16, bool)>,
}

impl GatewayRounds {
    /// What the sender's own kernel did not let out was never sent: that it got no answer says
    /// nothing about the gateway.
    fn drop_unsent(&mut self) {
        self.frames_sent.retain(|frame| !self.unsent.contains(frame));
        self.sent = self.frames_sent.iter().map(|(round, _)| *round).collect();
    }

    /// Whether a frame to the gateway, or its answer, was lost. The last round may still be on its
    /// way, and a gateway that never answers ping loses none.
    pub(super) fn has_losses(&self) -> bool {
        let answers_ping = self.frames_answered.iter().any(|(_, is_ping)| *is_ping);
        let last = self.sent.last().copied().unwrap_or_default();
        let mut lost = self.frames_sent.difference(&self.frames_answered);
        lost.any(|(round, is_ping)| *round < last && (answers_ping || !is_ping))
    }
}

/// The rounds in which a link is known to have worked.
pub(super) enum ControlRounds {
    /// Rounds in which the configured gateway responded.
    Gateway(BTreeSet<u16>),
    /// There is no gateway; rounds in which another host was heard.
    Third(BTreeSet<u16>),
    /// There is no control on the link.
    None,
}

impl<'a> LinkControls<'a> {
    pub(super) fn new(facts: &'a Facts) -> Self {
        let mut controls = Self { facts, gateways: BTreeMap::new(), peer_rounds: BTreeMap::new() };
        for seen in &facts.observations {
            controls.take(seen);
        }
        for asked in controls.gateways.values_mut() {
            asked.drop_unsent();
        }
        controls
    }

    fn take(&mut self, seen: &'a Observation) {
        let own = match seen.direction {
            ObservedEvent::Sent => seen.asked_link.as_ref(),
            ObservedEvent::Arrived | ObservedEvent::Answered => seen.link.as_ref(),
        };
        let Some(link) = own else { return };
        let leg = (&seen.host, link, seen.family);
        let is_reply = seen.answer == Some(ProbeAnswer::Reply);
        match (&seen.peer, seen.direction) {
            (None, direction) if is_control(&seen.kind) => {
                if seen.address.is_none() || seen.address != self.gateway(leg) {
                    return;
                }
                let asked = self.gateways.entry(leg).or_default();
                let frame = (seen.round, matches!(seen.kind, ProbeKind::RoutedEcho));
                match direction {
                    ObservedEvent::Sent => {
                        asked.sent.insert(seen.round);
                        asked.frames_sent.insert(frame);
                        asked.by_neighbour |= matches!(seen.kind, ProbeKind::Neighbour { .. });
                    }
                    ObservedEvent::Answered if is_reply => {
                        asked.answered.insert(seen.round);
                        asked.frames_answered.insert(frame);
                    }
                    ObservedEvent::Answered if is_forbidden(seen.answer.as_ref()) => {
                        asked.unsent.insert(frame);
                    }
                    ObservedEvent::Answered | ObservedEvent::Arrived => {}
                }
            }
            (Some(peer), ObservedEvent::Arrived) => self.note_arrival(leg, peer, seen.round),
            (Some(peer), ObservedEvent::Answered) if is_reply => {
                self.note_arrival(leg, peer, seen.round);
            }
            (_, _) => {}
        }
    }

    fn note_arrival(&mut self, leg: LinkEndpointKey<'a>, peer: &'a HostName, round: u16) {
        self.peer_rounds.entry(leg).or_default().entry(peer).or_default().insert(round);
    }

    /// The gateway that is configured on a link.
    pub(super) fn gateway(&self, (host, link, family): LinkEndpointKey<'_>) -> Option<IpAddr> {
        self.facts.hosts.get(host)?.snapshot.gateway(link, family)
    }

    /// How often the gateway of a link was probed, and answered.
    pub(super) fn asked(&self, leg: LinkEndpointKey<'_>) -> GatewayRounds {
        self.gateways.get(&leg).cloned().unwrap_or_default()
    }

    /// What shows that an end of a pair works, without the other end's help.
    pub(super) fn of(&self, end: &LinkEndpoint, other: &HostName) -> ControlRounds {
        let leg = (&end.host, &end.link, end.prefix.family());
        if self.gateway(leg).is_some() {
            return ControlRounds::Gateway(self.asked(leg).answered);
        }
        let heard = self.peer_rounds.get(&leg).into_iter().flatten();
        let third: BTreeSet<u16> = heard
            .filter(|(peer, _)| **peer != other)
            .flat_map(|(_, rounds)| rounds)
            .copied()
            .collect();
        if third.is_empty() { ControlRounds::None } else { ControlRounds::Third(third) }
    }
}

impl ControlRounds {
    /// Whether the link is known to have worked in that round, or there is nothing to know it by.
    pub(super) fn allows(&self, round: u16) -> bool {
        match self {
            Self::Gateway(rounds) | Self::Third(rounds) => rounds.contains(&round),
            Self::None => true,
        }
    }

    /// Whether there is something to know it by.
    pub(super) const fn is_available(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// Whether the asker may not send such a packet: a user without the right to ping, or a filter of
/// its own. (EHOSTUNREACH is another matter: the kernel's ARP was not answered.)
const fn is_forbidden(answer: Option<&ProbeAnswer>) -> bool {
    const EPERM: i32 = 1;
    const EACCES: i32 = 13;
    matches!(answer, Some(ProbeAnswer::Refused { errno: EPERM | EACCES }))
}

const fn is_control(kind: &ProbeKind) -> bool {
    matches!(kind, ProbeKind::Neighbour { .. } | ProbeKind::RoutedEcho)
}
