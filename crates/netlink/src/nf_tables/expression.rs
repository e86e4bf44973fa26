//! Expressions, the instructions of a rule: load a value into a register, compare a register, give
//! a verdict. One statement of nft(8) becomes several of them.

use crate::attribute::{attributes, be32, find, text};
use crate::uapi::nf_tables::{
    NF_ACCEPT, NF_DROP, NFT_CMP_EQ, NFT_CMP_GTE, NFT_CMP_LTE, NFT_CMP_NEQ, NFT_CT_STATE, NFT_GOTO,
    NFT_JUMP, NFT_LOOKUP_F_INV, NFT_META_IIFNAME, NFT_META_NFPROTO, NFT_META_OIFNAME,
    NFT_META_PROTOCOL, NFT_NAT_SNAT, NFT_PAYLOAD_LL_HEADER, NFT_PAYLOAD_NETWORK_HEADER,
    NFT_RANGE_EQ, NFT_REG_VERDICT, NFT_RETURN, NFTA_BITWISE_DREG, NFTA_BITWISE_MASK,
    NFTA_BITWISE_SREG, NFTA_BITWISE_XOR, NFTA_CMP_DATA, NFTA_CMP_OP, NFTA_CMP_SREG, NFTA_CT_DREG,
    NFTA_CT_KEY, NFTA_DATA_VALUE, NFTA_DATA_VERDICT, NFTA_EXPR_DATA, NFTA_EXPR_NAME,
    NFTA_IMMEDIATE_DATA, NFTA_LOOKUP_DREG, NFTA_LOOKUP_FLAGS, NFTA_LOOKUP_SET, NFTA_LOOKUP_SREG,
    NFTA_META_DREG, NFTA_META_KEY, NFTA_NAT_TYPE, NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_DREG,
    NFTA_PAYLOAD_LEN, NFTA_PAYLOAD_OFFSET, NFTA_RANGE_FROM_DATA, NFTA_RANGE_OP, NFTA_RANGE_SREG,
    NFTA_RANGE_TO_DATA, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE,
};
use crate::uapi::nf_tables_compat::{NFTA_MATCH_NAME, NFTA_TARGET_NAME};

