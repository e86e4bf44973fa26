//! The packet filter: tables, chains and rules of `nf_tables`. Listing them needs `CAP_NET_ADMIN`.
//!
//! Rules of iptables-nft are part of it; those of legacy iptables (`/proc/net/ip_tables_names`) are
//! not.

pub mod expression;
pub mod condition;
pub mod rule;
pub mod set;
pub mod ruleset;
mod register;

use crate::attribute::{attributes, be32, find, push_attribute, text};
use crate::error::NetlinkError;
use crate::kernel::{KernelRequest, NetlinkKernel};
use crate::request::{TableDump, dump};
use crate::uapi::netlink::NETLINK_NETFILTER;
use crate::uapi::nf_tables::{
    NF_DROP, NFGENMSG_BYTES, NFPROTO_ARP, NFPROTO_BRIDGE, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6,
    NFPROTO_NETDEV, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE, NFT_MSG_GETTABLE, NFT_MSG_NEWCHAIN,
    NFT_MSG_NEWRULE, NFT_MSG_NEWTABLE, NFTA_CHAIN_HOOK, NFTA_CHAIN_NAME, NFTA_CHAIN_POLICY,
    NFTA_CHAIN_TABLE, NFTA_CHAIN_TYPE, NFTA_HOOK_HOOKNUM, NFTA_RULE_TABLE, NFTA_TABLE_NAME,
};
use rule::RuleMessage;

/// Largest number of tables read; Docker, Kubernetes and firewalld together make about ten.
pub const MAX_TABLES: usize = 64;
/// Largest number of chains read; kube-proxy's iptables mode makes several chains per Service.
const MAX_CHAINS: usize = 65_536;
/// Largest number of rules read; kube-proxy makes about ten per Service.
const MAX_RULES: usize = 262_144;
/// Errors of a kernel without `nf_tables`: EINVAL, EPROTONOSUPPORT, EOPNOTSUPP.
const NO_SUCH_THING: [i32; 3] = [22, 93, 95];
const WHAT: &str = "packet filter rules";

/// A table, as chains and rules refer to it.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct NftTable {
    /// The address family (`NFPROTO_*`).
    pub family: u8,
    /// The name of the table.
    pub name: Vec<u8>,
}

impl NftTable {
    /// The address family, in the terms of nft(8).
    #[must_use]
    pub const fn family_name(&self) -> &'static str {
        match self.family {
            NFPROTO_INET => "inet",
            NFPROTO_IPV4 => "ip",
            NFPROTO_ARP => "arp",
            NFPROTO_NETDEV => "netdev",
            NFPROTO_BRIDGE => "bridge",
            NFPROTO_IPV6 => "ip6",
            _ => "unknown",
        }
    }
}

/// A chain of a table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NftChain {
    /// The table that it is in.
    pub table: NftTable,
    /// The name of the chain.
    pub name: Vec<u8>,
    /// Hook, type and policy; absent for a chain that is only the target of jumps.
    pub base: Option<NftBase>,
}

impl NftChain {
    /// The hook of a base chain, in the terms of nft(8).
    #[must_use]
    pub fn hook_name(&self) -> Option<&'static str> {
        self.base.as_ref().map(|base| hook(self.table.family, base.hook))
    }
}

/// What makes a chain a base chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NftBase {
    /// Number of the hook; its meaning depends on the family.
    pub hook: u32,
    /// Its type: `filter`, `nat` or `route`.
    pub kind: Vec<u8>,
    /// Whether the policy drops packets on which no rule decides.
    pub is_policy_drop: bool,
}

/// The hook's name: numbers of `NF_INET_*`, `NF_ARP_*` and `NF_NETDEV_*` differ between families.
const fn hook(family: u8, number: u32) -> &'static str {
    match (family, number) {
        (NFPROTO_NETDEV, 0) | (NFPROTO_INET, 5) => "ingress",
        (NFPROTO_NETDEV, 1) => "egress",
        (NFPROTO_ARP, 0) | (NFPROTO_INET | NFPROTO_IPV4 | NFPROTO_BRIDGE | NFPROTO_IPV6, 1) => {
            "input"
        }
        (NFPROTO_ARP, 1) | (NFPROTO_INET | NFPROTO_IPV4 | NFPROTO_BRIDGE | NFPROTO_IPV6, 3) => {
            "output"
        }
        (NFPROTO_INET | NFPROTO_IPV4 | NFPROTO_ARP | NFPROTO_BRIDGE | NFPROTO_IPV6, 2) => "forward",
        (NFPROTO_INET | NFPROTO_IPV4 | NFPROTO_BRIDGE | NFPROTO_IPV6, 0) => "prerouting",
        (NFPROTO_INET | NFPROTO_IPV4 | NFPROTO_BRIDGE | NFPROTO_IPV6, 4) => "postrouting",
        _ => "unknown",
    }
}

