//! Traceroute: which router answers at which distance.

use std::net::SocketAddr;

use pontoon_model::observation::{Observation, ProbeAnswer, ProbeKind};
use serde::{Deserialize, Serialize};

use super::probe_context::ProbeContext;
use super::retried_probe::{datagram_from, failure};
use crate::machine::{
    FlowAction, FlowEvent, FlowId, MachinePoll, ProbeMachine, RunInstant, SendOptions,
};

/// Sends with growing TTL ([`ProbeKind::Hop`]), one packet after the other, unanswered hops twice.
///
/// All packets are [`TracerouteProbe::EVERY_MS`] apart, not only those of one hop: a packet that
/// the first router rejects draws an error from the same router as the TTL that ends there, and
/// Linux sends one a second (`net.ipv4.icmp_ratelimit`). Above a hop that the destination itself
/// answered nothing is sent.
#[derive(Debug)]
pub(crate) struct TracerouteProbe {
    context: ProbeContext,
    to: SocketAddr,
    protocol: TracerouteProtocol,
    hops: Vec<TracerouteHop>,
    next: Option<RunInstant>,
    is_over: bool,
}

/// Which packets traceroute sends.
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
    /// Tries of one hop.
    const TRIES: usize = 2;
    /// Hops at most: the path to the own gateway and a little further.
    pub(crate) const MAX_HOPS: usize = 8;

    pub(crate) fn new(
        template: Observation,
        to: SocketAddr,
        protocol: TracerouteProtocol,
        ttls: &[u8],
    ) -> Self {
        let hops = ttls
            .iter()
            .take(Self::MAX_HOPS)
            .map(|ttl| TracerouteHop {
                ttl: *ttl,
                tries: Vec::new(),
                answered: false,
                is_destination: false,
            })
            .collect();
        let context = ProbeContext::new(template);
        Self { context, to, protocol, hops, next: None, is_over: false }
    }

    /// The hop to try next: all once, then the silent ones again.
    fn hop(&self) -> Option<usize> {
        let reached = self.hops.iter().filter(|hop| hop.is_destination).map(|hop| hop.ttl);
        let top = reached.min().unwrap_or(u8::MAX);
        (0..Self::TRIES).find_map(|made| {
            self.hops
                .iter()
                .position(|hop| hop.tries.len() == made && !hop.answered && hop.ttl <= top)
        })
    }

    fn send(&mut self, now: RunInstant, nth: usize) -> FlowAction {
        let flow = self.context.flow();
        let hop = &mut self.hops[nth];
        let ttl = hop.ttl;
        hop.tries.push(flow);
        let made = u16::try_from(hop.tries.len()).unwrap_or(u16::MAX);
        self.context.sent(now, made - 1, ProbeKind::Hop { ttl }, self.to.ip());
        let way = SendOptions { ttl: Some(ttl), ..self.context.way(self.to.ip()) };
        let (to, payload) = (self.to, Vec::new());
        match self.protocol {
            TracerouteProtocol::Udp => FlowAction::SendUdp { flow, way, to, payload },
            TracerouteProtocol::Echo => {
                FlowAction::SendEcho { flow, way, to: to.ip(), sequence: made, payload }
            }
        }
    }

    /// An answer of the destination itself, even if it is that the port is closed.
    fn read(&self, event: &FlowEvent) -> Option<ProbeAnswer> {
        let is_reply = match event {
            FlowEvent::EchoReply { from, .. } => *from == self.to.ip(),
            FlowEvent::Icmp { kind, code, from, .. } => {
                // ICMP 3/3 (RFC 792) and ICMPv6 1/4 (RFC 4443): port unreachable.
                let is_port = matches!((from.is_ipv4(), kind, code), (true, 3, 3) | (false, 1, 4));
                is_port && *from == self.to.ip()
            }
            event => datagram_from(event, self.to).is_some(),
        };
        if is_reply { Some(ProbeAnswer::Reply) } else { failure(event) }
    }
}

impl ProbeMachine for TracerouteProbe {
    fn poll(&mut self, now: RunInstant) -> MachinePoll {
        if let Some(next) = self.context.next() {
            return next;
        }
        if self.is_over {
            return MachinePoll::Done;
        }
        let next = *self.next.get_or_insert(now);
        match self.hop() {
            Some(_) if now < next => MachinePoll::WaitUntil(next),
            Some(nth) => {
                self.next = Some(now.after_ms(Self::EVERY_MS));
                MachinePoll::Do(self.send(now, nth))
            }
            None => {
                let is_silent = |hop: &TracerouteHop| !hop.answered && !hop.tries.is_empty();
                let end = next.after_ms(Self::WINDOW_MS - Self::EVERY_MS);
                if self.hops.iter().any(is_silent) && now < end {
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
        let Some(nth) = self.hops.iter().position(|hop| hop.tries.contains(&flow)) else {
            return;
        };
        if matches!(event, FlowEvent::Left { .. }) {
            self.next = Some(now.after_ms(Self::EVERY_MS));
            return;
        }
        if self.hops[nth].answered {
            return;
        }
        let Some(answer) = self.read(event) else { return };
        let hop = &mut self.hops[nth];
        hop.answered = true;
        hop.is_destination = answer == ProbeAnswer::Reply;
        let made = hop.tries.iter().position(|made| *made == flow).unwrap_or(0);
        let kind = ProbeKind::Hop { ttl: hop.ttl };
        if matches!(answer, ProbeAnswer::Refused { .. }) {
            self.is_over = true;
        }
        let made = u16::try_from(made).unwrap_or(u16::MAX);
        self.context.answered(now, made, kind, self.to.ip(), answer, Some(event));
    }
}
