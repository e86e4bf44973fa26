//! DNS queries, one server at a time.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::net::IpFamily;
use pontoon_model::observation::{DnsQuery, ProbeAnswer, ProbeKind};
use pontoon_model::untrusted::Untrusted;

use super::probe_context::{NonceGenerator, PacketIngress, ProbeContext, failure, is_same};
use super::retry::{RetryAction, RetryPace, RetrySchedule};
use crate::machine::{FlowAction, FlowEvent, MachinePoll, ProbeMachine, RunInstant};
use message::{DnsAddressQuery, read};
pub use name::{DnsName, NotDnsName};

mod message;
mod name;

/// Asks one server for the addresses of one name ([`ProbeKind::Dns`]).
#[derive(Debug)]
pub(crate) struct DnsProbe {
    asker: ProbeContext,
    kind: ProbeKind,
    server: SocketAddr,
    queries: NonceGenerator,
    name: DnsName,
    family: IpFamily,
    /// The query of each try: each has its own id.
    asked: Vec<DnsAddressQuery>,
    tries: RetrySchedule,
    found: Option<Vec<IpAddr>>,
}

/// Where DNS servers listen (RFC 1035, section 4.2.1).
pub(super) const PORT: u16 = 53;

/// Twice 1.5 s, as stub resolvers do in spirit: a lost packet is not a dead server.
pub(crate) const PACE: RetryPace =
    RetryPace { count: 2, delay_ms: 0, every_ms: 1_500, window_ms: 1_500 };

/// Where silence is the healthy answer, everybody waits for its end.
pub(crate) const SILENT_PACE: RetryPace =
    RetryPace { count: 1, delay_ms: 0, every_ms: 1_200, window_ms: 1_200 };

impl DnsProbe {
    pub(crate) fn new(
        asker: ProbeContext,
        server: SocketAddr,
        query: DnsQuery,
        name: DnsName,
        random: u64,
    ) -> Self {
        let pace = if query == DnsQuery::NoServer { SILENT_PACE } else { PACE };
        Self {
            family: asker.family(),
            asker,
            kind: ProbeKind::Dns { query },
            server,
            queries: NonceGenerator::new(random),
            name,
            asked: Vec::new(),
            tries: RetrySchedule::new(pace),
            found: None,
        }
    }

    /// The addresses of the name, once they are known.
    pub(crate) fn found(&self) -> Option<&[IpAddr]> {
        self.found.as_deref()
    }
}

impl ProbeMachine for DnsProbe {
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
                let [low, high, ..] = self.queries.next().to_le_bytes();
                let id = u16::from_le_bytes([low, high]);
                let query = DnsAddressQuery { id, name: self.name.clone(), family: self.family };
                let payload = query.bytes();
                self.asked.push(query);
                let round = self.asker.round(nth);
                self.asker.sent(now, round, self.kind.clone(), self.server.ip());
                let way = self.asker.way(self.server.ip());
                MachinePoll::Do(FlowAction::SendUdp { flow, way, to: self.server, payload })
            }
        }
    }

    fn receive(&mut self, now: RunInstant, event: &FlowEvent) {
        self.tries.note_sent_at(now, event);
        let Some(nth) = self.tries.open(event.flow()) else { return };
        let (answer, ingress) = match event {
            FlowEvent::Datagram { from, link, ttl, payload, .. } if is_same(*from, self.server) => {
                let answer = match read(payload, &self.asked[usize::from(nth)]) {
                    Ok(answer) => {
                        self.found = Some(answer.addresses.clone());
                        ProbeAnswer::Dns { rcode: answer.rcode, addresses: answer.addresses }
                    }
                    Err(what) => ProbeAnswer::Garbage { what: Untrusted::new(what) },
                };
                (answer, PacketIngress { link: link.clone(), ttl: *ttl })
            }
            event => match failure(event) {
                Some(answer) => (answer, PacketIngress::default()),
                None => return,
            },
        };
        match answer {
            ProbeAnswer::Garbage { .. } if !self.tries.note_garbage(nth) => return,
            ProbeAnswer::Garbage { .. } => {}
            ProbeAnswer::Icmp { .. } => self.tries.answered(nth),
            _ => {
                self.tries.answered(nth);
                self.tries.settle();
            }
        }
        let (round, kind) = (self.asker.round(nth), self.kind.clone());
        self.asker.answered(now, round, kind, self.server.ip(), answer, ingress);
    }
}

#[cfg(test)]
pub(in crate::probes) mod tests;