/// Reads all tables, in the order of their creation.
///
/// # Errors
/// If the kernel does not list them: EPERM without `CAP_NET_ADMIN`.
pub fn tables(kernel: &dyn NetlinkKernel) -> Result<TableDump<NftTable>, NetlinkError> {
    let messages = (NFT_MSG_GETTABLE, NFT_MSG_NEWTABLE);
    list(kernel, messages, &every_family(), MAX_TABLES, parse_table)
}

/// Reads the chains of all tables, table by table.
///
/// # Errors
/// As [`tables`].
pub fn chains(kernel: &dyn NetlinkKernel) -> Result<TableDump<NftChain>, NetlinkError> {
    let messages = (NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN);
    list(kernel, messages, &every_family(), MAX_CHAINS, parse_chain)
}

/// Reads the rules of a table, or of all tables, in order. `parse` keeps only the needed part of
/// each rule: a host with many Services has too many rules to keep them whole.
///
/// # Errors
/// As [`tables`].
pub fn rules<T>(
    kernel: &dyn NetlinkKernel,
    table: Option<&NftTable>,
    parse: impl Fn(&RuleMessage<'_>) -> Option<T>,
) -> Result<TableDump<T>, NetlinkError> {
    let messages = (NFT_MSG_GETRULE, NFT_MSG_NEWRULE);
    let body = table.map_or_else(every_family, |table| {
        let mut body = vec![table.family, 0, 0, 0];
        // Names are C strings in attributes, with their closing zero.
        push_attribute(&mut body, NFTA_RULE_TABLE, &[&table.name[..], b"\0"].concat());
        body
    });
    list(kernel, messages, &body, MAX_RULES, |body| parse(&RuleMessage::parse(body)?))
}

fn every_family() -> Vec<u8> {
    // Family 0 is NFPROTO_UNSPEC, which stands for all families in a dump.
    vec![0; NFGENMSG_BYTES]
}

fn list<T>(
    kernel: &dyn NetlinkKernel,
    (get, new): (u16, u16),
    body: &[u8],
    limit: usize,
    parse: impl Fn(&[u8]) -> Option<T>,
) -> Result<TableDump<T>, NetlinkError> {
    let request = KernelRequest { protocol: NETLINK_NETFILTER, kind: get, body, what: WHAT, limit };
    match dump(kernel, &request, |kind, body| (kind == new).then(|| parse(body)).flatten()) {
        // Without nf_tables there is nothing to list, which is no error.
        Err(error) if error.errno().is_some_and(|errno| NO_SUCH_THING.contains(&errno)) => {
            Ok(TableDump::default())
        }
        found => found,
    }
}

fn parse_table(body: &[u8]) -> Option<NftTable> {
    let family = *body.first()?;
    let (_, name) = attributes(body, NFGENMSG_BYTES).find(|(kind, _)| *kind == NFTA_TABLE_NAME)?;
    Some(NftTable { family, name: text(name).to_vec() })
}

fn parse_chain(body: &[u8]) -> Option<NftChain> {
    let mut chain = NftChain::default();
    chain.table.family = *body.first()?;
    let (mut hook, mut kind, mut is_policy_drop) = (None, &[][..], false);
    for (attribute, value) in attributes(body, NFGENMSG_BYTES) {
        match attribute {
            NFTA_CHAIN_TABLE => chain.table.name = text(value).to_vec(),
            NFTA_CHAIN_NAME => chain.name = text(value).to_vec(),
            NFTA_CHAIN_HOOK => hook = find(value, NFTA_HOOK_HOOKNUM).and_then(be32),
            NFTA_CHAIN_TYPE => kind = text(value),
            NFTA_CHAIN_POLICY => is_policy_drop = be32(value) == Some(NF_DROP),
            _ => {}
        }
    }
    chain.base = hook.map(|hook| NftBase { hook, kind: kind.to_vec(), is_policy_drop });
    Some(chain)
}

#[cfg(test)]
mod tests;
