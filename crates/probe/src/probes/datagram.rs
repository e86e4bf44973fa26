//! An ordinary UDP datagram, and what it draws.

use std::net::SocketAddr;

use pontoon_model::observation::{ProbeAnswer, ProbeKind};
use pontoon_model::untrusted::Untrusted;

use super::probe_context::{PacketIngress, ProbeContext, failure, is_same};
use super::retry::{RetryAction, RetryPace, RetrySchedule};
use crate::machine::{FlowAction, FlowEvent, MachinePoll, ProbeMachine, RunInstant};

/// Sends the same datagram from a fresh port each time, until it is answered.
#[derive(Debug)]
pub(crate) struct DatagramProbe {
    asker: ProbeContext,
    kind: ProbeKind,
    to: SocketAddr,
    payload: Vec<u8>,
    expected: ExpectedReply,
    tries: RetrySchedule,
}

/// Which datagrams from the one that was asked are the answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ExpectedReply {
    /// Any.
    Any,
    /// These bytes. Others are recorded as garbage, and do not end the waiting.
    Exactly(Vec<u8>),
}

impl DatagramProbe {
    pub(crate) fn new(
        asker: ProbeContext,
        kind: ProbeKind,
        to: SocketAddr,
        payload: Vec<u8>,
        expected: ExpectedReply,
        pace: RetryPace,
    ) -> Self {
        Self { asker, kind, to, payload, expected, tries: RetrySchedule::new(pace) }
    }
}

impl ProbeMachine for DatagramProbe {
    fn poll(&mut self, now: RunInstant) -> MachinePoll {
        if let Some(next) = self.asker.next() {
            return next;
        }
        match self.tries.due(now) {
            RetryAction::Wait(until) => MachinePoll::WaitUntil(until),
            RetryAction::Over => MachinePoll::Done,
            RetryAction::Try(nth) => {
                let flow = self.asker.flow();
                self.tries.made(flow);
                let round = self.asker.round(nth);
                self.asker.sent(now, round, self.kind.clone(), self.to.ip());
                MachinePoll::Do(FlowAction::SendUdp {
                    flow,
                    way: self.asker.way(self.to.ip()),
                    to: self.to,
                    payload: self.payload.clone(),
                })
            }
        }
    }

    fn receive(&mut self, now: RunInstant, event: &FlowEvent) {
        self.tries.note_sent_at(now, event);
        let Some(nth) = self.tries.open(event.flow()) else { return };
        let (answer, ingress) = match event {
            FlowEvent::Datagram { from, link, ttl, payload, .. } if is_same(*from, self.to) => {
                let answer = match &self.expected {
                    ExpectedReply::Exactly(bytes) if bytes != payload => ProbeAnswer::Garbage {
                        what: Untrusted::new("another datagram than was sent"),
                    },
                    ExpectedReply::Any | ExpectedReply::Exactly(_) => ProbeAnswer::Reply,
                };
                (answer, PacketIngress { link: link.clone(), ttl: *ttl })
            }
            event => match failure(event) {
                Some(answer) => (answer, PacketIngress::default()),
                None => return,
            },
        };
        if matches!(answer, ProbeAnswer::Garbage { .. }) {
            if !self.tries.note_garbage(nth) {
                return;
            }
        } else {
            self.tries.answered(nth);
        }
        if matches!(answer, ProbeAnswer::Reply | ProbeAnswer::Refused { .. }) {
            self.tries.settle();
        }
        let round = self.asker.round(nth);
        self.asker.answered(now, round, self.kind.clone(), self.to.ip(), answer, ingress);
    }
}
