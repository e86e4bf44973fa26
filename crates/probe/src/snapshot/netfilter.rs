//! Packet filter rules: the tables, base chains and rules of `nf_tables` over netlink
//! (`linux/netfilter/nf_tables.h`), and the names of the tables of the older iptables.
//!
//! Both filter side by side, and the stricter wins. iptables-nft writes into `nf_tables`.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::snapshot::{BaseChain, FilterOwner, FilterTable, Netfilter, Unread};
use pontoon_model::untrusted::Untrusted;

use super::netlink::{NetlinkError, Question, attributes, be32, dump, find, text};

/// Docker, Kubernetes and firewalld together make some ten tables.
const MAX_TABLES: usize = 64;
/// kube-proxy's iptables mode makes several chains for each Service.
const MAX_CHAINS: usize = 65_536;
/// And some ten rules for each.
const MAX_RULES: usize = 262_144;

/// `NFNL_SUBSYS_NFTABLES`, the upper octet of the message type (linux/netfilter/nfnetlink.h).
const NFTABLES: u16 = 10 << 8;
const NEW_TABLE: u16 = NFTABLES;
const GET_TABLE: u16 = NFTABLES | 1;
const NEW_CHAIN: u16 = NFTABLES | 3;
const GET_CHAIN: u16 = NFTABLES | 4;
const NEW_RULE: u16 = NFTABLES | 6;
const GET_RULE: u16 = NFTABLES | 7;
/// `struct nfgenmsg`: family (0: all), version, resource.
const HEADER_BYTES: usize = 4;
const TABLE_NAME: u16 = 1;
const CHAIN_TABLE: u16 = 1;
const CHAIN_NAME: u16 = 3;
const CHAIN_HOOK: u16 = 4;
const CHAIN_POLICY: u16 = 5;
const CHAIN_TYPE: u16 = 7;
const HOOK_NUMBER: u16 = 1;
/// `NF_DROP`.
const POLICY_DROP: u32 = 0;
const RULE_TABLE: u16 = 1;
const RULE_CHAIN: u16 = 2;
const RULE_EXPRESSIONS: u16 = 4;
const EXPRESSION_NAME: u16 = 1;
const EXPRESSION_DATA: u16 = 2;
const NAT_TYPE: u16 = 1;
/// `NFT_NAT_SNAT`.
const SOURCE_NAT: u32 = 0;
const TARGET_NAME: u16 = 1;
const IMMEDIATE_DATA: u16 = 2;
const DATA_VERDICT: u16 = 2;
const VERDICT_CHAIN: u16 = 2;
const LOOKUP_TO_REGISTER: u16 = 3;
/// `NFT_REG_VERDICT`.
const VERDICT_REGISTER: u32 = 0;

const EPERM: i32 = 1;
/// EINVAL, EPROTONOSUPPORT, EOPNOTSUPP: a kernel without `nf_tables`.
const NO_SUCH_THING: [i32; 3] = [22, 93, 95];