/// One expression of a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NftExpression<'a> {
    /// Ends the rule with a verdict.
    Verdict(NftVerdict<'a>),
    /// Drops the packet and sends an error to its source.
    Reject,
    /// Source NAT to the address of the outgoing link.
    Masquerade,
    /// Source NAT to a given address.
    SourceNat,
    /// Loads a value into a register.
    Load {
        /// The target register.
        register: u32,
        /// The loaded value.
        source: LoadSource,
    },
    /// Copies a register, keeping only some bits.
    Mask {
        /// The source register.
        from: u32,
        /// The target register.
        to: u32,
        /// The bits to keep.
        mask: &'a [u8],
    },
    /// Continues with the rule only if the comparison holds.
    Compare {
        /// The compared register.
        register: u32,
        /// The comparison operator.
        operator: CompareOperator,
        /// The value to compare with.
        value: &'a [u8],
    },
    /// Continues with the rule only if a register is within a range.
    Range {
        /// The compared register.
        register: u32,
        /// Whether the register must be outside of the range.
        is_negated: bool,
        /// The lowest value in the range.
        from: &'a [u8],
        /// The highest value in the range.
        to: &'a [u8],
    },
    /// Continues with the rule only if a register is in a set.
    Lookup {
        /// The register to look up.
        register: u32,
        /// The name of the set.
        set: &'a [u8],
        /// Whether the register must not be in the set.
        is_negated: bool,
        /// Whether the set is a verdict map (`vmap`), whose entry is the verdict.
        gives_verdict: bool,
    },
    /// A match of iptables, of which only the name is read.
    IptablesMatch(&'a [u8]),
    /// A target of iptables, of which only the name is read.
    IptablesTarget(&'a [u8]),
    /// An expression without influence on verdict and conditions: counter, log, setting a mark,
    /// destination NAT.
    Neutral,
    /// An unknown expression; it may be a condition of the rule.
    Unknown(&'a [u8]),
}

/// What happens to a packet at the end of a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NftVerdict<'a> {
    /// The packet passes this base chain.
    Accept,
    /// The packet is dropped silently.
    Drop,
    /// Continues in another chain and returns to the next rule.
    Jump(&'a [u8]),
    /// Continues in another chain without a return.
    Goto(&'a [u8]),
    /// Returns to the rule after the jump; in a base chain its policy applies.
    Return,
    /// Another verdict, such as `queue` or `continue`.
    Other,
}

/// The value that is loaded into a register.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LoadSource {
    /// Name of the link on which the packet arrived.
    InLink,
    /// Name of the link on which it leaves.
    OutLink,
    /// `NFPROTO_IPV4` or `NFPROTO_IPV6`.
    Family,
    /// Ethernet type of the frame.
    EtherType,
    /// Conntrack state, one bit each.
    ConnectionState,
    /// Bytes of the IP header.
    NetworkHeader {
        /// Offset of the first byte.
        offset: u32,
        /// Number of bytes.
        length: u32,
    },
    /// Any other value.
    Other,
}

/// The operator of a comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CompareOperator {
    /// The register equals the value.
    Equal,
    /// The register differs from the value.
    NotEqual,
    /// The register is not greater than the value.
    AtMost,
    /// The register is not less than the value.
    AtLeast,
    /// Strictly less, or strictly greater.
    Other,
}

impl<'a> NftExpression<'a> {
    /// Parses an expression; `None` if it has no name.
    #[must_use]
    pub fn parse(expression: &'a [u8]) -> Option<Self> {
        let name = find(expression, NFTA_EXPR_NAME).map(text)?;
        let data = find(expression, NFTA_EXPR_DATA).unwrap_or_default();
        let known = match name {
            b"immediate" => Some(immediate(data)),
            b"cmp" => compare(data),
            b"range" => range(data),
            b"lookup" => Some(lookup(data)),
            b"bitwise" => mask(data),
            b"meta" => Some(load(data, NFTA_META_DREG, meta(data))),
            b"ct" => Some(load(data, NFTA_CT_DREG, connection(data))),
            b"payload" => Some(load(data, NFTA_PAYLOAD_DREG, payload(data))),
            b"reject" => Some(Self::Reject),
            b"masq" => Some(Self::Masquerade),
            b"nat" if number(data, NFTA_NAT_TYPE) == Some(NFT_NAT_SNAT) => Some(Self::SourceNat),
            b"match" => Some(Self::IptablesMatch(name_of(data, NFTA_MATCH_NAME))),
            b"target" => Some(Self::IptablesTarget(name_of(data, NFTA_TARGET_NAME))),
            // "nat" without source NAT translates the destination.
            b"counter" | b"log" | b"nat" | b"redir" | b"notrack" | b"last" | b"dup"
            | b"flow_offload" | b"objref" => Some(Self::Neutral),
            _ => None,
        };
        // An expression that cannot be decoded may be a condition. Without it, the rule would seem
        // to apply to more packets than it does.
        Some(known.unwrap_or(Self::Unknown(name)))
    }
}

/// The expressions of a nested attribute (`NFTA_RULE_EXPRESSIONS`), in order.
pub fn expressions(nest: &[u8]) -> impl Iterator<Item = NftExpression<'_>> {
    attributes(nest, 0).filter_map(|(_, expression)| NftExpression::parse(expression))
}

fn number(data: &[u8], attribute: u16) -> Option<u32> {
    find(data, attribute).and_then(be32)
}

fn name_of(data: &[u8], attribute: u16) -> &[u8] {
    find(data, attribute).map(text).unwrap_or_default()
}

fn value(data: &[u8], attribute: u16) -> Option<&[u8]> {
    find(data, attribute).and_then(|value| find(value, NFTA_DATA_VALUE))
}

/// An immediate without a verdict puts a constant into a register, which decides nothing.
fn immediate(data: &[u8]) -> NftExpression<'_> {
    let verdict = find(data, NFTA_IMMEDIATE_DATA).and_then(|data| find(data, NFTA_DATA_VERDICT));
    verdict.map_or(NftExpression::Neutral, |nest| NftExpression::Verdict(verdict_of(nest)))
}

