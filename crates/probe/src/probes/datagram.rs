//! An ordinary UDP datagram, and what answers it.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::observation::{ProbeAnswer, ProbeKind};

use super::probe_context::ProbeContext;
use super::retried_probe::{ProbeAttempt, ProbeExchange, RetriedProbe, datagram_from, garbage};
use super::retry::RetryPace;
use crate::machine::{FlowAction, FlowEvent, RunInstant};

/// Sends the same datagram from a fresh port each time.
#[derive(Debug)]
pub(crate) struct DatagramExchange {
    pub(crate) kind: ProbeKind,
    pub(crate) to: SocketAddr,
    pub(crate) payload: Vec<u8>,
    /// The only bytes that count as the answer; without them, any do. Others are recorded as
    /// garbage and do not end the question.
    pub(crate) expected: Option<Vec<u8>>,
}

/// How long an answer may take on a network whose radio is in power save.
pub(super) const WINDOW_MS: u64 = 1_500;

/// A datagram that any answer will do for.
pub(super) fn probe(
    context: ProbeContext,
    kind: ProbeKind,
    to: SocketAddr,
    payload: Vec<u8>,
    tries: u16,
    every_ms: u32,
) -> RetriedProbe<DatagramExchange> {
    let pace =
        RetryPace { count: tries, delay_ms: 0, every_ms: every_ms.into(), window_ms: WINDOW_MS };
    RetriedProbe::new(context, pace, DatagramExchange { kind, to, payload, expected: None })
}

impl ProbeExchange for DatagramExchange {
    fn kind(&self) -> ProbeKind {
        self.kind.clone()
    }

    fn to(&self) -> IpAddr {
        self.to.ip()
    }

    fn send(&mut self, _: RunInstant, attempt: ProbeAttempt<'_>) -> FlowAction {
        attempt.send_udp(self.to, self.payload.clone())
    }

    fn read(
        &mut self,
        _: RunInstant,
        _: ProbeAttempt<'_>,
        event: &FlowEvent,
    ) -> Option<ProbeAnswer> {
        let payload = datagram_from(event, self.to)?;
        let is_expected = self.expected.as_ref().is_none_or(|expected| expected == payload);
        Some(if is_expected {
            ProbeAnswer::Reply
        } else {
            garbage("another datagram than was sent")
        })
    }
}
