//! What all machines need: fresh flows, the link to leave by, and the record of what was asked and
//! answered.

use std::collections::VecDeque;
use std::net::IpAddr;

use pontoon_model::net::IpFamily;
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};

use crate::machine::{FlowAction, FlowEvent, FlowId, MachinePoll, RunInstant, SendOptions};

/// The flows, pending actions and template of one machine.
///
/// The template's `link` is the link that packets are tied to. A template with `asked_link` alone
/// leaves the choice to the kernel's routes and only labels the record.
#[derive(Debug)]
pub(crate) struct ProbeContext {
    template: Observation,
    next_flow: u16,
    actions: VecDeque<FlowAction>,
}

/// Flows that one machine inside another may use: no machine makes as many tries.
const FLOWS_EACH: u16 = 256;

impl ProbeContext {
    pub(crate) fn new(template: Observation) -> Self {
        Self::nth(template, 0)
    }

    /// The context of the `nth` machine inside another: its flows are its own.
    pub(crate) fn nth(template: Observation, nth: u16) -> Self {
        Self { template, next_flow: nth.wrapping_mul(FLOWS_EACH), actions: VecDeque::new() }
    }

    /// A flow that this machine has not used before.
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

    pub(crate) fn act(&mut self, action: FlowAction) {
        self.actions.push_back(action);
    }

    /// The next thing to do, in the order in which it was asked for.
    pub(crate) fn next(&mut self) -> Option<MachinePoll> {
        self.actions.pop_front().map(MachinePoll::Do)
    }

    /// Records that try `nth`, from 0, left for `to`.
    pub(crate) fn sent(&mut self, now: RunInstant, nth: u16, kind: ProbeKind, to: IpAddr) {
        let mut sent = self.observation(now, nth, kind, to);
        sent.direction = ObservedEvent::Sent;
        sent.link.clone_from(&sent.asked_link);
        self.act(FlowAction::Report(Box::new(sent)));
    }

    /// Records what came back for try `nth` from `to` or on its behalf, by which event.
    pub(crate) fn answered(
        &mut self,
        now: RunInstant,
        nth: u16,
        kind: ProbeKind,
        to: IpAddr,
        answer: ProbeAnswer,
        event: Option<&FlowEvent>,
    ) {
        let mut answered = self.observation(now, nth, kind, to);
        answered.direction = ObservedEvent::Answered;
        (answered.link, answered.ttl) = match event {
            Some(
                FlowEvent::Datagram { link, ttl, .. } | FlowEvent::EchoReply { link, ttl, .. },
            ) => (link.clone(), *ttl),
            _ => (None, None),
        };
        answered.answer = Some(answer);
        self.act(FlowAction::Report(Box::new(answered)));
    }

    fn observation(&self, now: RunInstant, nth: u16, kind: ProbeKind, to: IpAddr) -> Observation {
        let template = self.template.clone();
        let asked_link = template.asked_link.clone().or_else(|| template.link.clone());
        Observation {
            address: Some(to),
            asked_link,
            family: IpFamily::of(to),
            // Rounds go on from the template's, so that two machines do not share a round.
            round: template.round.max(1).saturating_add(nth),
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

    pub(crate) fn next_16_bytes(&mut self) -> [u8; 16] {
        (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()
    }
}