fn verdict_of(nest: &[u8]) -> NftVerdict<'_> {
    let chain = name_of(nest, NFTA_VERDICT_CHAIN);
    let Some(code) = number(nest, NFTA_VERDICT_CODE) else { return NftVerdict::Other };
    match code.cast_signed() {
        NFT_JUMP => NftVerdict::Jump(chain),
        NFT_GOTO => NftVerdict::Goto(chain),
        NFT_RETURN => NftVerdict::Return,
        _ if code == NF_ACCEPT => NftVerdict::Accept,
        _ if code == NF_DROP => NftVerdict::Drop,
        _ => NftVerdict::Other,
    }
}

/// `meta`, `ct` and `payload` without a target register write to the packet or the connection.
fn load(data: &[u8], register: u16, source: LoadSource) -> NftExpression<'_> {
    number(data, register)
        .map_or(NftExpression::Neutral, |register| NftExpression::Load { register, source })
}

fn meta(data: &[u8]) -> LoadSource {
    match number(data, NFTA_META_KEY) {
        Some(NFT_META_IIFNAME) => LoadSource::InLink,
        Some(NFT_META_OIFNAME) => LoadSource::OutLink,
        Some(NFT_META_NFPROTO) => LoadSource::Family,
        Some(NFT_META_PROTOCOL) => LoadSource::EtherType,
        _ => LoadSource::Other,
    }
}

fn connection(data: &[u8]) -> LoadSource {
    if number(data, NFTA_CT_KEY) == Some(NFT_CT_STATE) {
        LoadSource::ConnectionState
    } else {
        LoadSource::Other
    }
}

fn payload(data: &[u8]) -> LoadSource {
    let (offset, length) = (number(data, NFTA_PAYLOAD_OFFSET), number(data, NFTA_PAYLOAD_LEN));
    match (number(data, NFTA_PAYLOAD_BASE), offset, length) {
        (Some(NFT_PAYLOAD_NETWORK_HEADER), Some(offset), Some(length)) => {
            LoadSource::NetworkHeader { offset, length }
        }
        // Tables of family `bridge` read the EtherType from the frame: two bytes at offset 12.
        (Some(NFT_PAYLOAD_LL_HEADER), Some(12), Some(2)) => LoadSource::EtherType,
        _ => LoadSource::Other,
    }
}

/// A mask; `None` if the expression also flips or shifts bits.
fn mask(data: &[u8]) -> Option<NftExpression<'_>> {
    let xor = value(data, NFTA_BITWISE_XOR)?;
    let (from, to) = (number(data, NFTA_BITWISE_SREG)?, number(data, NFTA_BITWISE_DREG)?);
    let mask = value(data, NFTA_BITWISE_MASK)?;
    xor.iter().all(|byte| *byte == 0).then_some(NftExpression::Mask { from, to, mask })
}

fn compare(data: &[u8]) -> Option<NftExpression<'_>> {
    let operator = match number(data, NFTA_CMP_OP)? {
        NFT_CMP_EQ => CompareOperator::Equal,
        NFT_CMP_NEQ => CompareOperator::NotEqual,
        NFT_CMP_LTE => CompareOperator::AtMost,
        NFT_CMP_GTE => CompareOperator::AtLeast,
        _ => CompareOperator::Other,
    };
    let register = number(data, NFTA_CMP_SREG)?;
    Some(NftExpression::Compare { register, operator, value: value(data, NFTA_CMP_DATA)? })
}

fn range(data: &[u8]) -> Option<NftExpression<'_>> {
    Some(NftExpression::Range {
        register: number(data, NFTA_RANGE_SREG)?,
        is_negated: number(data, NFTA_RANGE_OP)? != NFT_RANGE_EQ,
        from: value(data, NFTA_RANGE_FROM_DATA)?,
        to: value(data, NFTA_RANGE_TO_DATA)?,
    })
}

fn lookup(data: &[u8]) -> NftExpression<'_> {
    NftExpression::Lookup {
        register: number(data, NFTA_LOOKUP_SREG).unwrap_or_default(),
        set: name_of(data, NFTA_LOOKUP_SET),
        is_negated: number(data, NFTA_LOOKUP_FLAGS).unwrap_or_default() & NFT_LOOKUP_F_INV != 0,
        gives_verdict: number(data, NFTA_LOOKUP_DREG) == Some(NFT_REG_VERDICT),
    }
}
