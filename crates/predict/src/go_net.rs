//! Address parsing and sorting of Go's standard library: `net`, `encoding/hex`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `net.IP.IsGlobalUnicast`: true for private networks, false for link-local addresses.
#[must_use]
pub fn is_global_unicast(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            !(v4.is_broadcast()
                || v4.is_unspecified()
                || v4.is_loopback()
                || v4.is_multicast()
                || v4.is_link_local())
        }
        IpAddr::V6(v6) => {
            !(v6.is_unspecified()
                || v6.is_loopback()
                || v6.is_multicast()
                || v6.is_unicast_link_local())
        }
    }
}

/// `ParseIPSloppy` of k8s.io/utils/net: `net.ParseIP` as before Go 1.17, which reads octets with
/// leading zeros as decimal. IPv4-mapped IPv6 becomes IPv4.
#[must_use]
pub fn parse_ip_sloppy(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(|v6| IpAddr::V6(v6).to_canonical());
    }
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = part.trim_start_matches('0');
        *octet = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    }
    parts.next().is_none().then(|| IpAddr::V4(Ipv4Addr::from(octets)))
}

/// `net.ParseIP`: rejects octets with leading zeros.
#[must_use]
pub fn parse_ip(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// `hex.DecodeString`, with its error messages.
///
/// # Errors
///
/// The message of Go's error.
pub fn decode_hex(text: &str) -> Result<Vec<u8>, String> {
    let digit = |byte: u8| {
        char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or_else(|| {
            let letter = char::from(byte);
            format!("encoding/hex: invalid byte: U+{byte:04X} '{}'", letter.escape_debug())
        })
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = Vec::with_capacity(pairs.len());
    for [high, low] in pairs {
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    match rest {
        [] => Ok(bytes),
        [last, ..] => {
            digit(*last)?;
            Err("encoding/hex: odd length hex string".to_owned())
        }
    }
}

/// The sort key of an IPv6 address of this host in Go's own resolver (`net/addrselect.go`, RFC
/// 6724): the smallest comes first.
///
/// An address of the host is its own source, so only the rules about precedence (6) and scope (8)
/// distinguish two of them.
#[must_use]
pub fn own_address_rank(address: Ipv6Addr) -> (u8, u8) {
    let octets = address.octets();
    // Precedences of the policy table (RFC 6724, section 2.1): loopback, 6to4, Teredo, ULA,
    // deprecated.
    let precedence: u8 = if address.is_loopback() {
        50
    } else if octets[..2] == [0x20, 0x02] {
        30
    } else if octets[..4] == [0x20, 0x01, 0, 0] {
        5
    } else if octets[0] & 0xfe == 0xfc {
        3
    } else if octets[..12] == [0; 12] || octets[..2] == [0x3f, 0xfe] || is_site_local(address) {
        1
    } else {
        40
    };
    let scope = if is_site_local(address) { 5 } else { 14 };
    (u8::MAX - precedence, scope)
}

/// Whether the address is in `fec0::/10`, the deprecated site-local addresses (RFC 3879).
const fn is_site_local(address: Ipv6Addr) -> bool {
    address.segments()[0] & 0xffc0 == 0xfec0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_old_go_reads_them() {
        let table = [
            ("010.000.000.011", Some("10.0.0.11")),
            ("1.2.3.256", None),
            ("1.2.3", None),
            ("1.2.3.4.5", None),
            ("1.2..4", None),
            ("+1.2.3.4", None),
            ("::ffff:1.2.3.4", Some("1.2.3.4")),
            ("fe80::1%eth0", None),
            ("00000000000001.0.0.0", Some("1.0.0.0")),
            ("", None),
        ];
        for (text, expected) in table {
            let expected: Option<IpAddr> = expected.map(|text| text.parse().unwrap());
            assert_eq!(parse_ip_sloppy(text), expected, "{text}");
        }
        assert_eq!(parse_ip("010.0.0.11"), None);
    }

    #[test]
    fn global_is_what_go_calls_so() {
        for address in ["10.0.0.1", "100.64.0.1", "240.0.0.1", "fd00::1", "::ffff:10.0.0.1"] {
            assert!(is_global_unicast(address.parse().unwrap()), "{address}");
        }
        for address in ["0.0.0.0", "127.0.1.1", "169.254.7.7", "224.0.0.1", "255.255.255.255"] {
            assert!(!is_global_unicast(address.parse().unwrap()), "{address}");
        }
        for address in ["::", "::1", "fe80::1", "ff02::1", "::ffff:127.0.0.1"] {
            assert!(!is_global_unicast(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn own_addresses_are_sorted_by_precedence_and_scope() {
        let mut addresses: Vec<Ipv6Addr> = ["fd00::1", "2002::1", "2001:db8::1", "fec0::1"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        addresses.sort_by_key(|address| own_address_rank(*address));
        let sorted: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        assert_eq!(sorted, ["2001:db8::1", "2002::1", "fd00::1", "fec0::1"]);
    }
}
