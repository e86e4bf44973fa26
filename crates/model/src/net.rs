//! Basic network types: MAC addresses, interface names, prefixes.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A 48-bit MAC address.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// The broadcast address, `ff:ff:ff:ff:ff:ff`.
    pub const BROADCAST: Self = Self([0xff; 6]);
    /// All zeros: the unknown target hardware address of an ARP request.
    pub const ZERO: Self = Self([0; 6]);

    /// Whether it is a group address (IEEE 802: the lowest bit of the first octet is set).
    #[must_use]
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 == 1
    }

    /// Reads six octets; `None` for any other length.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, octet) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{octet:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that does not have the expected form.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct TextParseError {
    /// The rejected text; printing it is safe.
    pub text: crate::untrusted::Untrusted,
    /// The expected form, with an example.
    pub expected: &'static str,
}

impl TextParseError {
    /// Keeps the rejected text for the message.
    #[must_use]
    pub fn new(text: &str, expected: &'static str) -> Self {
        Self { text: crate::untrusted::Untrusted::new(text), expected }
    }
}

impl FromStr for Mac {
    type Err = TextParseError;

    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let wrong = || TextParseError::new(text, "a MAC address such as dc:a6:32:01:02:03");
        let mut octets = [0; 6];
        let mut parts = text.split(':');
        for octet in &mut octets {
            // `from_str_radix` accepts a sign, an octet of a MAC address has none.
            let is_octet =
                |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
            let part = parts.next().filter(is_octet).ok_or_else(wrong)?;
            *octet = u8::from_str_radix(part, 16).map_err(|_| wrong())?;
        }
        if parts.next().is_some() { Err(wrong()) } else { Ok(Self(octets)) }
    }
}

/// The name of a network interface. Reference-counted, as every observation contains some.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct IfName(Arc<str>);

impl IfName {
    /// Longest name in bytes: `IFNAMSIZ` without the closing zero (linux/if.h).
    pub const MAX_LEN: usize = 15;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl IfName {
    /// Whether it begins with a letter or digit and has letters, digits and `._@-` alone, so that
    /// it means nothing else in scripts and configuration files.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._@-".contains(&b);
        self.0.starts_with(|first: char| first.is_ascii_alphanumeric())
            && self.0.bytes().all(is_plain)
    }
}

impl fmt::Display for IfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for IfName {
    type Err = TextParseError;

    /// Accepts printable names that `dev_valid_name` (net/core/dev.c in the kernel) accepts.
    fn from_str(name: &str) -> Result<Self, TextParseError> {
        let fits = (1..=Self::MAX_LEN).contains(&name.len());
        // Names are directories in sysfs and /proc/sys, which excludes dots and slashes; a colon
        // would separate the label of an alias.
        let is_dots = matches!(name, "." | "..");
        let is_clean = name.bytes().all(|b| b.is_ascii_graphic() && b != b'/' && b != b':');
        if fits && !is_dots && is_clean {
            Ok(Self(name.into()))
        } else {
            Err(TextParseError::new(name, "the name of an interface such as wlan0"))
        }
    }
}

/// An address family.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum IpFamily {
    /// IPv4, with ARP for neighbours.
    V4,
    /// IPv6, with ND for neighbours.
    V6,
}

impl IpFamily {
    /// The family of the address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

impl fmt::Display for IpFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// An address and its prefix length, as `ip address` prints it: host bits are kept.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Prefix {
    /// The address, with its host bits.
    pub address: IpAddr,
    /// Length of the network part in bits.
    pub length: u8,
}

impl Prefix {
    /// Makes a prefix; `None` if `length` exceeds the bits of the address.
    #[must_use]
    pub const fn new(address: IpAddr, length: u8) -> Option<Self> {
        let longest = if address.is_ipv4() { 32 } else { 128 };
        if length <= longest { Some(Self { address, length }) } else { None }
    }

    /// The family of the address.
    #[must_use]
    pub const fn family(self) -> IpFamily {
        IpFamily::of(self.address)
    }

