//! The scaffold of a probe that puts one question until it is answered: tries spread over time,
//! each on a flow of its own, answers matched to their tries, and the record of both.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::observation::{ProbeAnswer, ProbeKind};
use pontoon_model::untrusted::Untrusted;

use super::probe_context::ProbeContext;
use super::retry::{RetryAction, RetryPace, RetrySchedule};
use crate::machine::{FlowAction, FlowEvent, FlowId, MachinePoll, ProbeMachine, RunInstant};

/// What is particular to one probe: what it sends, how its answer is recognised, what that means.
pub(crate) trait ProbeExchange {
    /// What the record calls it.
    fn kind(&self) -> ProbeKind;

    /// The address that the record names.
    fn to(&self) -> IpAddr;

    /// What a try sends first.
    fn send(&mut self, now: RunInstant, attempt: ProbeAttempt<'_>) -> FlowAction;

    /// The answer to a try, if this is one. Errors ([`failure`]) are answers for every probe and
    /// need no mention here.
    fn read(
        &mut self,
        now: RunInstant,
        attempt: ProbeAttempt<'_>,
        event: &FlowEvent,
    ) -> Option<ProbeAnswer>;

    /// Whether this answer ends the question. ICMP errors and garbage do not: the true answer may
    /// still come, to this try or to the next.
    fn is_final(&self, answer: &ProbeAnswer) -> bool {
        !matches!(answer, ProbeAnswer::Icmp { .. } | ProbeAnswer::Garbage { .. })
    }

    /// What came so far amounts to when time is up. Silence stays silence.
    fn cut_short(&mut self) -> Option<ProbeAnswer> {
        None
    }

    /// Records what else an answer told.
    fn after_answer(&mut self, _now: RunInstant, _context: &mut ProbeContext) {}
}

/// One try of a probe.
pub(crate) struct ProbeAttempt<'a> {
    /// Its number, from 0.
    pub(crate) nth: u16,
    pub(crate) flow: FlowId,
    pub(crate) context: &'a mut ProbeContext,
}

impl ProbeAttempt<'_> {
    /// A datagram on the flow of this try.
    pub(crate) fn send_udp(self, to: SocketAddr, payload: Vec<u8>) -> FlowAction {
        FlowAction::SendUdp { flow: self.flow, way: self.context.way(to.ip()), to, payload }
    }
}

/// A machine that puts the question of an exchange, again and again.
#[derive(Debug)]
pub(crate) struct RetriedProbe<E> {
    exchange: E,
    context: ProbeContext,
    tries: RetrySchedule,
}

impl<E: ProbeExchange> RetriedProbe<E> {
    pub(crate) fn new(context: ProbeContext, pace: RetryPace, exchange: E) -> Self {
        Self { exchange, context, tries: RetrySchedule::new(pace) }
    }

    pub(crate) const fn exchange(&self) -> &E {
        &self.exchange
    }

    fn record(
        &mut self,
        now: RunInstant,
        nth: u16,
        event: Option<&FlowEvent>,
        answer: ProbeAnswer,
    ) {
        let (kind, to) = (self.exchange.kind(), self.exchange.to());
        self.context.answered(now, nth, kind, to, answer, event);
        self.exchange.after_answer(now, &mut self.context);
    }
}

impl<E: ProbeExchange> ProbeMachine for RetriedProbe<E> {
    fn poll(&mut self, now: RunInstant) -> MachinePoll {
        if let Some(next) = self.context.next() {
            return next;
        }
        match self.tries.due(now) {
            RetryAction::Wait(until) => MachinePoll::WaitUntil(until),
            RetryAction::Over => {
                if let Some(answer) = self.exchange.cut_short() {
                    self.record(now, 0, None, answer);
                }
                self.context.next().unwrap_or(MachinePoll::Done)
            }
            RetryAction::Try(nth) => {
                // A fresh flow for each try: an answer then shows which try it is for, and a stateful
                // packet filter cannot take the second for a part of the first.
                let flow = self.context.flow();
                self.tries.made(flow);
                let attempt = ProbeAttempt { nth, flow, context: &mut self.context };
                let action = self.exchange.send(now, attempt);
                self.context.sent(now, nth, self.exchange.kind(), self.exchange.to());
                MachinePoll::Do(action)
            }
        }
    }

    fn receive(&mut self, now: RunInstant, event: &FlowEvent) {
        self.tries.note_sent_at(now, event);
        let flow = event.flow();
        let Some(nth) = self.tries.open(flow) else { return };
        let attempt = ProbeAttempt { nth, flow, context: &mut self.context };
        let answer = self.exchange.read(now, attempt, event).or_else(|| failure(event));
        let Some(answer) = answer else { return };
        if self.exchange.is_final(&answer) {
            self.tries.settle();
        } else if !matches!(answer, ProbeAnswer::Garbage { .. }) {
            self.tries.answered(nth);
        } else if !self.tries.note_garbage(nth) {
            return;
        }
        self.record(now, nth, Some(event), answer);
    }
}

/// What an event means to every probe that did not expect it.
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

/// What a datagram carries, if it comes from where the question went. The scope of a link-local
/// address is not compared, as the kernel fills it in.
pub(crate) fn datagram_from(event: &FlowEvent, asked: SocketAddr) -> Option<&[u8]> {
    match event {
        FlowEvent::Datagram { from, payload, .. }
            if from.ip() == asked.ip() && from.port() == asked.port() =>
        {
            Some(payload)
        }
        _ => None,
    }
}

/// An answer that is none, and why in a few words.
pub(crate) fn garbage(what: &str) -> ProbeAnswer {
    ProbeAnswer::Garbage { what: Untrusted::new(what) }
}
