//! A TCP port: open, closed, or filtered.

use std::net::SocketAddr;

use pontoon_model::observation::{ProbeAnswer, ProbeKind};

use super::probe_context::{PacketIngress, ProbeContext, failure};
use super::retry::{RetryAction, RetryPace, RetrySchedule};
use crate::machine::{FlowAction, FlowEvent, FlowId, MachinePoll, ProbeMachine, RunInstant};

/// Connects and hangs up ([`ProbeKind::Tcp`]), until the port is open or closed. The kernel repeats the
/// SYN by itself after a second, so that the window of a try holds two.
#[derive(Debug)]
pub(crate) struct TcpProbe {
    asker: ProbeContext,
    to: SocketAddr,
    tries: RetrySchedule,
    /// The flow of the last try.
    last: Option<FlowId>,
}

impl TcpProbe {
    /// From the first SYN to "filtered".
    pub(crate) const WINDOW_MS: u64 = 1_500;
    /// From one try to the next: before the kernel repeats the SYN, so that each try is one.
    const EVERY_MS: u64 = 950;

    pub(crate) fn new(asker: ProbeContext, to: SocketAddr, delay_ms: u64, tries: u16) -> Self {
        let every_ms = Self::EVERY_MS;
        let pace = RetryPace { count: tries, delay_ms, every_ms, window_ms: Self::WINDOW_MS };
        Self { asker, to, tries: RetrySchedule::new(pace), last: None }
    }

    fn kind(&self) -> ProbeKind {
        ProbeKind::Tcp { port: self.to.port() }
    }
}

impl ProbeMachine for TcpProbe {
    fn poll(&mut self, now: RunInstant) -> MachinePoll {
        if let Some(next) = self.asker.next() {
            return next;
        }
        match self.tries.due(now) {
            RetryAction::Wait(until) => MachinePoll::WaitUntil(until),
            RetryAction::Over => MachinePoll::Done,
            RetryAction::Try(nth) => {
                let flow = self.asker.flow();
                // Left open, its kernel would go on repeating the SYN.
                let before = self.last.replace(flow);
                self.tries.made(flow);
                if let Some(flow) = before {
                    self.asker.act(FlowAction::Close { flow });
                }
                let round = self.asker.round(nth);
                self.asker.sent(now, round, self.kind(), self.to.ip());
                MachinePoll::Do(FlowAction::Connect {
                    flow,
                    way: self.asker.way(self.to.ip()),
                    to: self.to,
                })
            }
        }
    }

    fn receive(&mut self, now: RunInstant, event: &FlowEvent) {
        self.tries.note_sent_at(now, event);
        let Some(nth) = self.tries.open(event.flow()) else { return };
        let answer = match event {
            FlowEvent::Connected { .. } => ProbeAnswer::Reply,
            event => match failure(event) {
                Some(answer) => answer,
                None => return,
            },
        };
        self.tries.answered(nth);
        if matches!(answer, ProbeAnswer::Reply | ProbeAnswer::Reset) {
            self.tries.settle();
        }
        self.asker.act(FlowAction::Close { flow: event.flow() });
        let (round, kind) = (self.asker.round(nth), self.kind());
        self.asker.answered(now, round, kind, self.to.ip(), answer, PacketIngress::default());
    }
}
