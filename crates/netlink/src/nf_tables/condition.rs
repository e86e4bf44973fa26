//! Conditions of a rule: source, destination, links, connection state.

use std::fmt;
use std::net::IpAddr;

use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;

/// One condition of a rule: a field is compared with a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleCondition {
    /// The compared field.
    pub field: MatchField,
    /// Whether the condition holds if the value is not the given one.
    pub is_negated: bool,
    /// The value it is compared with.
    pub value: MatchValue,
}

/// The field of a packet that a condition compares.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MatchField {
    /// The source address (`ip saddr`, `-s`).
    Source,
    /// The destination address (`ip daddr`, `-d`).
    Destination,
    /// The link on which the packet arrived (`iifname`, `-i`).
    InLink,
    /// The link on which it leaves (`oifname`, `-o`).
    OutLink,
    /// The conntrack state (`ct state`).
    ConnectionState,
    /// A match of iptables without an `nf_tables` equivalent, by its name (`-m NAME`).
    Iptables(Untrusted),
    /// A known field that is not evaluated: a port, a mark, a protocol.
    Other,
    /// An unknown expression, by its name.
    Unknown(Untrusted),
}

/// The value that a condition compares with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MatchValue {
    /// One address or one network.
    Network(Prefix),
    /// A range of addresses, both ends included.
    Addresses(IpAddr, IpAddr),
    /// A link name; `*` at the end matches any continuation.
    Link(Untrusted),
    /// A set of conntrack states, as bits of nft(8)'s `ct state`.
    States(u32),
    /// The elements of a set, by the set's name.
    Set(Untrusted),
    /// Any of these values; they were elements of a set.
    AnyOf(Vec<MatchValue>),
    /// A value that is not decoded.
    Other,
}

impl fmt::Display for RuleCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_negated { "!= " } else { "" })?;
        self.value.fmt(f)
    }
}

impl fmt::Display for MatchValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(one) if u32::from(one.length) == bits(one.address) => {
                write!(f, "{}", one.address)
            }
            Self::Network(network) => write!(f, "{network}"),
            Self::Addresses(from, to) => write!(f, "{from}-{to}"),
            Self::Link(name) => write!(f, "{name}"),
            Self::States(states) => f.write_str(&state_names(*states).join(",")),
            Self::Set(name) => write!(f, "@{name}"),
            Self::AnyOf(values) => {
                let all: Vec<_> = values.iter().map(ToString::to_string).collect();
                f.write_str(&all.join(", "))
            }
            Self::Other => f.write_str("something else"),
        }
    }
}

/// Number of bits in an address of that family.
pub(super) const fn bits(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// Names of conntrack states (`NF_CT_STATE_*_BIT` in `linux/netfilter/nf_conntrack_common.h`).
fn state_names(states: u32) -> Vec<&'static str> {
    let names = [(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")];
    names.into_iter().filter(|(bit, _)| states & bit != 0).map(|(_, name)| name).collect()
}
