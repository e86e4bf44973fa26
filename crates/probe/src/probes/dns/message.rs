//! The wire form of a query and its answer (RFC 1035, section 4).

use std::net::IpAddr;

use hickory_proto::op::{Message, MessageType};
use hickory_proto::rr::{DNSClass, RData, RecordType};
use pontoon_model::net::IpFamily;

use super::name::DnsName;

/// One query for addresses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct DnsAddressQuery {
    pub(super) id: u16,
    pub(super) name: DnsName,
    /// A or AAAA.
    pub(super) family: IpFamily,
}

/// The part of a server's answer that is recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct DnsResponse {
    pub(super) rcode: u16,
    /// [`MAX_ADDRESSES`] at most.
    pub(super) addresses: Vec<IpAddr>,
}

/// More than any check page has; an answer with thousands must not fill the record.
pub(super) const MAX_ADDRESSES: usize = 16;

/// Flags of a query that asks for recursion.
const RECURSION_DESIRED: u16 = 0x0100;

impl DnsAddressQuery {
    /// As it is sent. Written by hand because it cannot fail: the name is one DNS can carry.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.name.as_str().len() + 18);
        for word in [self.id, RECURSION_DESIRED, 1, 0, 0, 0] {
            bytes.extend(word.to_be_bytes());
        }
        for label in self.name.as_str().split('.') {
            // A label has 63 characters at most.
            bytes.push(u8::try_from(label.len()).unwrap_or(63));
            bytes.extend(label.as_bytes());
        }
        bytes.push(0);
        for word in [u16::from(self.record_type()), u16::from(DNSClass::IN)] {
            bytes.extend(word.to_be_bytes());
        }
        bytes
    }

    fn record_type(&self) -> RecordType {
        match self.family {
            IpFamily::V4 => RecordType::A,
            IpFamily::V6 => RecordType::AAAA,
        }
    }
}

/// Reads the answer to `query`; the error is why it is none, in a few words.
pub(super) fn read(bytes: &[u8], query: &DnsAddressQuery) -> Result<DnsResponse, &'static str> {
    let message = Message::from_vec(bytes).map_err(|_| "no DNS message")?;
    if message.metadata.message_type != MessageType::Response {
        return Err("a DNS query instead of an answer");
    }
    if message.metadata.id != query.id {
        return Err("a DNS answer with another id");
    }
    let is_ours = message.queries.iter().all(|asked| {
        // Label by label: a written name has some characters escaped (RFC 1035, section 5.1). Ours
        // is in lower case.
        let labels = asked.name().iter().map(<[u8]>::to_ascii_lowercase);
        labels.eq(query.name.as_str().split('.').map(str::as_bytes))
            && asked.query_type() == query.record_type()
    });
    let rcode = u16::from(message.metadata.response_code);
    // Some servers leave the question out of an error (RFC 8020 is silent on it), never of data.
    if !is_ours || (message.queries.is_empty() && !message.answers.is_empty()) {
        return Err("a DNS answer to another question");
    }
    let addresses = message.answers.iter().filter_map(|record| match &record.data {
        RData::A(address) => Some(IpAddr::from(address.0)),
        RData::AAAA(address) => Some(IpAddr::from(address.0)),
        _ => None,
    });
    Ok(DnsResponse { rcode, addresses: addresses.take(MAX_ADDRESSES).collect() })
}
