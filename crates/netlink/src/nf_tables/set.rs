//! Sets: many addresses or links in one condition.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;

use super::condition::{MatchField, MatchValue, bits};
use super::{NftTable, list};
use crate::attribute::{address, attributes, be32, find, push_attribute, text};
use crate::error::NetlinkError;
use crate::kernel::NetlinkKernel;
use crate::request::TableDump;
use crate::uapi::nf_tables::{
    NFGENMSG_BYTES, NFT_MSG_GETSETELEM, NFT_MSG_NEWSETELEM, NFT_SET_ELEM_INTERVAL_END,
    NFTA_DATA_VALUE, NFTA_SET_ELEM_FLAGS, NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_LIST_ELEMENTS,
    NFTA_SET_ELEM_LIST_SET, NFTA_SET_ELEM_LIST_TABLE,
};

/// Largest number of messages read for a set. Lists of a country's networks are longer; only the
/// name of such a set is reported.
const MAX_MESSAGES: usize = 64;

/// One element of a set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SetElement {
    /// The value in network byte order, or a link name.
    pub key: Vec<u8>,
    /// Whether an interval ends before this element.
    pub is_interval_end: bool,
}

/// Reads the elements of a set by its name.
///
/// # Errors
/// If the kernel does not list them.
pub fn elements(
    kernel: &dyn NetlinkKernel,
    table: &NftTable,
    set: &[u8],
) -> Result<TableDump<SetElement>, NetlinkError> {
    let mut body = vec![table.family, 0, 0, 0];
    // Names are C strings in attributes, with their closing zero.
    let mut named = |kind, name: &[u8]| push_attribute(&mut body, kind, &[name, b"\0"].concat());
    named(NFTA_SET_ELEM_LIST_TABLE, &table.name);
    named(NFTA_SET_ELEM_LIST_SET, set);
    let messages = (NFT_MSG_GETSETELEM, NFT_MSG_NEWSETELEM);
    let found = list(kernel, messages, &body, MAX_MESSAGES, |body| Some(parse_elements(body)))?;
    Ok(TableDump { entries: found.entries.into_iter().flatten().collect(), flaw: found.flaw })
}

/// Parses one message, which holds as many elements as fit.
fn parse_elements(body: &[u8]) -> Vec<SetElement> {
    let list = attributes(body, NFGENMSG_BYTES);
    let list = list.filter(|(kind, _)| *kind == NFTA_SET_ELEM_LIST_ELEMENTS);
    let elements = list.flat_map(|(_, nest)| attributes(nest, 0));
    elements.filter_map(|(_, element)| parse_element(element)).collect()
}

fn parse_element(element: &[u8]) -> Option<SetElement> {
    let key = find(element, NFTA_SET_ELEM_KEY).and_then(|key| find(key, NFTA_DATA_VALUE))?;
    let flags = find(element, NFTA_SET_ELEM_FLAGS).and_then(be32).unwrap_or_default();
    Some(SetElement { key: key.to_vec(), is_interval_end: flags & NFT_SET_ELEM_INTERVAL_END != 0 })
}

/// The values of the elements for a condition on an address or a link; `None` if they are not
/// understood.
#[must_use]
pub fn values(field: &MatchField, mut elements: Vec<SetElement>) -> Option<Vec<MatchValue>> {
    match field {
        MatchField::Source | MatchField::Destination => {
            // The end of an interval sorts before the start of another at the same address.
            elements.sort_by(|one, other| {
                (&one.key, !one.is_interval_end).cmp(&(&other.key, !other.is_interval_end))
            });
            networks(&elements)
        }
        MatchField::InLink | MatchField::OutLink => {
            let is_plain = elements.iter().all(|element| !element.is_interval_end);
            elements.sort_by(|one, other| one.key.cmp(&other.key));
            let names = elements.iter().map(|element| Untrusted::from_bytes(text(&element.key)));
            // Intervals of link names would be ranges of bytes, which are not decoded.
            is_plain.then(|| names.map(MatchValue::Link).collect())
        }
        _ => None,
    }
}

