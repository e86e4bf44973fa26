//! A TCP port: open, closed, or filtered.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::observation::{ProbeAnswer, ProbeKind};

use super::probe_context::ProbeContext;
use super::retried_probe::{ProbeAttempt, ProbeExchange, RetriedProbe, failure};
use super::retry::RetryPace;
use crate::machine::{FlowAction, FlowEvent, FlowId, RunInstant};

/// Connects and closes, until the port is known to be open or closed.
#[derive(Debug)]
pub(crate) struct TcpExchange {
    to: SocketAddr,
    /// The flow of the last try, to be closed by the next.
    last: Option<FlowId>,
}

/// From the first SYN to "filtered": the kernel repeats a SYN by itself after a second, so that
/// this holds two.
const WINDOW_MS: u64 = 1_500;
/// From one try to the next: before the kernel repeats the SYN, so that each try is one.
const EVERY_MS: u64 = 950;

pub(super) fn probe(
    context: ProbeContext,
    to: SocketAddr,
    delay_ms: u64,
    tries: u16,
) -> RetriedProbe<TcpExchange> {
    let pace = RetryPace { count: tries, delay_ms, every_ms: EVERY_MS, window_ms: WINDOW_MS };
    RetriedProbe::new(context, pace, TcpExchange { to, last: None })
}

impl ProbeExchange for TcpExchange {
    fn kind(&self) -> ProbeKind {
        ProbeKind::Tcp { port: self.to.port() }
    }

    fn to(&self) -> IpAddr {
        self.to.ip()
    }

    fn send(&mut self, _: RunInstant, attempt: ProbeAttempt<'_>) -> FlowAction {
        // Left open, the kernel would go on repeating its SYN.
        if let Some(flow) = self.last.replace(attempt.flow) {
            attempt.context.act(FlowAction::Close { flow });
        }
        let way = attempt.context.way(self.to.ip());
        FlowAction::Connect { flow: attempt.flow, way, to: self.to }
    }

    fn read(
        &mut self,
        _: RunInstant,
        attempt: ProbeAttempt<'_>,
        event: &FlowEvent,
    ) -> Option<ProbeAnswer> {
        let answer = match event {
            FlowEvent::Connected { .. } => ProbeAnswer::Reply,
            event => failure(event)?,
        };
        attempt.context.act(FlowAction::Close { flow: attempt.flow });
        Some(answer)
    }

    /// An error of this host's own kernel may be that of one moment, such as a full table.
    fn is_final(&self, answer: &ProbeAnswer) -> bool {
        matches!(answer, ProbeAnswer::Reply | ProbeAnswer::Reset)
    }
}
