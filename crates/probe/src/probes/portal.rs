//! The captive-portal test: one page over plain HTTP, compared exactly.

use std::net::SocketAddr;

use pontoon_model::observation::{ClockSource, ProbeAnswer, ProbeKind};
use pontoon_model::untrusted::Untrusted;

use super::probe_context::{NonceGenerator, PacketIngress, ProbeContext, failure};
use super::retry::{RetryAction, RetryPace, RetrySchedule};
use super::sntp::WallClockReading;
use crate::machine::{FlowAction, FlowEvent, MachinePoll, ProbeMachine, RunInstant};
pub use page::{NotAPage, OwnPage, PortalPage};
use response::{PageOutcome, PageReader};

mod response;
mod page;

/// Fetches one page and says whether it is what it should be ([`ProbeKind::Portal`]); follows no
/// redirect. The `Date` of the answer is put on record, too ([`ClockSource::HttpDate`]).
#[derive(Debug)]
pub(crate) struct PortalProbe {
    asker: ProbeContext,
    to: SocketAddr,
    page: PortalPage,
    challenge: String,
    clock: WallClockReading,
    reading: PageReader,
    tries: RetrySchedule,
    is_concluded: bool,
}

/// From the first SYN to the verdict, also for a server that streams for ever.
pub(crate) const DEADLINE_MS: u64 = 1_500;

const PACE: RetryPace = RetryPace { count: 1, delay_ms: 0, every_ms: 0, window_ms: DEADLINE_MS };

impl PortalProbe {
    pub(crate) fn new(
        asker: ProbeContext,
        to: SocketAddr,
        page: PortalPage,
        clock: WallClockReading,
        random: u64,
    ) -> Self {
        let challenge = format!("{:016x}", NonceGenerator::new(random).next());
        let reading = PageReader::default();
        let tries = RetrySchedule::new(PACE);
        Self { asker, to, page, challenge, clock, reading, tries, is_concluded: false }
    }

    fn kind(&self) -> ProbeKind {
        ProbeKind::Portal { url: Untrusted::new(&self.page.to_string()) }
    }

    fn conclude(&mut self, now: RunInstant, answer: ProbeAnswer) {
        self.tries.settle();
        self.is_concluded = true;
        let (round, kind, to) = (self.asker.round(0), self.kind(), self.to.ip());
        self.asker.answered(now, round, kind, to, answer, PacketIngress::default());
        if let Some(unix_s) = self.reading.date() {
            let kind = ProbeKind::Clock { source: ClockSource::HttpDate };
            let offset_s = self.clock.offset_s(now, unix_s);
            self.asker.sent(now, round, kind.clone(), to);
            let answer = ProbeAnswer::Clock { offset_s };
            self.asker.answered(now, round, kind, to, answer, PacketIngress::default());
        }
    }

    /// What the bytes so far amount to when no more will be read. Silence stays silence.
    fn give_up(&mut self, now: RunInstant) {
        if let Some(verdict) = self.reading.cut_short().filter(|_| !self.is_concluded) {
            self.conclude(now, verdict.into());
        }
    }
}

impl ProbeMachine for PortalProbe {
    fn poll(&mut self, now: RunInstant) -> MachinePoll {
        self.clock.begin(now);
        if let Some(next) = self.asker.next() {
            return next;
        }
        match self.tries.due(now) {
            RetryAction::Wait(until) => MachinePoll::WaitUntil(until),
            RetryAction::Over => {
                self.give_up(now);
                self.asker.next().unwrap_or(MachinePoll::Done)
            }
            RetryAction::Try(nth) => {
                let flow = self.asker.flow();
                self.tries.made(flow);
                let (round, kind) = (self.asker.round(nth), self.kind());
                self.asker.sent(now, round, kind, self.to.ip());
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
        let flow = event.flow();
        if self.tries.open(flow).is_none() {
            return;
        }
        match event {
            FlowEvent::Connected { .. } => {
                let bytes = self.page.request(&self.challenge).into_bytes();
                self.asker.act(FlowAction::Write { flow, bytes });
            }
            FlowEvent::Bytes { bytes, .. } => {
                if let Some(verdict) = self.reading.take(bytes, &self.page, &self.challenge) {
                    self.asker.act(FlowAction::Close { flow });
                    self.conclude(now, verdict.into());
                }
            }
            FlowEvent::Closed { .. } => {
                let verdict = self.reading.end(&self.page, &self.challenge);
                self.conclude(now, verdict.into());
            }
            event => {
                if let Some(answer) = failure(event) {
                    self.conclude(now, answer);
                }
            }
        }
    }
}

impl From<PageOutcome> for ProbeAnswer {
    fn from(verdict: PageOutcome) -> Self {
        match verdict {
            PageOutcome::Http { status, location, is_expected } => {
                Self::Http { status, location, is_expected }
            }
            PageOutcome::Garbage(what) => Self::Garbage { what: Untrusted::new(what) },
        }
    }
}

#[cfg(test)]
mod tests;
