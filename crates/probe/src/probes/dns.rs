//! DNS queries, one server at a time.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::net::IpFamily;
use pontoon_model::observation::{DnsQuery, ProbeAnswer, ProbeKind};

use super::probe_context::{NonceGenerator, ProbeContext};
use super::retried_probe::{ProbeAttempt, ProbeExchange, RetriedProbe, datagram_from, garbage};
use super::retry::RetryPace;
use crate::machine::{FlowAction, FlowEvent, RunInstant};
use message::{DnsAddressQuery, DnsResponse, read};
pub use name::{DnsName, NotDnsName};

mod message;
mod name;

/// Asks one server for the addresses of one name ([`ProbeKind::Dns`]).
#[derive(Debug)]
pub(crate) struct DnsExchange {
    server: SocketAddr,
    query: DnsQuery,
    nonces: NonceGenerator,
    name: DnsName,
    family: IpFamily,
    /// The query of each try: each has its own id.
    asked: Vec<DnsAddressQuery>,
    found: Option<Vec<IpAddr>>,
}

/// Where DNS servers listen (RFC 1035, section 4.2.1).
pub(super) const PORT: u16 = 53;

/// Two tries, as stub resolvers make, since a lost packet is not a dead server; but 1.5 s each
/// instead of the 5 s of resolv.conf(5).
pub(crate) const PACE: RetryPace =
    RetryPace { count: 2, delay_ms: 0, every_ms: 1_500, window_ms: 1_500 };

/// Where silence is the healthy answer the whole run waits for its end, so that it is short.
pub(crate) const SILENT_PACE: RetryPace =
    RetryPace { count: 1, delay_ms: 0, every_ms: 1_200, window_ms: 1_200 };

pub(super) fn probe(
    context: ProbeContext,
    server: SocketAddr,
    query: DnsQuery,
    name: DnsName,
    random: u64,
) -> RetriedProbe<DnsExchange> {
    let pace = if query == DnsQuery::NoServer { SILENT_PACE } else { PACE };
    let (family, nonces) = (context.family(), NonceGenerator::new(random));
    let exchange =
        DnsExchange { server, query, nonces, name, family, asked: Vec::new(), found: None };
    RetriedProbe::new(context, pace, exchange)
}

impl DnsExchange {
    /// The addresses of the name, once they are known.
    pub(super) fn found(&self) -> Option<&[IpAddr]> {
        self.found.as_deref()
    }
}

impl ProbeExchange for DnsExchange {
    fn kind(&self) -> ProbeKind {
        ProbeKind::Dns { query: self.query }
    }

    fn to(&self) -> IpAddr {
        self.server.ip()
    }

    fn send(&mut self, _: RunInstant, attempt: ProbeAttempt<'_>) -> FlowAction {
        let [low, high, ..] = self.nonces.next().to_le_bytes();
        let id = u16::from_le_bytes([low, high]);
        let query = DnsAddressQuery { id, name: self.name.clone(), family: self.family };
        let payload = query.bytes();
        self.asked.push(query);
        attempt.send_udp(self.server, payload)
    }

    fn read(
        &mut self,
        _: RunInstant,
        attempt: ProbeAttempt<'_>,
        event: &FlowEvent,
    ) -> Option<ProbeAnswer> {
        let payload = datagram_from(event, self.server)?;
        Some(match read(payload, self.asked.get(usize::from(attempt.nth))?) {
            Ok(DnsResponse { rcode, addresses }) => {
                self.found = Some(addresses.clone());
                ProbeAnswer::Dns { rcode, addresses }
            }
            Err(what) => garbage(what),
        })
    }
}

#[cfg(test)]
pub(in crate::probes) mod tests;
