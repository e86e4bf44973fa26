//! Tracks the registers while a rule is parsed, and derives the meaning of a comparison.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;

use super::condition::{MatchField, MatchValue, RuleCondition};
use super::expression::{CompareOperator, LoadSource};
use crate::attribute::{text, u32_at};
use crate::uapi::if_link::IFNAMSIZ;
use crate::uapi::nf_tables::{NFPROTO_IPV4, NFPROTO_IPV6};

/// `ETH_P_IP` and `ETH_P_IPV6` (`linux/if_ether.h`), in network byte order.
const ETHER_TYPES: [([u8; 2], u8); 2] =
    [([0x08, 0x00], NFPROTO_IPV4), ([0x86, 0xdd], NFPROTO_IPV6)];
/// In an IPv4 header (RFC 791): offsets of source and destination address, length of an address.
const IPV4_ADDRESSES: [u32; 3] = [12, 16, 4];
/// The same for an IPv6 header (RFC 8200).
const IPV6_ADDRESSES: [u32; 3] = [8, 24, 16];

/// The contents of the registers at one point of a rule.
pub(super) struct RegisterFile<'a> {
    /// `NFPROTO_IPV4` or `NFPROTO_IPV6`, once the table or a condition determines it.
    family: Option<u8>,
    /// Number of values loaded since the last condition; several are looked up as one concatenated
    /// key.
    fresh: u32,
    loaded: BTreeMap<u32, LoadedValue<'a>>,
}

#[derive(Clone, Copy)]
struct LoadedValue<'a> {
    source: LoadSource,
    mask: Option<&'a [u8]>,
}

impl<'a> RegisterFile<'a> {
    /// Empty registers, for a rule in a table of that family.
    pub(super) fn new(family: u8) -> Self {
        let family = [NFPROTO_IPV4, NFPROTO_IPV6].into_iter().find(|known| *known == family);
        Self { family, fresh: 0, loaded: BTreeMap::new() }
    }

    /// Records that a value is loaded into a register.
    pub(super) fn load(&mut self, register: u32, source: LoadSource) {
        self.fresh += 1;
        self.loaded.insert(register, LoadedValue { source, mask: None });
    }

    /// Records that a register is masked into another.
    pub(super) fn mask(&mut self, from: u32, to: u32, mask: &'a [u8]) {
        let source = self.loaded.remove(&from).map_or(LoadSource::Other, |value| value.source);
        self.loaded.insert(to, LoadedValue { source, mask: Some(mask) });
    }

    /// The condition of a comparison of a register with a value.
    pub(super) fn compare(
        &mut self,
        register: u32,
        operator: CompareOperator,
        value: &[u8],
    ) -> RuleCondition {
        let Some(found) = self.loaded.get(&register).copied() else { return other() };
        if operator == CompareOperator::Equal {
            // A rule in a table of family inet tests the family first; only then are header offsets
            // known.
            self.learn_family(found.source, value);
        }
        let Some((field, is_address)) = self.field(found.source) else { return other() };
        let meaning = if is_address {
            self.network(found, value).map(MatchValue::Network)
        } else if field == MatchField::ConnectionState {
            return states(found, operator, value);
        } else {
            Some(MatchValue::Link(link_name(value)))
        };
        let value = match operator {
            CompareOperator::Equal | CompareOperator::NotEqual => meaning,
            CompareOperator::AtLeast if is_address => self.at_least(value),
            CompareOperator::AtMost if is_address => self.at_most(value),
            _ => None,
        };
        RuleCondition {
            field,
            is_negated: operator == CompareOperator::NotEqual,
            value: value.unwrap_or(MatchValue::Other),
        }
    }

    /// The condition of a range check of a register.
    pub(super) fn range(
        &self,
        register: u32,
        is_negated: bool,
        from: &[u8],
        to: &[u8],
    ) -> RuleCondition {
        let Some(found) = self.loaded.get(&register) else { return other() };
        let Some((field, is_address)) = self.field(found.source) else { return other() };
        let ends = self.address(from).zip(self.address(to)).filter(|_| is_address);
        let value = ends.map_or(MatchValue::Other, |(from, to)| MatchValue::Addresses(from, to));
        RuleCondition { field, is_negated, value }
    }

    /// The condition of a set lookup. A lookup of several concatenated values is not decoded, as it
    /// says nothing about one of them alone.
    pub(super) fn lookup(&self, register: u32, is_negated: bool, set: &[u8]) -> RuleCondition {
        let found = self.loaded.get(&register).filter(|_| self.fresh <= 1);
        let field = found.and_then(|found| self.field(found.source)).map(|(field, _)| field);
        let Some(field) = field else { return other() };
        RuleCondition { field, is_negated, value: MatchValue::Set(Untrusted::from_bytes(set)) }
    }

    /// Ends a condition: values loaded from now on belong to the next one.
    pub(super) fn complete(&mut self) {
        self.fresh = 0;
    }