/// A chain is known by family, table and name; a table by the first two.
type Place = (u8, Vec<u8>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Chain {
    place: Place,
    name: Vec<u8>,
    base: Option<Base>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Base {
    hook: u32,
    kind: Vec<u8>,
    is_policy_drop: bool,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Rule {
    place: Place,
    chain: Vec<u8>,
    changes_source: bool,
    jumps: Vec<Vec<u8>>,
    /// Jumps by a map, whose entries are not in the rule.
    jumps_by_map: bool,
}

/// What three dumps gave.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Ruleset {
    tables: Vec<Place>,
    chains: Vec<Chain>,
    rules: Vec<Rule>,
}

/// Reads what there is; `legacy` are the names in `/proc/net/ip_tables_names` and its IPv6 twin.
pub(super) fn read(legacy: Vec<Untrusted>, unread: &mut Vec<Unread>) -> Netfilter {
    match dump_ruleset(unread) {
        Ok(ruleset) => {
            let (tables, owners) = (tables(&ruleset), owners(&ruleset));
            Netfilter { is_readable: true, tables, legacy_tables: legacy, owners }
        }
        Err(error) => {
            unread.push(if error.errno() == Some(EPERM) {
                Unread {
                    what: "packet filter rules".to_owned(),
                    why: "listing them takes CAP_NET_ADMIN: run as root to see them".to_owned(),
                }
            } else {
                super::unread("packet filter rules", &error)
            });
            Netfilter { legacy_tables: legacy, ..Netfilter::default() }
        }
    }
}

fn dump_ruleset(unread: &mut Vec<Unread>) -> Result<Ruleset, NetlinkError> {
    let tables = dump_one((GET_TABLE, NEW_TABLE), MAX_TABLES, parse_table, unread)?;
    if tables.is_empty() {
        return Ok(Ruleset::default());
    }
    Ok(Ruleset {
        tables,
        chains: dump_one((GET_CHAIN, NEW_CHAIN), MAX_CHAINS, parse_chain, unread)?,
        rules: dump_one((GET_RULE, NEW_RULE), MAX_RULES, parse_rule, unread)?,
    })
}

fn dump_one<T>(
    (get, new): (u16, u16),
    limit: usize,
    parse: impl Fn(&[u8]) -> Option<T>,
    unread: &mut Vec<Unread>,
) -> Result<Vec<T>, NetlinkError> {
    let question = Question {
        protocol: netlink_sys::protocols::NETLINK_NETFILTER,
        kind: get,
        body: &[0; HEADER_BYTES],
        what: "packet filter rules",
        limit,
    };
    match dump(&question, |kind, body| (kind == new).then(|| parse(body)).flatten()) {
        Ok(found) => {
            super::note_flaw("packet filter rules", found.flaw, unread);
            Ok(found.entries)
        }
        Err(error) if error.errno().is_some_and(|errno| NO_SUCH_THING.contains(&errno)) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

fn parse_table(body: &[u8]) -> Option<Place> {
    let family = *body.first()?;
    let (_, name) = attributes(body, HEADER_BYTES).find(|(kind, _)| *kind == TABLE_NAME)?;
    Some((family, text(name).to_vec()))
}

fn parse_chain(body: &[u8]) -> Option<Chain> {
    let mut chain = Chain { place: (*body.first()?, Vec::new()), name: Vec::new(), base: None };
    let (mut hook, mut kind, mut is_policy_drop) = (None, &[][..], false);
    for (attribute, value) in attributes(body, HEADER_BYTES) {
        match attribute {
            CHAIN_TABLE => chain.place.1 = text(value).to_vec(),
            CHAIN_NAME => chain.name = text(value).to_vec(),
            CHAIN_HOOK => hook = find(value, HOOK_NUMBER).and_then(be32),
            CHAIN_TYPE => kind = text(value),
            CHAIN_POLICY => is_policy_drop = be32(value) == Some(POLICY_DROP),
            _ => {}
        }
    }
    chain.base = hook.map(|hook| Base { hook, kind: kind.to_vec(), is_policy_drop });
    Some(chain)
}

fn parse_rule(body: &[u8]) -> Option<Rule> {
    let mut rule = Rule { place: (*body.first()?, Vec::new()), ..Rule::default() };
    for (kind, value) in attributes(body, HEADER_BYTES) {
        match kind {
            RULE_TABLE => rule.place.1 = text(value).to_vec(),
            RULE_CHAIN => rule.chain = text(value).to_vec(),
            RULE_EXPRESSIONS => {
                for (_, expression) in attributes(value, 0) {
                    read_expression(expression, &mut rule);
                }
            }
            _ => {}
        }
    }
    Some(rule)
}

fn read_expression(expression: &[u8], rule: &mut Rule) {
    let Some(name) = find(expression, EXPRESSION_NAME).map(text) else { return };
    let data = find(expression, EXPRESSION_DATA).unwrap_or_default();
    match name {
        b"masq" => rule.changes_source = true,
        b"nat" => rule.changes_source |= find(data, NAT_TYPE).and_then(be32) == Some(SOURCE_NAT),
        // How iptables-nft writes the targets of old.
        b"target" => {
            let target = find(data, TARGET_NAME).map(text).unwrap_or_default();
            rule.changes_source |= matches!(target, b"MASQUERADE" | b"SNAT");
        }
        b"immediate" => {
            let verdict = find(data, IMMEDIATE_DATA).and_then(|value| find(value, DATA_VERDICT));
            let to = verdict.and_then(|verdict| find(verdict, VERDICT_CHAIN));
            rule.jumps.extend(to.map(|to| text(to).to_vec()));
        }
        b"lookup" => {
            let register = find(data, LOOKUP_TO_REGISTER).and_then(be32);
            rule.jumps_by_map |= register == Some(VERDICT_REGISTER);
        }
        _ => {}
    }
}

fn tables(ruleset: &Ruleset) -> Vec<FilterTable> {
    let mut rules: BTreeMap<(&Place, &[u8]), Vec<&Rule>> = BTreeMap::new();
    for rule in &ruleset.rules {
        rules.entry((&rule.place, &rule.chain)).or_default().push(rule);
    }
    ruleset
        .tables
        .iter()
        .map(|place| FilterTable {
            family: Untrusted::new(family(place.0)),
            name: Untrusted::from_bytes(&place.1),
            chains: ruleset
                .chains
                .iter()
                .filter(|chain| chain.place == *place)
                .filter_map(|chain| base_chain(chain, &rules))
                .collect(),
        })
        .collect()
}

fn base_chain(chain: &Chain, rules: &BTreeMap<(&Place, &[u8]), Vec<&Rule>>) -> Option<BaseChain> {
    let base = chain.base.as_ref()?;
    let own = rules.get(&(&chain.place, chain.name.as_slice())).map_or(0, Vec::len);
    Some(BaseChain {
        name: Untrusted::from_bytes(&chain.name),
        hook: Untrusted::new(hook(chain.place.0, base.hook)),
        kind: Untrusted::from_bytes(&base.kind),
        is_policy_drop: base.is_policy_drop,
        rules: u32::try_from(own).unwrap_or(u32::MAX),
        changes_source: changes_source(chain, rules),
    })
}

/// Follows the jumps from a chain until one changes the source. Where a rule jumps by a map, any
/// chain of the table may be meant.
fn changes_source(chain: &Chain, rules: &BTreeMap<(&Place, &[u8]), Vec<&Rule>>) -> bool {
    let mut seen = BTreeSet::from([chain.name.as_slice()]);
    let mut open = vec![chain.name.as_slice()];
    while let Some(name) = open.pop() {
        for rule in rules.get(&(&chain.place, name)).into_iter().flatten() {
            if rule.changes_source {
                return true;
            }
            if rule.jumps_by_map {
                return rules
                    .iter()
                    .filter(|((place, _), _)| **place == chain.place)
                    .any(|(_, found)| found.iter().any(|rule| rule.changes_source));
            }
            let jumps = rule.jumps.iter().map(Vec::as_slice);
            open.extend(jumps.filter(|name| seen.insert(name)));
        }
    }
    false
}

/// `NFPROTO_*` (linux/netfilter.h), in the words of nft(8).
const fn family(number: u8) -> &'static str {
    match number {
        1 => "inet",
        2 => "ip",
        3 => "arp",
        5 => "netdev",
        7 => "bridge",
        10 => "ip6",
        _ => "unknown",
    }
}

/// `NF_INET_*`, `NF_ARP_*`, `NF_NETDEV_*`: the numbers mean another hook in each family.
const fn hook(family: u8, number: u32) -> &'static str {
    match (family, number) {
        (5, 0) | (1, 5) => "ingress",
        (5, 1) => "egress",
        (3, 0) | (1 | 2 | 7 | 10, 1) => "input",
        (3, 1) | (1 | 2 | 7 | 10, 3) => "output",
        (1 | 2 | 3 | 7 | 10, 2) => "forward",
        (1 | 2 | 7 | 10, 0) => "prerouting",
        (1 | 2 | 7 | 10, 4) => "postrouting",
        _ => "unknown",
    }
}

/// Whose the tables and chains are, by the names these programs are known to give.
fn owners(ruleset: &Ruleset) -> Vec<FilterOwner> {
    let mut owners = BTreeSet::new();
    for place in &ruleset.tables {
        let chains = || ruleset.chains.iter().filter(|chain| chain.place == *place);
        let by_chain = chains().filter_map(|chain| owner_of_chain(&chain.name));
        let known: BTreeSet<_> = owner_of_table(&place.1).into_iter().chain(by_chain).collect();
        // Of a table without base chains the kernel never asks anything.
        if known.is_empty() && chains().any(|chain| chain.base.is_some()) {
            owners.insert(FilterOwner::Other);
        }
        owners.extend(known);
    }
    owners.into_iter().collect()
}

fn owner_of_table(name: &[u8]) -> Option<FilterOwner> {
    match name {
        b"firewalld" => Some(FilterOwner::Firewalld),
        b"kube-proxy" => Some(FilterOwner::KubeProxy),
        b"libvirt_network" => Some(FilterOwner::Libvirt),
        b"docker-bridges" => Some(FilterOwner::Docker),
        _ => None,
    }
}

fn owner_of_chain(name: &[u8]) -> Option<FilterOwner> {
    let starts: [(&[u8], FilterOwner); 6] = [
        (b"DOCKER-", FilterOwner::Docker),
        (b"ufw-", FilterOwner::Ufw),
        (b"ufw6-", FilterOwner::Ufw),
        (b"KUBE-", FilterOwner::KubeProxy),
        (b"ts-", FilterOwner::Tailscale),
        (b"LIBVIRT_", FilterOwner::Libvirt),
    ];
    if name == b"DOCKER" {
        return Some(FilterOwner::Docker);
    }
    starts.into_iter().find(|(start, _)| name.starts_with(start)).map(|(_, owner)| owner)
}

/// Table names, one a line.
pub(super) fn parse_legacy(text: &str) -> Vec<Untrusted> {
    text.lines().filter(|line| !line.is_empty()).take(MAX_TABLES).map(Untrusted::new).collect()
}

#[cfg(test)]
mod tests;
