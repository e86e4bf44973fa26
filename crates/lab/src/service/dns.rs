//! A DNS server that knows a few names, or lies.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream};

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA};
use hickory_proto::rr::{RData, Record, RecordType};

use crate::scenario::DnsManner;
use crate::topology::ServiceHelperConfig;

/// Names of connectivity checks of the usual systems, and one for people.
const WEB_NAMES: [&str; 14] = [
    "connectivitycheck.gstatic.com",
    "connectivitycheck.android.com",
    "clients3.google.com",
    "cp.cloudflare.com",
    "detectportal.firefox.com",
    "captive.apple.com",
    "www.msftconnecttest.com",
    "www.msftncsi.com",
    "dns.msftncsi.com",
    "connectivity-check.ubuntu.com",
    "nmcheck.gnome.org",
    "network-test.debian.org",
    "example.com",
    "www.example.com",
];

/// Names of time servers of the usual systems; also their numbered and vendor zones.
const TIME_NAMES: [&str; 6] = [
    "pool.ntp.org",
    "ntp.org",
    "time.cloudflare.com",
    "time.google.com",
    "time.windows.com",
    "ntp.ubuntu.com",
];

/// Short, so that no answer of a lab stays in a cache.
const TTL_S: u32 = 5;

/// The longest message over TCP (RFC 1035, section 4.2.2: two octets of length).
const MAX_MESSAGE: usize = 65_535;

/// What a server knows and how it uses it.
pub(super) struct DnsZone {
    names: BTreeMap<String, IpAddr>,
    time: Option<IpAddr>,
    manner: DnsManner,
    address: Option<IpAddr>,
}

impl DnsZone {
    pub(super) fn new(
        config: &ServiceHelperConfig,
        zone: &BTreeMap<String, IpAddr>,
        manner: DnsManner,
        address: Option<IpAddr>,
    ) -> Self {
        let web = config.internet.into_iter();
        let web = web.flat_map(|at| WEB_NAMES.iter().map(move |name| ((*name).to_owned(), at)));
        let own = zone.iter().map(|(name, at)| (name.trim_end_matches('.').to_lowercase(), *at));
        let time = config.internet_time.or(config.internet);
        Self { names: web.chain(own).collect(), time, manner, address }
    }

