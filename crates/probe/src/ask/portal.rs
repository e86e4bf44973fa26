//! The captive-portal test: one page over plain HTTP, compared exactly.

use std::net::SocketAddr;

use pontoon_model::observation::{Answer, ClockSource, Kind};
use pontoon_model::untrusted::Untrusted;

use super::asker::{Asker, Ingress, Nonces, failure};
use super::sntp::OwnClock;
use super::tries::{Due, Pace, Tries};
use crate::machine::{Action, Event, Machine, Moment, Next};
use answer::{Reading, Verdict};
pub use page::{NotAPage, OwnPage, PortalPage};

mod answer;
mod page;

/// Fetches one page and says whether it is what it should be ([`Kind::Portal`]); follows no
/// redirect. The `Date` of the answer is put on record, too ([`ClockSource::HttpDate`]).
#[derive(Debug)]
pub(crate) struct Portal {
    asker: Asker,
    to: SocketAddr,
    page: PortalPage,
    challenge: String,
    clock: OwnClock,
    reading: Reading,
    tries: Tries,
    is_concluded: bool,
}

/// From the first SYN to the verdict, also for a server that streams for ever.
pub(crate) const DEADLINE_MS: u64 = 1_500;

const PACE: Pace = Pace { count: 1, delay_ms: 0, every_ms: 0, window_ms: DEADLINE_MS };

impl Portal {
    pub(crate) fn new(
        asker: Asker,
        to: SocketAddr,
        page: PortalPage,
        clock: OwnClock,
        random: u64,
    ) -> Self {
        let challenge = format!("{:016x}", Nonces::new(random).next());
        let reading = Reading::default();
        let tries = Tries::new(PACE);
        Self { asker, to, page, challenge, clock, reading, tries, is_concluded: false }
    }

    fn kind(&self) -> Kind {
        Kind::Portal { url: Untrusted::new(&self.page.to_string()) }
    }

    fn conclude(&mut self, now: Moment, answer: Answer) {
        self.tries.settle();
        self.is_concluded = true;
        let (round, kind, to) = (self.asker.round(0), self.kind(), self.to.ip());
        self.asker.answered(now, round, kind, to, answer, Ingress::default());
        if let Some(unix_s) = self.reading.date() {
            let kind = Kind::Clock { source: ClockSource::HttpDate };
            let offset_s = self.clock.offset_s(now, unix_s);
            self.asker.sent(now, round, kind.clone(), to);
            let answer = Answer::Clock { offset_s };
            self.asker.answered(now, round, kind, to, answer, Ingress::default());
        }
    }

    /// What the bytes so far amount to when no more will be read. Silence stays silence.
    fn give_up(&mut self, now: Moment) {
        if let Some(verdict) = self.reading.cut_short().filter(|_| !self.is_concluded) {
            self.conclude(now, verdict.into());
        }
    }
}

impl Machine for Portal {
    fn poll(&mut self, now: Moment) -> Next {
        self.clock.begin(now);
        if let Some(next) = self.asker.next() {
            return next;
        }
        match self.tries.due(now) {
            Due::Wait(until) => Next::WaitUntil(until),
            Due::Over => {
                self.give_up(now);
                self.asker.next().unwrap_or(Next::Done)
            }
            Due::Try(nth) => {
                let flow = self.asker.flow();
                self.tries.made(flow);
                let (round, kind) = (self.asker.round(nth), self.kind());
                self.asker.sent(now, round, kind, self.to.ip());
                Next::Do(Action::Connect { flow, way: self.asker.way(self.to.ip()), to: self.to })
            }
        }
    }

    fn receive(&mut self, now: Moment, event: &Event) {
        self.tries.note_leaving(now, event);
        let flow = event.flow();
        if self.tries.open(flow).is_none() {
            return;
        }
        match event {
            Event::Connected { .. } => {
                let bytes = self.page.request(&self.challenge).into_bytes();
                self.asker.act(Action::Write { flow, bytes });
            }
            Event::Bytes { bytes, .. } => {
                if let Some(verdict) = self.reading.take(bytes, &self.page, &self.challenge) {
                    self.asker.act(Action::Close { flow });
                    self.conclude(now, verdict.into());
                }
            }
            Event::Closed { .. } => {
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

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Http { status, location, is_expected } => {
                Self::Http { status, location, is_expected }
            }
            Verdict::Garbage(what) => Self::Garbage { what: Untrusted::new(what) },
        }
    }
}

#[cfg(test)]
mod tests;
