//! mDNS as one asks who does not run it: a query from a port of our own, which responders answer
//! to that port alone (RFC 6762, section 6.7).
//!
//! What comes is anybody's bytes: read by a library, bounded, and a name is untrusted text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{Message, MessageType};
use hickory_proto::rr::{Name, RData};
use pontoon_model::untrusted::Untrusted;

/// Where responders listen and answer from (RFC 6762, sections 3 and 6).
pub const PORT: u16 = 5353;
/// The IPv4 group of mDNS (RFC 6762, section 3).
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// The same over IPv6.
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
/// The longest message (RFC 6762, section 17).
pub const MESSAGE_MAX: usize = 9000;
/// Records of a message that are looked at: a host has a few addresses, not hundreds.
const RECORDS_MAX: usize = 64;
/// The letters of a name that are kept (a name has 255 bytes, RFC 1035, section 2.3.4).
const NAME_MAX: usize = 255;

/// The service under which hosts announce themselves (RFC 6763, section 4; what Avahi calls
/// workstations).
const WORKSTATIONS: [&str; 3] = ["_workstation", "_tcp", "local"];
/// The list of services (RFC 6763, section 9), which hosts answer that announce nothing else.
const SERVICES: [&str; 4] = ["_services", "_dns-sd", "_udp", "local"];

const PTR: u16 = 12;
const IN: u16 = 1;

/// The query for all hosts and services on the link.
#[must_use]
pub fn browse(id: u16) -> Vec<u8> {
    query(id, &[labels(&WORKSTATIONS), labels(&SERVICES)])
}

/// The query for the names of these addresses (RFC 6762, section 4).
#[must_use]
pub fn reverse(id: u16, addresses: &[IpAddr]) -> Vec<u8> {
    let names: Vec<_> = addresses.iter().map(|address| reverse_name(*address)).collect();
    query(id, &names)
}

fn labels(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// `2.50.168.192.in-addr.arpa` (RFC 1035, section 3.5; RFC 3596, section 2.5).
fn reverse_name(address: IpAddr) -> Vec<String> {
    let (mut name, zone): (Vec<String>, _) = match address {
        IpAddr::V4(v4) => (v4.octets().iter().rev().map(u8::to_string).collect(), "in-addr"),
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
            (nibbles.map(|nibble| format!("{nibble:x}")).collect(), "ip6")
        }
    };
    name.extend(labels(&[zone, "arpa"]));
    name
}

/// Written by hand, as it cannot fail: the names are ours.
fn query(id: u16, names: &[Vec<String>]) -> Vec<u8> {
    let count = u16::try_from(names.len()).unwrap_or(u16::MAX);
    let mut bytes = Vec::new();
    for word in [id, 0, count, 0, 0, 0] {
        bytes.extend(word.to_be_bytes());
    }
    for name in names.iter().take(count.into()) {
        for label in name {
            // The longest label of ours has twelve letters.
            bytes.push(u8::try_from(label.len()).unwrap_or(63));
            bytes.extend(label.as_bytes());
        }
        bytes.push(0);
        for word in [PTR, IN] {
            bytes.extend(word.to_be_bytes());
        }
    }
    bytes
}

/// A host's announcement that an address has a name.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct MdnsAnnouncement {
    /// The address that the announcement came from.
    pub from: IpAddr,
    /// The address that the name has.
    pub address: IpAddr,
    /// The name, without `.local`.
    pub name: Untrusted,
}

/// Reads an answer; empty when it is none, or holds no names.
#[must_use]
pub fn read(bytes: &[u8], from: IpAddr) -> Vec<MdnsAnnouncement> {
    let Ok(message) = Message::from_vec(bytes.get(..MESSAGE_MAX).unwrap_or(bytes)) else {
        return Vec::new();
    };
    if message.metadata.message_type != MessageType::Response {
        return Vec::new();
    }
    let records = message.answers.iter().chain(&message.additionals).take(RECORDS_MAX);
    let claims = records.filter_map(|record| {
        let (address, name) = match &record.data {
            RData::A(address) => (IpAddr::V4(address.0), &record.name),
            RData::AAAA(address) => (IpAddr::V6(address.0), &record.name),
            RData::PTR(target) => (address_of(&record.name)?, &target.0),
            // The host of a service is the one that offers it.
            RData::SRV(service) => (from, &service.target),
            _ => return None,
        };
        Some(MdnsAnnouncement { from, address, name: host_name(name)? })
    });
    claims.collect()
}

/// The address in a reverse name.
fn address_of(name: &Name) -> Option<IpAddr> {
    let labels: Vec<_> = name.iter().map(|label| String::from_utf8_lossy(label)).collect();
    let (numbers, zone) = labels.split_at_checked(labels.len().checked_sub(2)?)?;
    match (zone[0].to_ascii_lowercase().as_str(), numbers.len()) {
        ("in-addr", 4) => {
            let text: Vec<_> = numbers.iter().rev().map(AsRef::as_ref).collect();
            text.join(".").parse().ok().map(IpAddr::V4)
        }
        ("ip6", 32) => {
            let mut bits = 0_u128;
            for nibble in numbers.iter().rev() {
                let is_one = nibble.len() == 1;
                bits = bits << 4 | u128::from_str_radix(nibble, 16).ok().filter(|_| is_one)?;
            }
            Some(IpAddr::V6(Ipv6Addr::from_bits(bits)))
        }
        _ => None,
    }
}

/// A host's name: its labels without `local`, the top of all names of mDNS (RFC 6762, section 3).
fn host_name(name: &Name) -> Option<Untrusted> {
    let labels: Vec<_> = name.iter().map(|label| String::from_utf8_lossy(label)).collect();
    let (last, host) = labels.split_last()?;
    let text = host.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(".");
    let short: String = text.chars().take(NAME_MAX).collect();
    (last.eq_ignore_ascii_case("local") && !short.is_empty()).then(|| Untrusted::new(&short))
}

#[cfg(test)]
mod tests;