/// Without intervals each element is one address. With intervals each start reaches to the next
/// end; the last may have none and then reaches to the last address of the family.
fn networks(elements: &[SetElement]) -> Option<Vec<MatchValue>> {
    let has_intervals = elements.iter().any(|element| element.is_interval_end);
    let mut found = Vec::new();
    for (at, element) in elements.iter().enumerate().filter(|(_, one)| !one.is_interval_end) {
        let from = address(&element.key)?;
        let to = match elements.get(at + 1).filter(|next| next.is_interval_end) {
            Some(end) => before(address(&end.key)?)?,
            None if has_intervals => last_of(from),
            None => from,
        };
        found.push(span(from, to));
    }
    Some(found)
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn before(address: IpAddr) -> Option<IpAddr> {
    match address {
        // The end element is the first address behind the interval.
        IpAddr::V4(address) => address.to_bits().checked_sub(1).map(|n| Ipv4Addr::from(n).into()),
        IpAddr::V6(address) => address.to_bits().checked_sub(1).map(|n| Ipv6Addr::from(n).into()),
    }
}

const fn last_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::BROADCAST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(u128::MAX)),
    }
}

/// A network if the range is exactly one, else the range.
fn span(from: IpAddr, to: IpAddr) -> MatchValue {
    let (first, last) = (number(from), number(to));
    let host_bits = (first ^ last).count_ones();
    let hosts = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1);
    let length = u8::try_from(bits(from).saturating_sub(host_bits)).ok();
    let network = length.and_then(|length| Prefix::new(from, length));
    network
        // The range is a network if its host bits are all zero in the first address and all one in
        // the last.
        .filter(|_| first & hosts == 0 && last == first | hosts)
        .map_or(MatchValue::Addresses(from, to), MatchValue::Network)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn element(key: &str, is_interval_end: bool) -> SetElement {
        let key = crate::attribute::octets(key.parse().unwrap());
        SetElement { key, is_interval_end }
    }

    fn shown(field: &MatchField, elements: Vec<SetElement>) -> Vec<String> {
        let values = values(field, elements).unwrap_or_default();
        values.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn without_intervals_each_element_is_an_address() {
        let set = vec![element("10.0.0.9", false), element("10.0.0.1", false)];
        assert_eq!(shown(&MatchField::Source, set), ["10.0.0.1", "10.0.0.9"]);
    }

    /// The kernel's list of elements for `{ 10.96.0.0/12, 10.244.0.0/16, 10.245.0.0-10.245.0.2 }`.
    #[test]
    fn intervals_are_networks_or_ranges() {
        let set = vec![
            element("10.245.0.3", true),
            element("10.245.0.0", false),
            element("10.245.0.0", true),
            element("10.244.0.0", false),
            element("10.112.0.0", true),
            element("10.96.0.0", false),
            element("0.0.0.0", true),
        ];
        let expected = ["10.96.0.0/12", "10.244.0.0/16", "10.245.0.0-10.245.0.2"];
        assert_eq!(shown(&MatchField::Destination, set), expected);
        let to_the_end = vec![element("::", true), element("8000::", false)];
        assert_eq!(shown(&MatchField::Source, to_the_end), ["8000::/1"]);
    }

    #[test]
    fn links_are_names_and_intervals_of_them_are_not_read() {
        let link =
            |name: &[u8], is_interval_end| SetElement { key: name.to_vec(), is_interval_end };
        let names = vec![link(b"flannel.1\0\0", false), link(b"cni0\0", false)];
        assert_eq!(shown(&MatchField::InLink, names), ["cni0", "flannel.1"]);
        assert_eq!(values(&MatchField::InLink, vec![link(b"eth", true)]), None);
        assert_eq!(values(&MatchField::ConnectionState, vec![]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_readers_panic(bytes: Vec<u8>, keys: Vec<(Vec<u8>, bool)>) {
            let _ = parse_elements(&bytes);
            let set = keys.into_iter().map(|(key, is_interval_end)| SetElement {
                key,
                is_interval_end,
            });
            let _ = values(&MatchField::Source, set.collect());
        }

        #[test]
        fn every_span_is_what_it_was_made_of(from: u32, to: u32) {
            let (from, to) = (from.min(to), from.max(to));
            let ends = (IpAddr::from(Ipv4Addr::from(from)), IpAddr::from(Ipv4Addr::from(to)));
            match span(ends.0, ends.1) {
                MatchValue::Addresses(first, last) => prop_assert_eq!((first, last), ends),
                MatchValue::Network(network) => {
                    prop_assert!(network.contains(ends.0) && network.contains(ends.1));
                    prop_assert_eq!(u64::from(to - from), (1_u64 << (32 - network.length)) - 1);
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