    fn learn_family(&mut self, source: LoadSource, value: &[u8]) {
        let known = match source {
            LoadSource::Family => value.first().copied(),
            LoadSource::EtherType => {
                let known = ETHER_TYPES.into_iter().find(|(number, _)| value == number);
                known.map(|(_, family)| family)
            }
            _ => None,
        };
        self.family = known.or(self.family);
    }

    /// The field that a register holds, and whether it is an address.
    fn field(&self, source: LoadSource) -> Option<(MatchField, bool)> {
        match source {
            LoadSource::InLink => Some((MatchField::InLink, false)),
            LoadSource::OutLink => Some((MatchField::OutLink, false)),
            LoadSource::ConnectionState => Some((MatchField::ConnectionState, false)),
            LoadSource::NetworkHeader { offset, length } => {
                let [source, destination, whole] = self.addresses()?;
                let field = if offset == source {
                    MatchField::Source
                } else if offset == destination {
                    MatchField::Destination
                } else {
                    return None;
                };
                // A shorter load compares a prefix of the address (see `network`).
                (length <= whole).then_some((field, true))
            }
            LoadSource::Family | LoadSource::EtherType | LoadSource::Other => None,
        }
    }

    fn addresses(&self) -> Option<[u32; 3]> {
        match self.family? {
            NFPROTO_IPV4 => Some(IPV4_ADDRESSES),
            NFPROTO_IPV6 => Some(IPV6_ADDRESSES),
            _ => None,
        }
    }

    /// An address from its first bytes; the others are zero.
    fn address(&self, bytes: &[u8]) -> Option<IpAddr> {
        fn padded<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
            let mut octets = [0; N];
            octets.get_mut(..bytes.len())?.copy_from_slice(bytes);
            Some(octets)
        }
        match self.family? {
            NFPROTO_IPV4 => padded::<4>(bytes).map(IpAddr::from),
            NFPROTO_IPV6 => padded::<16>(bytes).map(IpAddr::from),
            _ => None,
        }
    }

    fn at_least(&self, value: &[u8]) -> Option<MatchValue> {
        let last = self.address(&vec![0xff; value.len()])?;
        self.address(value).map(|from| MatchValue::Addresses(from, last))
    }

    fn at_most(&self, value: &[u8]) -> Option<MatchValue> {
        let first = self.address(&[])?;
        self.address(value).map(|to| MatchValue::Addresses(first, to))
    }

    /// The network of a comparison: nft compares only the first bytes if the prefix length is a
    /// multiple of eight, and masks the address otherwise.
    fn network(&self, found: LoadedValue<'_>, value: &[u8]) -> Option<Prefix> {
        let address = self.address(value)?;
        let length = match found.mask {
            None => u8::try_from(value.len()).ok()?.checked_mul(8)?,
            Some(mask) => prefix_length(mask)?,
        };
        Prefix::new(address, length)
    }
}

fn other() -> RuleCondition {
    RuleCondition { field: MatchField::Other, is_negated: false, value: MatchValue::Other }
}

/// The length of a netmask; `None` if its ones are not contiguous.
fn prefix_length(mask: &[u8]) -> Option<u8> {
    let ones: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let full = usize::try_from(ones / 8).ok()?;
    let is_contiguous = mask.iter().enumerate().all(|(at, byte)| match at.cmp(&full) {
        std::cmp::Ordering::Less => *byte == 0xff,
        std::cmp::Ordering::Equal => byte.leading_ones() == ones % 8,
        std::cmp::Ordering::Greater => *byte == 0,
    });
    is_contiguous.then(|| u8::try_from(ones).ok())?
}

/// The states of a comparison: nft compiles "one of these states" to a mask and a comparison with
/// 0, and a single state also to a comparison with its value.
fn states(found: LoadedValue<'_>, operator: CompareOperator, value: &[u8]) -> RuleCondition {
    let compared = u32_at(value, 0);
    let (is_negated, states) = match (found.mask, operator) {
        (Some(mask), CompareOperator::NotEqual) if compared == Some(0) => (false, u32_at(mask, 0)),
        (Some(mask), CompareOperator::Equal) if compared == Some(0) => (true, u32_at(mask, 0)),
        (None, CompareOperator::Equal) => (false, compared),
        (None, CompareOperator::NotEqual) => (true, compared),
        _ => (false, None),
    };
    let value = states.map_or(MatchValue::Other, MatchValue::States);
    RuleCondition { field: MatchField::ConnectionState, is_negated, value }
}

/// The link name of a comparison: a whole name is compared with its closing zero, a prefix without.
fn link_name(value: &[u8]) -> Untrusted {
    let name = text(value);
    if name.len() == value.len() && name.len() < IFNAMSIZ {
        return Untrusted::from_bytes(&[name, b"*"].concat());
    }
    Untrusted::from_bytes(name)
}
