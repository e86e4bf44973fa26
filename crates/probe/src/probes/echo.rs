//! ICMP echo as `ping` sends it.

use std::net::IpAddr;

use pontoon_model::observation::{Observation, ProbeAnswer, ProbeKind};

use super::probe_context::{NonceGenerator, PacketIngress, ProbeContext, failure};
use super::retry::{RetryAction, RetryPace, RetrySchedule};
use crate::machine::{FlowAction, FlowEvent, MachinePoll, ProbeMachine, RunInstant};

/// Asks until one echo is answered ([`ProbeKind::RoutedEcho`]).
#[derive(Debug)]
pub(crate) struct EchoProbe {
    asker: ProbeContext,
    to: IpAddr,
    payload: [u8; 16],
    tries: RetrySchedule,
}

impl EchoProbe {
    /// How long an echo may take on a network whose radio dozes.
    pub(crate) const WINDOW_MS: u64 = 1_500;

    pub(crate) fn new(template: Observation, to: IpAddr, pace: RetryPace, random: u64) -> Self {
        let mut nonces = NonceGenerator::new(random);
        let payload = (u128::from(nonces.next()) << 64 | u128::from(nonces.next())).to_be_bytes();
        Self { asker: ProbeContext::new(template), to, payload, tries: RetrySchedule::new(pace) }
    }
}

impl ProbeMachine for EchoProbe {
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
                self.asker.sent(now, round, ProbeKind::RoutedEcho, self.to);
                MachinePoll::Do(FlowAction::SendEcho {
                    flow,
                    way: self.asker.way(self.to),
                    to: self.to,
                    sequence: nth + 1,
                    payload: self.payload.to_vec(),
                })
            }
        }
    }

    fn receive(&mut self, now: RunInstant, event: &FlowEvent) {
        self.tries.note_sent_at(now, event);
        let Some(nth) = self.tries.open(event.flow()) else { return };
        let (answer, ingress) = match event {
            FlowEvent::EchoReply { from, link, sequence, ttl, payload, .. } => {
                let is_ours = *from == self.to && *sequence == nth + 1 && *payload == self.payload;
                if !is_ours {
                    return;
                }
                (ProbeAnswer::Reply, PacketIngress { link: link.clone(), ttl: *ttl })
            }
            event => match failure(event) {
                Some(answer) => (answer, PacketIngress::default()),
                None => return,
            },
        };
        self.tries.answered(nth);
        if matches!(answer, ProbeAnswer::Reply | ProbeAnswer::Refused { .. }) {
            self.tries.settle();
        }
        let round = self.asker.round(nth);
        self.asker.answered(now, round, ProbeKind::RoutedEcho, self.to, answer, ingress);
    }
}
