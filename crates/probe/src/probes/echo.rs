//! ICMP echo as `ping` sends it.

use std::net::IpAddr;

use pontoon_model::observation::{Observation, ProbeAnswer, ProbeKind};

use super::datagram::WINDOW_MS;
use super::probe_context::{NonceGenerator, ProbeContext};
use super::retried_probe::{ProbeAttempt, ProbeExchange, RetriedProbe};
use super::retry::RetryPace;
use crate::machine::{FlowAction, FlowEvent, RunInstant};

/// Pings an address. The payload is random, so that only a host that saw it can answer.
#[derive(Debug)]
pub(crate) struct EchoExchange {
    to: IpAddr,
    payload: [u8; 16],
}

pub(super) fn probe(
    template: Observation,
    to: IpAddr,
    tries: u16,
    every_ms: u32,
    random: u64,
) -> RetriedProbe<EchoExchange> {
    let pace =
        RetryPace { count: tries, delay_ms: 0, every_ms: every_ms.into(), window_ms: WINDOW_MS };
    let payload = NonceGenerator::new(random).next_16_bytes();
    RetriedProbe::new(ProbeContext::new(template), pace, EchoExchange { to, payload })
}

impl ProbeExchange for EchoExchange {
    fn kind(&self) -> ProbeKind {
        ProbeKind::RoutedEcho
    }

    fn to(&self) -> IpAddr {
        self.to
    }

    fn send(&mut self, _: RunInstant, attempt: ProbeAttempt<'_>) -> FlowAction {
        FlowAction::SendEcho {
            flow: attempt.flow,
            way: attempt.context.way(self.to),
            to: self.to,
            sequence: attempt.nth + 1,
            payload: self.payload.to_vec(),
        }
    }

    fn read(
        &mut self,
        _: RunInstant,
        attempt: ProbeAttempt<'_>,
        event: &FlowEvent,
    ) -> Option<ProbeAnswer> {
        let FlowEvent::EchoReply { from, sequence, payload, .. } = event else { return None };
        let is_ours = *from == self.to && *sequence == attempt.nth + 1 && *payload == self.payload;
        is_ours.then_some(ProbeAnswer::Reply)
    }
}
