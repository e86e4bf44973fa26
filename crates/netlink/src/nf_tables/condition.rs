//! What a rule asks of a packet: source, destination, links, state of the connection.

use std::fmt;
use std::net::IpAddr;

use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;

/// A condition of a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleCondition {
    /// What it is about.
    pub field: MatchField,
    /// It holds where the value is another one.
    pub is_negated: bool,
    /// The value.
    pub value: MatchValue,
}

/// What a condition is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MatchField {
    /// The source address (`ip saddr`, `-s`).
    Source,
    /// The destination address (`ip daddr`, `-d`).
    Destination,
    /// The link by which the packet came in (`iifname`, `-i`).
    InLink,
    /// The link by which it leaves (`oifname`, `-o`).
    OutLink,
    /// The state of its connection (`ct state`).
    ConnectionState,
    /// A match of iptables that `nf_tables` has no words for, by its name (`-m NAME`).
    Iptables(Untrusted),
    /// Something that is known and not looked at: a port, a mark, a protocol.
    Other,
    /// An expression that is not known here, by its name.
    Unknown(Untrusted),
}

/// The value of a condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MatchValue {
    /// One address, or a network.
    Network(Prefix),
    /// The addresses from one to another.
    Addresses(IpAddr, IpAddr),
    /// A link's name; with `*` at its end all that begin like it.
    Link(Untrusted),
    /// States of a connection (`enum ip_conntrack_info` bits as nft(8) has them).
    States(u32),
    /// What a set holds, by its name.
    Set(Untrusted),
    /// Any one of these, as a set holds them.
    AnyOf(Vec<MatchValue>),
    /// One that is not read.
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

/// How many bits an address has.
pub(super) const fn bits(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// `NF_CT_STATE_*_BIT` (`linux/netfilter/nf_conntrack_common.h`).
fn state_names(states: u32) -> Vec<&'static str> {
    let names = [(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")];
    names.into_iter().filter(|(bit, _)| states & bit != 0).map(|(_, name)| name).collect()
}
