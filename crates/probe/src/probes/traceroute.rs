//! The TTL ladder: which router answers at which distance.

use std::net::SocketAddr;

use pontoon_model::observation::{Observation, ProbeAnswer, ProbeKind};
use serde::{Deserialize, Serialize};

use super::probe_context::{PacketIngress, ProbeContext, failure, is_same};
use crate::machine::{FlowAction, FlowEvent, FlowId, MachinePoll, ProbeMachine, RunInstant};

/// Sends with growing TTL ([`ProbeKind::Hop`]), one packet after the other, unanswered rungs twice.
///
/// All packets are [`TracerouteProbe::EVERY_MS`] apart, not only those of one rung: a packet that the
/// first router rejects draws an error from the same router as the TTL that ends there, and Linux
/// sends one a second (`net.ipv4.icmp_ratelimit`). Above a rung that the destination itself
/// answered nothing is sent.
#[derive(Debug)]
pub(crate) struct TracerouteProbe {
    asker: ProbeContext,
    to: SocketAddr,
    vehicle: TracerouteProtocol,
    payload: Vec<u8>,
    rungs: Vec<TracerouteHop>,
    next: Option<RunInstant>,
    is_over: bool,
}

/// What climbs the ladder.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TracerouteProtocol {
    /// UDP to a port.
    #[default]
    Udp,
    /// ICMP echo; the port is not used.
    Echo,
}

#[derive(Debug)]
struct TracerouteHop {
    ttl: u8,
    tries: Vec<FlowId>,
    answered: bool,
    is_destination: bool,
}

impl TracerouteProbe {
    /// Between two packets: more than the second for which a router keeps its next error.
    pub(crate) const EVERY_MS: u64 = 1_100;
    /// For the last answer.
    pub(crate) const WINDOW_MS: u64 = 1_500;
    /// Tries of one rung.
    const TRIES: usize = 2;
    /// Rungs at most: the way to one's own gateway and a little further.
    pub(crate) const MAX_RUNGS: usize = 8;

    pub(crate) fn new(
        template: Observation,
        to: SocketAddr,
        vehicle: TracerouteProtocol,
        ttls: &[u8],
        payload: Vec<u8>,
    ) -> Self {
        let rungs = ttls
            .iter()
            .take(Self::MAX_RUNGS)
            .map(|ttl| TracerouteHop {
                ttl: *ttl,
                tries: Vec::new(),
                answered: false,
                is_destination: false,
            })
            .collect();
        let asker = ProbeContext::new(template);
        Self { asker, to, vehicle, payload, rungs, next: None, is_over: false }
    }

    /// The rung to try next: all once, then the silent ones again.
    fn rung(&self) -> Option<usize> {
        let reached = self.rungs.iter().filter(|rung| rung.is_destination).map(|rung| rung.ttl);
        let top = reached.min().unwrap_or(u8::MAX);
        (0..Self::TRIES).find_map(|made| {
            self.rungs
                .iter()
                .position(|rung| rung.tries.len() == made && !rung.answered && rung.ttl <= top)
        })
    }

    fn send(&mut self, now: RunInstant, nth: usize) -> FlowAction {
        let flow = self.asker.flow();
        let rung = &mut self.rungs[nth];
        let ttl = rung.ttl;
        rung.tries.push(flow);
        let made = u16::try_from(rung.tries.len()).unwrap_or(u16::MAX);
        let round = self.asker.round(made - 1);
        self.asker.sent(now, round, ProbeKind::Hop { ttl }, self.to.ip());
        let way = crate::machine::SendOptions { ttl: Some(ttl), ..self.asker.way(self.to.ip()) };
        let (to, payload) = (self.to, self.payload.clone());
        match self.vehicle {
            TracerouteProtocol::Udp => FlowAction::SendUdp { flow, way, to, payload },
            TracerouteProtocol::Echo => {
                FlowAction::SendEcho { flow, way, to: to.ip(), sequence: made, payload }
            }
        }
    }

    /// An answer of the destination itself, and be it that nobody listens at that port.
    fn meaning(&self, event: &FlowEvent) -> Option<(ProbeAnswer, PacketIngress)> {
        match event {
            FlowEvent::Datagram { from, link, ttl, .. } => is_same(*from, self.to)
                .then(|| (ProbeAnswer::Reply, PacketIngress { link: link.clone(), ttl: *ttl })),
            FlowEvent::EchoReply { from, link, ttl, .. } => (*from == self.to.ip())
                .then(|| (ProbeAnswer::Reply, PacketIngress { link: link.clone(), ttl: *ttl })),
            FlowEvent::Icmp { kind, code, from, .. } if *from == self.to.ip() => {
                // ICMP 3/3 (RFC 792) and ICMPv6 1/4 (RFC 4443): port unreachable.
                let is_port = matches!((from.is_ipv4(), kind, code), (true, 3, 3) | (false, 1, 4));
                let icmp = ProbeAnswer::Icmp { kind: *kind, code: *code, from: *from };
                Some((if is_port { ProbeAnswer::Reply } else { icmp }, PacketIngress::default()))
            }
            event => failure(event).map(|answer| (answer, PacketIngress::default())),
        }
    }
}

impl ProbeMachine for TracerouteProbe {
    fn poll(&mut self, now: RunInstant) -> MachinePoll {
        if let Some(next) = self.asker.next() {
            return next;
        }
        if self.is_over {
            return MachinePoll::Done;
        }
        let next = *self.next.get_or_insert(now);
        match self.rung() {
            Some(_) if now < next => MachinePoll::WaitUntil(next),
            Some(nth) => {
                self.next = Some(now.after_ms(Self::EVERY_MS));
                MachinePoll::Do(self.send(now, nth))
            }
            None => {
                let is_silent = |rung: &TracerouteHop| !rung.answered && !rung.tries.is_empty();
                let end = next.after_ms(Self::WINDOW_MS - Self::EVERY_MS);
                if self.rungs.iter().any(is_silent) && now < end {
                    MachinePoll::WaitUntil(end)
                } else {
                    self.is_over = true;
                    MachinePoll::Done
                }
            }
        }
    }

    fn receive(&mut self, now: RunInstant, event: &FlowEvent) {
        let flow = event.flow();
        let Some(nth) = self.rungs.iter().position(|rung| rung.tries.contains(&flow)) else {
            return;
        };
        if matches!(event, FlowEvent::Left { .. }) {
            self.next = Some(now.after_ms(Self::EVERY_MS));
            return;
        }
        if self.rungs[nth].answered {
            return;
        }
        let Some((answer, ingress)) = self.meaning(event) else { return };
        let rung = &mut self.rungs[nth];
        rung.answered = true;
        rung.is_destination = answer == ProbeAnswer::Reply;
        let made = rung.tries.iter().position(|made| *made == flow).unwrap_or(0);
        let kind = ProbeKind::Hop { ttl: rung.ttl };
        if matches!(answer, ProbeAnswer::Refused { .. }) {
            self.is_over = true;
        }
        let round = self.asker.round(u16::try_from(made).unwrap_or(u16::MAX));
        self.asker.answered(now, round, kind, self.to.ip(), answer, ingress);
    }
}