    /// Whether `address` lies in this network.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(other)) => {
                // `checked_shl` fails for a shift by 32: length 0 has an empty mask.
                let mask = u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0);
                net.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(net), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0);
                net.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }

    /// Whether the two networks have an address in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        // Of two overlapping prefixes, one contains the other.
        self.contains(other.address) || other.contains(self.address)
    }

    /// The network address, with all host bits zero.
    #[must_use]
    pub fn network(self) -> Self {
        let address = match self.address {
            IpAddr::V4(net) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(net.to_bits() & mask))
            }
            IpAddr::V6(net) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(net.to_bits() & mask))
            }
        };
        Self { address, length: self.length }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl FromStr for Prefix {
    type Err = TextParseError;

    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let parse = || {
            let (address, length) = text.split_once('/')?;
            let length =
                // `u8::from_str` accepts a sign, a prefix length has none.
                Some(length).filter(|length| length.bytes().all(|b| b.is_ascii_digit()))?;
            Self::new(address.parse().ok()?, length.parse().ok()?)
        };
        parse().ok_or_else(|| TextParseError::new(text, "a network such as 10.244.0.0/16"))
    }
}

/// Serialises a type as the text that its `Display` writes and its `FromStr` reads. A crate that
/// uses the macro depends on `serde` and `schemars`.
#[macro_export]
macro_rules! as_text {
    ($type:ty, $name:literal, $pattern:literal) => {
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                // Borrowed if possible: every line of a record has such texts.
                let text: ::std::borrow::Cow<'de, str> =
                    ::serde::Deserialize::deserialize(deserializer)?;
                text.parse().map_err(::serde::de::Error::custom)
            }
        }

        impl ::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}
pub use as_text;

as_text!(Mac, "Mac", "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$");
as_text!(IfName, "IfName", "^[!-~]{1,15}$");
as_text!(Prefix, "Prefix", "^[0-9a-fA-F.:]+/[0-9]{1,3}$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_contain_what_they_should() {
        let table = [
            ("10.80.0.0/24", "10.80.0.255", true),
            ("10.80.0.0/24", "10.80.1.0", false),
            ("0.0.0.0/0", "255.1.2.3", true),
            ("10.0.0.1/32", "10.0.0.1", true),
            ("10.0.0.1/32", "10.0.0.2", false),
            ("fe80::1/64", "fe80::2", true),
            ("::/0", "2001:db8::1", true),
            ("::/0", "10.0.0.1", false),
        ];
        for (net, address, inside) in table {
            let net: Prefix = net.parse().unwrap();
            assert_eq!(net.contains(address.parse().unwrap()), inside, "{net} {address}");
        }
    }

    #[test]
    fn a_network_has_an_address_and_a_length() {
        for wrong in ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0/8", "::/129"] {
            assert!(wrong.parse::<Prefix>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn overlap_is_symmetric() {
        let [wide, narrow]: [Prefix; 2] =
            ["10.96.0.0/12", "10.99.0.7/24"].map(|t| t.parse().unwrap());
        assert!(wide.overlaps(narrow) && narrow.overlaps(wide));
        assert_eq!(narrow.network().to_string(), "10.99.0.0/24");
    }

    #[test]
    fn only_names_the_kernel_would_take_are_links() {
        for (name, good) in [
            ("wlan0", true),
            ("eth0.100", true),
            ("", false),
            ("..", false),
            ("a/b", false),
            ("a:b", false),
            ("\u{1b}[2J", false),
            ("sixteen-letters!", false),
        ] {
            assert_eq!(name.parse::<IfName>().is_ok(), good, "{name:?}");
        }
    }

    #[test]
    fn macs_read_what_they_print() {
        assert_eq!("02:aa:00:00:00:0b".parse::<Mac>().unwrap().to_string(), "02:aa:00:00:00:0b");
        for wrong in [
            "02:aa:00:00:00",
            "02:aa:00:00:00:0b:0c",
            "2:aa:00:00:00:0b",
            "zz:aa:00:00:00:0b",
            "+2:aa:00:00:00:0b",
        ] {
            assert!(wrong.parse::<Mac>().is_err(), "{wrong}");
        }
    }
}
