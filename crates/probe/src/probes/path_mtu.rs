//! Path MTU: how large a packet passes without fragmentation (RFC 8899).

use std::net::SocketAddr;

use nix::libc::{EMSGSIZE, ENOBUFS};
use pontoon_model::observation::{Observation, ProbeAnswer, ProbeKind};

use super::probe_context::ProbeContext;
use super::retried_probe::{datagram_from, failure};
use super::retry::{RetryAction, RetryPace, RetrySchedule};
use crate::machine::{
    FlowAction, FlowEvent, FlowId, MachinePoll, ProbeMachine, RunInstant, SendOptions,
};

/// Tries the link's own MTU; only when that fails, halves its way through the usual smaller sizes
/// ([`ProbeKind::Size`]).
#[derive(Debug)]
pub(crate) struct PathMtuProbe {
    context: ProbeContext,
    to: SocketAddr,
    prefix: Vec<u8>,
    /// Sizes not yet settled, ascending.
    open: Vec<u32>,
    /// The size that is tried.
    size: u32,
    tries: RetrySchedule,
    probes: Vec<SizeProbe>,
    /// The smallest size of which every try was lost.
    lost: Option<u32>,
    /// Whether a size was answered.
    passes: bool,
    /// Whether the smallest lost size is being tried once more.
    is_repeat: bool,
    is_over: bool,
}

#[derive(Debug)]
struct SizeProbe {
    flow: FlowId,
    size: u32,
    nth: u16,
    is_answered: bool,
}

/// Ethernet's 1500, `PPPoE` (1492), GRE and other tunnels (1480, 1472), `WireGuard` (1420), tunnels
/// in tunnels (1400), the least of IPv6 (1280), the least of QUIC and the base of RFC 8899 (1200).
const USUAL: [u32; 8] = [1200, 1280, 1400, 1420, 1472, 1480, 1492, 1500];

/// `MAX_PROBES` of RFC 8899 is 3. Its timer is a second or more; a quick diagnosis takes 250 ms,
/// and the last answer has twice as long.
const PACE: RetryPace = RetryPace { count: 3, delay_ms: 0, every_ms: 250, window_ms: 500 };

/// Losses may have taken the three: what was lost is tried again before it counts. On a path that
/// loses one frame in five all eight are lost once in 400 000 times.
const REPEAT: RetryPace = RetryPace { count: 5, ..PACE };

/// Jumbo frames are not longer.
const MAX_SIZE: u32 = 9_216;

impl PathMtuProbe {
    pub(crate) fn new(
        template: Observation,
        to: SocketAddr,
        from_bytes: u32,
        mut prefix: Vec<u8>,
    ) -> Self {
        let size = from_bytes.clamp(USUAL[0], MAX_SIZE);
        let open = USUAL.into_iter().filter(|usual| *usual < size).chain([size]).collect();
        // Every size holds it whole.
        prefix.truncate((USUAL[0] - Self::overhead(to)) as usize);
        let (context, tries) = (ProbeContext::new(template), RetrySchedule::new(PACE));
        Self {
            context,
            to,
            prefix,
            open,
            size,
            tries,
            probes: Vec::new(),
            lost: None,
            passes: false,
            is_repeat: false,
            is_over: false,
        }
    }

    /// Bytes of the IP and UDP headers.
    const fn overhead(to: SocketAddr) -> u32 {
        if to.is_ipv4() { 28 } else { 48 }
    }

    fn probe(&mut self, now: RunInstant, nth: u16) -> FlowAction {
        let flow = self.context.flow();
        self.tries.made(flow);
        let nth = if self.is_repeat { PACE.count + nth } else { nth };
        self.probes.push(SizeProbe { flow, size: self.size, nth, is_answered: false });
        self.context.sent(now, nth, ProbeKind::Size { bytes: self.size }, self.to.ip());
        let mut payload = self.prefix.clone();
        payload.resize((self.size - Self::overhead(self.to)) as usize, 0);
        let way = SendOptions { is_whole: true, ..self.context.way(self.to.ip()) };
        FlowAction::SendUdp { flow, way, to: self.to, payload }
    }

    /// Goes on with the middle of the sizes that remain, and in the end with the one that was lost.
    fn next_size(&mut self) {
        let next = self.open.get(self.open.len() / 2).map(|size| (*size, PACE));
        let again = self.lost.filter(|_| self.passes && !self.is_repeat);
        match next.or(again.map(|size| (size, REPEAT))) {
            None => self.is_over = true,
            Some((size, pace)) => {
                self.is_repeat = next.is_none();
                self.size = size;
                self.tries = RetrySchedule::new(pace);
            }
        }
    }

    /// Takes what came for a packet of `size`.
    fn settle(&mut self, size: u32, answer: &ProbeAnswer) {
        if self.is_repeat {
            // One answer shows as much as five.
            self.is_over |= size == self.size;
            return;
        }
        match answer {
            ProbeAnswer::Reply => {
                self.passes = true;
                self.open.retain(|open| *open > size);
            }
            answer if is_too_big(answer) => self.open.retain(|open| *open < size),
            // The port is closed, or nothing leaves at all: other sizes would show no more.
            _ => self.is_over = true,
        }
        if !self.open.contains(&self.size) {
            self.next_size();
        }
    }
}

/// ICMP 3/4 (RFC 1191), `ICMPv6` 2 (RFC 4443), or the own kernel about the own link.
const fn is_too_big(answer: &ProbeAnswer) -> bool {
    matches!(
        answer,
        ProbeAnswer::Icmp { kind: 3, code: 4, .. }
            | ProbeAnswer::Icmp { kind: 2, code: 0, .. }
            | ProbeAnswer::Refused { errno: EMSGSIZE }
    )
}

impl ProbeMachine for PathMtuProbe {
    fn poll(&mut self, now: RunInstant) -> MachinePoll {
        if let Some(next) = self.context.next() {
            return next;
        }
        while !self.is_over {
            match self.tries.due(now) {
                RetryAction::Wait(until) => return MachinePoll::WaitUntil(until),
                RetryAction::Try(nth) => return MachinePoll::Do(self.probe(now, nth)),
                RetryAction::Over => {
                    let missed = self.size;
                    self.lost = Some(missed);
                    self.open.retain(|open| *open < missed);
                    self.next_size();
                }
            }
        }
        MachinePoll::Done
    }

    fn receive(&mut self, now: RunInstant, event: &FlowEvent) {
        self.tries.note_sent_at(now, event);
        let is_open = |probe: &&mut SizeProbe| probe.flow == event.flow() && !probe.is_answered;
        let Some(probe) = self.probes.iter_mut().find(is_open).filter(|_| !self.is_over) else {
            return;
        };
        let answer = match event {
            // Dropped by the own link, whose queue was full: lost like any other.
            FlowEvent::Refused { errno: ENOBUFS, .. } => return,
            event => datagram_from(event, self.to).map(|_| ProbeAnswer::Reply),
        };
        let Some(answer) = answer.or_else(|| failure(event)) else { return };
        probe.is_answered = true;
        let (size, nth) = (probe.size, probe.nth);
        self.settle(size, &answer);
        let kind = ProbeKind::Size { bytes: size };
        self.context.answered(now, nth, kind, self.to.ip(), answer, Some(event));
    }
}

#[cfg(test)]
mod tests;
