//! DNS queries, one server at a time.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::net::Family;
use pontoon_model::observation::{Answer, DnsQuery, Kind};
use pontoon_model::untrusted::Untrusted;

use super::asker::{Asker, Ingress, Nonces, failure, is_same};
use super::tries::{Due, Pace, Tries};
use crate::machine::{Action, Event, Machine, Moment, Next};
use message::{Query, read};
pub use name::{DnsName, NotDnsName};

mod message;
mod name;

/// Asks one server for the addresses of one name ([`Kind::Dns`]).
#[derive(Debug)]
pub(crate) struct Dns {
    asker: Asker,
    kind: Kind,
    server: SocketAddr,
    queries: Nonces,
    name: DnsName,
    family: Family,
    /// The query of each try: each has its own id.
    asked: Vec<Query>,
    tries: Tries,
    found: Option<Vec<IpAddr>>,
}

/// Where DNS servers listen (RFC 1035, section 4.2.1).
pub(super) const PORT: u16 = 53;

/// Twice 1.5 s, as stub resolvers do in spirit: a lost packet is not a dead server.
pub(crate) const PACE: Pace = Pace { count: 2, delay_ms: 0, every_ms: 1_500, window_ms: 1_500 };

/// Where silence is the healthy answer, everybody waits for its end.
pub(crate) const SILENT_PACE: Pace =
    Pace { count: 1, delay_ms: 0, every_ms: 1_200, window_ms: 1_200 };

impl Dns {
    pub(crate) fn new(
        asker: Asker,
        server: SocketAddr,
        query: DnsQuery,
        name: DnsName,
        random: u64,
    ) -> Self {
        let pace = if query == DnsQuery::NoServer { SILENT_PACE } else { PACE };
        Self {
            family: asker.family(),
            asker,
            kind: Kind::Dns { query },
            server,
            queries: Nonces::new(random),
            name,
            asked: Vec::new(),
            tries: Tries::new(pace),
            found: None,
        }
    }

    /// The addresses of the name, once they are known.
    pub(crate) fn found(&self) -> Option<&[IpAddr]> {
        self.found.as_deref()
    }
}

impl Machine for Dns {
    fn poll(&mut self, now: Moment) -> Next {
        if let Some(next) = self.asker.next() {
            return next;
        }
        match self.tries.due(now) {
            Due::Wait(until) => Next::WaitUntil(until),
            Due::Over => Next::Done,
            Due::Try(nth) => {
                let flow = self.asker.flow();
                self.tries.made(flow);
                let [low, high, ..] = self.queries.next().to_le_bytes();
                let id = u16::from_le_bytes([low, high]);
                let query = Query { id, name: self.name.clone(), family: self.family };
                let payload = query.bytes();
                self.asked.push(query);
                let round = self.asker.round(nth);
                self.asker.sent(now, round, self.kind.clone(), self.server.ip());
                let way = self.asker.way(self.server.ip());
                Next::Do(Action::SendUdp { flow, way, to: self.server, payload })
            }
        }
    }

    fn receive(&mut self, now: Moment, event: &Event) {
        self.tries.note_leaving(now, event);
        let Some(nth) = self.tries.open(event.flow()) else { return };
        let (answer, ingress) = match event {
            Event::Datagram { from, link, ttl, payload, .. } if is_same(*from, self.server) => {
                let answer = match read(payload, &self.asked[usize::from(nth)]) {
                    Ok(answer) => {
                        self.found = Some(answer.addresses.clone());
                        Answer::Dns { rcode: answer.rcode, addresses: answer.addresses }
                    }
                    Err(what) => Answer::Garbage { what: Untrusted::new(what) },
                };
                (answer, Ingress { link: link.clone(), ttl: *ttl })
            }
            event => match failure(event) {
                Some(answer) => (answer, Ingress::default()),
                None => return,
            },
        };
        match answer {
            Answer::Garbage { .. } if !self.tries.spoilt(nth) => return,
            Answer::Garbage { .. } => {}
            Answer::Icmp { .. } => self.tries.answered(nth),
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
pub(in crate::ask) mod tests;
