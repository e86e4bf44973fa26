//! Reads and writes attributes (`struct nlattr`) and their values.
//!
//! Attributes are read one by one: if another kernel version writes one of them differently, only
//! that attribute is lost, not the link or route that has it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_packet_core::NlasIterator;

use crate::uapi::netlink::{AF_INET, AF_INET6, NLA_HDRLEN, NLMSG_ALIGNTO};

/// The attributes behind a fixed header, as type (without flag bits) and value, up to the first
/// incomplete one.
pub fn attributes(body: &[u8], header: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let bytes = body.get(header..).unwrap_or_default();
    NlasIterator::new(bytes).map_while(Result::ok).map(|attribute| {
        let (kind, length) = (attribute.kind(), usize::from(attribute.length()));
        (kind, attribute.into_inner().get(NLA_HDRLEN..length).unwrap_or_default())
    })
}

/// The value of the first attribute of that type inside a nest.
#[must_use]
pub fn find(nest: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(nest, 0).find(|(found, _)| *found == kind).map(|(_, value)| value)
}

/// Writes an attribute with its padding.
pub fn push_attribute(body: &mut Vec<u8>, kind: u16, value: &[u8]) {
    // The length field is 16 bits; no attribute of this crate is near that size.
    let length = u16::try_from(NLA_HDRLEN + value.len()).unwrap_or(u16::MAX);
    body.extend(length.to_ne_bytes());
    body.extend(kind.to_ne_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(NLMSG_ALIGNTO), 0);
}

/// Reads a 32-bit number in host byte order; `None` beyond the end.
#[must_use]
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let end = at.checked_add(4)?;
    bytes.get(at..end)?.try_into().ok().map(u32::from_ne_bytes)
}

/// Reads a 16-bit number in host byte order; `None` beyond the end.
#[must_use]
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let end = at.checked_add(2)?;
    bytes.get(at..end)?.try_into().ok().map(u16::from_ne_bytes)
}

/// Reads a 32-bit number in network byte order, as `nf_tables` writes them.
#[must_use]
pub fn be32(bytes: &[u8]) -> Option<u32> {
    bytes.get(..4)?.try_into().ok().map(u32::from_be_bytes)
}

/// The bytes of a C string, up to its closing zero.
#[must_use]
pub fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Reads an address of 4 or 16 octets; `None` for any other length.
#[must_use]
pub fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(|octets| Ipv4Addr::from(octets).into()),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|octets| Ipv6Addr::from(octets).into()),
        _ => None,
    }
}

/// The octets of an address.
#[must_use]
pub fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The unspecified address of a family; `None` for families other than IP.
#[must_use]
pub const fn unspecified(family: u8) -> Option<IpAddr> {
    match family {
        AF_INET => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        AF_INET6 => Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn attributes_lose_their_flag_bits_and_keep_what_precedes_a_cut_one() {
        let mut body = vec![0; 8];
        push_attribute(&mut body, 3, b"eth0\0");
        push_attribute(&mut body, 0x8012, &[7]);
        let whole: Vec<_> = attributes(&body, 8).collect();
        assert_eq!(whole, [(3, &b"eth0\0"[..]), (18, &[7][..])]);
        body.truncate(body.len() - 4);
        assert_eq!(attributes(&body, 8).count(), 1);
        assert_eq!(text(b"eth0\0rest"), b"eth0");
    }

    #[test]
    fn an_address_is_written_as_it_is_read() {
        for text in ["10.0.0.1", "fd00::1"] {
            let own: IpAddr = text.parse().unwrap();
            assert_eq!(address(&octets(own)), Some(own));
        }
        assert_eq!(address(&[10, 0, 0]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_readers_panic(bytes: Vec<u8>, header in 0_usize..32) {
            for (_, value) in attributes(&bytes, header) {
                prop_assert!(value.len() <= bytes.len());
                let _ = (find(value, 1), be32(value), u32_at(value, header), address(value));
            }
        }
    }
}
