//! Who asks: fresh flows, the way out, and the record of what was asked and answered.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};

use crate::machine::{FlowAction, FlowEvent, FlowId, MachinePoll, RunInstant, SendOptions};

/// The part that all machines of this folder share.
///
/// The template's `link` is the link that packets are tied to. A template with `asked_link` alone
/// leaves the choice to the kernel's routes and only labels the record.
#[derive(Debug)]
pub(crate) struct ProbeContext {
    template: Observation,
    next_flow: u16,
    actions: VecDeque<FlowAction>,
}

/// Where an answer came in.
#[derive(Clone, Debug, Default)]
pub(crate) struct PacketIngress {
    pub(crate) link: Option<IfName>,
    pub(crate) ttl: Option<u8>,
}

/// Flows that one machine inside another may use: no machine makes as many tries.
const FLOWS_EACH: u16 = 256;

impl ProbeContext {
    pub(crate) fn new(template: Observation) -> Self {
        Self::nth(template, 0)
    }

    /// The asker of the `nth` machine inside another: its flows are its own.
    pub(crate) fn nth(template: Observation, nth: u16) -> Self {
        Self { template, next_flow: nth.wrapping_mul(FLOWS_EACH), actions: VecDeque::new() }
    }

    /// A flow never used before.
    pub(crate) fn flow(&mut self) -> FlowId {
        let flow = FlowId(self.next_flow);
        self.next_flow = self.next_flow.wrapping_add(1);
        flow
    }

    /// How to reach `to`. Addresses of this host itself, such as a local resolver's, are not
    /// reached through a link.
    pub(crate) fn way(&self, to: IpAddr) -> SendOptions {
        let link = self.template.link.clone().filter(|_| !to.is_loopback());
        SendOptions { link, ..SendOptions::default() }
    }

    /// The family the template asks for.
    pub(crate) fn family(&self) -> IpFamily {
        self.template.family
    }

    /// The number of a try, counted from 0: rounds go on from the template's.
    pub(crate) fn round(&self, nth: u16) -> u16 {
        self.template.round.max(1).saturating_add(nth)
    }

    pub(crate) fn act(&mut self, action: FlowAction) {
        self.actions.push_back(action);
    }

    /// The next thing to do, in the order in which it was asked for.
    pub(crate) fn next(&mut self) -> Option<MachinePoll> {
        self.actions.pop_front().map(MachinePoll::Do)
    }

    /// Records that a question left.
    pub(crate) fn sent(&mut self, now: RunInstant, round: u16, kind: ProbeKind, to: IpAddr) {
        let mut sent = self.observation(now, round, kind, to);
        sent.direction = ObservedEvent::Sent;
        sent.link.clone_from(&sent.asked_link);
        self.act(FlowAction::Report(Box::new(sent)));
    }

    /// Records what came back from `to`, or on its behalf.
    pub(crate) fn answered(
        &mut self,
        now: RunInstant,
        round: u16,
        kind: ProbeKind,
        to: IpAddr,
        answer: ProbeAnswer,
        ingress: PacketIngress,
    ) {
        let mut answered = self.observation(now, round, kind, to);
        answered.direction = ObservedEvent::Answered;
        answered.link = ingress.link;
        answered.ttl = ingress.ttl;
        answered.answer = Some(answer);
        self.act(FlowAction::Report(Box::new(answered)));
    }

    fn observation(&self, now: RunInstant, round: u16, kind: ProbeKind, to: IpAddr) -> Observation {
        let template = self.template.clone();
        let asked_link = template.asked_link.clone().or_else(|| template.link.clone());
        Observation {
            address: Some(to),
            asked_link,
            family: IpFamily::of(to),
            round,
            at_ms: now.at_ms(),
            source_mac: None,
            ttl: None,
            cast: None,
            kind,
            answer: None,
            ..template
        }
    }
}

/// What an event means that is no answer in itself.
pub(crate) fn failure(event: &FlowEvent) -> Option<ProbeAnswer> {
    match event {
        FlowEvent::Icmp { kind, code, from, .. } => {
            Some(ProbeAnswer::Icmp { kind: *kind, code: *code, from: *from })
        }
        FlowEvent::Refused { errno, .. } => Some(ProbeAnswer::Refused { errno: *errno }),
        FlowEvent::Reset { .. } => Some(ProbeAnswer::Reset),
        _ => None,
    }
}

/// Whether two addresses name the same endpoint; the scope of a link-local one is not compared,
/// as the kernel fills it in.
pub(crate) fn is_same(a: SocketAddr, b: SocketAddr) -> bool {
    a.ip() == b.ip() && a.port() == b.port()
}

/// Fresh bytes from a seed (`SplitMix64` of Steele, Lea and Flood 2014): for ids and nonces that
/// an unrelated packet must not match, and to spread what begins at once; not for keys.
#[derive(Debug)]
pub(crate) struct NonceGenerator(u64);

impl NonceGenerator {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
