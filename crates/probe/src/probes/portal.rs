//! The captive-portal test: one page over plain HTTP, compared exactly.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::observation::{ClockSource, ProbeAnswer, ProbeKind};
use pontoon_model::untrusted::Untrusted;

use super::probe_context::{NonceGenerator, ProbeContext};
use super::retried_probe::{ProbeAttempt, ProbeExchange, RetriedProbe, failure, garbage};
use super::retry::RetryPace;
use super::sntp::WallClockReading;
use crate::machine::{FlowAction, FlowEvent, RunInstant};
pub use page::{NotAPage, OwnPage, PortalPage};
use response::{PageOutcome, PageReader};

mod response;
mod page;

/// Fetches one page and compares it with what it should be ([`ProbeKind::Portal`]); follows no
/// redirect. The `Date` of the answer is put on record, too ([`ClockSource::HttpDate`]).
#[derive(Debug)]
pub(crate) struct PortalExchange {
    to: SocketAddr,
    page: PortalPage,
    challenge: String,
    clock: WallClockReading,
    reading: PageReader,
    is_requested: bool,
    is_concluded: bool,
}

/// From the first SYN to the verdict, also for a server that streams for ever.
pub(crate) const DEADLINE_MS: u64 = 1_500;

const PACE: RetryPace = RetryPace { count: 1, delay_ms: 0, every_ms: 0, window_ms: DEADLINE_MS };

pub(super) fn probe(
    context: ProbeContext,
    to: SocketAddr,
    page: PortalPage,
    clock: WallClockReading,
    random: u64,
) -> RetriedProbe<PortalExchange> {
    let challenge = format!("{:016x}", NonceGenerator::new(random).next());
    let reading = PageReader::default();
    let (is_requested, is_concluded) = (false, false);
    let exchange =
        PortalExchange { to, page, challenge, clock, reading, is_requested, is_concluded };
    RetriedProbe::new(context, PACE, exchange)
}

impl ProbeExchange for PortalExchange {
    fn kind(&self) -> ProbeKind {
        ProbeKind::Portal { url: Untrusted::new(&self.page.to_string()) }
    }

    fn to(&self) -> IpAddr {
        self.to.ip()
    }

    fn send(&mut self, now: RunInstant, attempt: ProbeAttempt<'_>) -> FlowAction {
        self.clock.begin(now);
        let way = attempt.context.way(self.to.ip());
        FlowAction::Connect { flow: attempt.flow, way, to: self.to }
    }

    fn read(
        &mut self,
        _: RunInstant,
        attempt: ProbeAttempt<'_>,
        event: &FlowEvent,
    ) -> Option<ProbeAnswer> {
        let flow = attempt.flow;
        let answer = match event {
            FlowEvent::Connected { .. } => {
                if std::mem::replace(&mut self.is_requested, true) {
                    return None;
                }
                let bytes = self.page.request(&self.challenge).into_bytes();
                attempt.context.act(FlowAction::Write { flow, bytes });
                return None;
            }
            FlowEvent::Bytes { bytes, .. } => {
                let verdict = self.reading.take(bytes, &self.page, &self.challenge)?;
                attempt.context.act(FlowAction::Close { flow });
                verdict.into()
            }
            FlowEvent::Closed { .. } => self.reading.end(&self.page, &self.challenge).into(),
            event => failure(event)?,
        };
        self.is_concluded = true;
        Some(answer)
    }

    /// One connection, one verdict: another try would meet the same portal.
    fn is_final(&self, _: &ProbeAnswer) -> bool {
        true
    }

    fn cut_short(&mut self) -> Option<ProbeAnswer> {
        let verdict = self.reading.cut_short().filter(|_| !self.is_concluded)?;
        self.is_concluded = true;
        Some(verdict.into())
    }

    fn after_answer(&mut self, now: RunInstant, context: &mut ProbeContext) {
        let Some(unix_s) = self.reading.date() else { return };
        let kind = ProbeKind::Clock { source: ClockSource::HttpDate };
        let answer = ProbeAnswer::Clock { offset_s: self.clock.offset_s(now, unix_s) };
        context.sent(now, 0, kind.clone(), self.to.ip());
        context.answered(now, 0, kind, self.to.ip(), answer, None);
    }
}

impl From<PageOutcome> for ProbeAnswer {
    fn from(verdict: PageOutcome) -> Self {
        match verdict {
            PageOutcome::Http { status, location, is_expected } => {
                Self::Http { status, location, is_expected }
            }
            PageOutcome::Garbage(what) => garbage(what),
        }
    }
}

#[cfg(test)]
mod tests;