    fn find(&self, name: &str) -> Option<IpAddr> {
        let is_time = TIME_NAMES.iter().any(|zone| {
            name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        self.names.get(name).copied().or(self.time.filter(|_| is_time))
    }

    /// The answer to a query; none: silence. What is no query is answered as RFC 1035 has it
    /// (format error) where there is an id, else not at all.
    pub(super) fn answer(&self, query: &[u8]) -> Option<Vec<u8>> {
        let id = u16::from_be_bytes([*query.first()?, *query.get(1)?]);
        match self.manner {
            DnsManner::Silent => return None,
            DnsManner::Garbage => {
                let mut garbage = id.to_be_bytes().to_vec();
                garbage.extend(b"\xff\xff\xff\xff\xc0\x0c\xc0\x0c\x1b[2J this is no DNS");
                return Some(garbage);
            }
            DnsManner::Honest | DnsManner::Rewrite | DnsManner::Everything => {}
        }
        let Ok(query) = Message::from_vec(query) else {
            return Message::error_msg(id, OpCode::Query, ResponseCode::FormErr).to_vec().ok();
        };
        // Two servers that answer each other's answers would never stop.
        if query.metadata.message_type == MessageType::Response {
            return None;
        }
        self.respond(&query).to_vec().ok()
    }

    fn respond(&self, query: &Message) -> Message {
        let mut response = Message::response(query.metadata.id, query.metadata.op_code);
        response.metadata.recursion_desired = query.metadata.recursion_desired;
        response.metadata.recursion_available = true;
        let Some(question) = query.queries.first() else {
            response.metadata.response_code = ResponseCode::FormErr;
            return response;
        };
        response.add_query(question.clone());
        let name = question.name().to_utf8().trim_end_matches('.').to_lowercase();
        let known = self.find(&name);
        let address = match self.manner {
            DnsManner::Everything => self.address,
            DnsManner::Rewrite => known.or(self.address),
            _ => known,
        };
        let data = match (address, question.query_type()) {
            (None, _) => {
                response.metadata.response_code = ResponseCode::NXDomain;
                None
            }
            (Some(IpAddr::V4(at)), RecordType::A) => Some(RData::A(A(at))),
            (Some(IpAddr::V6(at)), RecordType::AAAA) => Some(RData::AAAA(AAAA(at))),
            // The name exists, but has no such record.
            _ => None,
        };
        if let Some(data) = data {
            response.add_answer(Record::from_rdata(question.name().clone(), TTL_S, data));
        }
        response
    }
}

/// Queries over TCP, each with its length in front.
pub(super) fn converse(stream: &mut TcpStream, zone: &DnsZone, pause: impl Fn()) -> io::Result<()> {
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut query = vec![0; u16::from_be_bytes(length).into()];
        stream.read_exact(&mut query)?;
        pause();
        let Some(mut answer) = zone.answer(&query) else { continue };
        answer.truncate(MAX_MESSAGE);
        let length = u16::try_from(answer.len()).unwrap_or(u16::MAX);
        stream.write_all(&[&length.to_be_bytes()[..], &answer].concat())?;
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use hickory_proto::op::Query;
    use hickory_proto::rr::Name;

    use super::*;

    fn zone(manner: DnsManner) -> DnsZone {
        let config = ServiceHelperConfig {
            services: vec![],
            addresses: vec![],
            internet: Some([203, 0, 113, 80].into()),
            internet_time: Some([203, 0, 113, 123].into()),
        };
        let own = BTreeMap::from([("Srv.Test.".to_owned(), [192, 0, 2, 1].into())]);
        DnsZone::new(&config, &own, manner, Some([172, 20, 0, 1].into()))
    }

    fn ask(zone: &DnsZone, name: &str, kind: RecordType) -> Option<(ResponseCode, Vec<String>)> {
        let mut query = Message::new(0x1234, MessageType::Query, OpCode::Query);
        query.add_query(Query::query(Name::from_str(name).unwrap(), kind));
        let answer = Message::from_vec(&zone.answer(&query.to_vec().unwrap())?).unwrap();
        assert_eq!((answer.metadata.id, answer.queries.len()), (0x1234, 1));
        let data = answer.answers.iter().map(|record| record.data.to_string());
        Some((answer.metadata.response_code, data.collect()))
    }

    #[test]
    fn each_manner_answers_as_it_says() {
        use DnsManner::{Everything, Honest, Rewrite};
        let table = [
            (Honest, "detectportal.firefox.com.", ResponseCode::NoError, &["203.0.113.80"][..]),
            (Honest, "SRV.test.", ResponseCode::NoError, &["192.0.2.1"]),
            (Honest, "2.debian.pool.ntp.org.", ResponseCode::NoError, &["203.0.113.123"]),
            (Honest, "notpool.ntp.orgs.", ResponseCode::NXDomain, &[]),
            (Honest, "x7.invalid.", ResponseCode::NXDomain, &[]),
            (Rewrite, "x7.invalid.", ResponseCode::NoError, &["172.20.0.1"]),
            (Rewrite, "srv.test.", ResponseCode::NoError, &["192.0.2.1"]),
            (Everything, "srv.test.", ResponseCode::NoError, &["172.20.0.1"]),
        ];
        for (manner, name, code, addresses) in table {
            let (is_code, is) = ask(&zone(manner), name, RecordType::A).unwrap();
            assert_eq!((is_code, is), (code, addresses.iter().map(|a| (*a).to_owned()).collect()));
        }
        let aaaa = ask(&zone(Honest), "srv.test.", RecordType::AAAA).unwrap();
        assert_eq!(aaaa, (ResponseCode::NoError, vec![]));
        assert_eq!(ask(&zone(DnsManner::Silent), "srv.test.", RecordType::A), None);
    }

    #[test]
    fn hostile_queries_get_little() {
        let honest = zone(DnsManner::Honest);
        assert_eq!(honest.answer(b""), None);
        assert_eq!(honest.answer(b"x"), None);
        let answer = honest.answer(b"\x12\x34junk").unwrap();
        let answer = Message::from_vec(&answer).unwrap();
        assert_eq!(answer.metadata.response_code, ResponseCode::FormErr);
        // An answer is never answered.
        let answer = Message::error_msg(7, OpCode::Query, ResponseCode::NXDomain).to_vec().unwrap();
        assert_eq!(honest.answer(&answer), None);
        assert!(Message::from_vec(&zone(DnsManner::Garbage).answer(b"\x12\x34").unwrap()).is_err());
    }
}
