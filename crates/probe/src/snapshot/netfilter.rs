//! Packet filter rules: what base chains there are, and whose they are.
//!
//! Rules of `nf_tables` and of the older iptables filter side by side, and the stricter wins.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::snapshot::{
    BaseChain, CollectionGap, FilterOwner, FilterTable, NetfilterSnapshot,
};
use pontoon_model::untrusted::Untrusted;
use pontoon_netlink::nf_tables::expression::{NftExpression, NftVerdict};
use pontoon_netlink::nf_tables::rule::{NftRule, RuleEffect, RuleMessage};
use pontoon_netlink::nf_tables::{self, MAX_TABLES, NftChain, NftTable};
use pontoon_netlink::{NetlinkError, NetlinkKernel, TableDump};

const EPERM: i32 = 1;

/// What is kept of a rule.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Rule {
    table: NftTable,
    chain: Vec<u8>,
    changes_source: bool,
    jumps: Vec<Vec<u8>>,
    /// Jumps by a map, whose entries are not in the rule.
    jumps_by_map: bool,
    /// Drops or rejects every packet that comes to it.
    drops_all: bool,
}

impl Rule {
    fn of(message: &RuleMessage<'_>) -> Self {
        let decoded = NftRule::of(message);
        let is_drop = matches!(decoded.effect, RuleEffect::Drop | RuleEffect::Reject);
        let drops_all = is_drop && decoded.is_unconditional();
        let mut rule = Self {
            table: message.table(),
            chain: message.chain.to_vec(),
            drops_all,
            ..Self::default()
        };
        for expression in message.expressions() {
            match expression {
                // iptables-nft writes the targets of old.
                NftExpression::Masquerade
                | NftExpression::SourceNat
                | NftExpression::IptablesTarget(b"MASQUERADE" | b"SNAT") => {
                    rule.changes_source = true;
                }
                NftExpression::Verdict(NftVerdict::Jump(to) | NftVerdict::Goto(to)) => {
                    rule.jumps.push(to.to_vec());
                }
                NftExpression::Lookup { gives_verdict, .. } => rule.jumps_by_map |= gives_verdict,
                _ => {}
            }
        }
        rule
    }
}

/// What three dumps gave.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Ruleset {
    tables: Vec<NftTable>,
    chains: Vec<NftChain>,
    rules: Vec<Rule>,
}

impl Ruleset {
    fn read(
        kernel: &dyn NetlinkKernel,
        unread: &mut Vec<CollectionGap>,
    ) -> Result<Self, NetlinkError> {
        let tables = entries(nf_tables::tables(kernel)?, unread);
        if tables.is_empty() {
            return Ok(Self::default());
        }
        let chains = entries(nf_tables::chains(kernel)?, unread);
        let rules = nf_tables::rules(kernel, None, |message| Some(Rule::of(message)))?;
        Ok(Self { tables, chains, rules: entries(rules, unread) })
    }
}

fn entries<T>(found: TableDump<T>, unread: &mut Vec<CollectionGap>) -> Vec<T> {
    super::note_flaw("packet filter rules", found.flaw, unread);
    found.entries
}

/// Reads what there is; `legacy` are the names in `/proc/net/ip_tables_names` and its IPv6 twin.
pub(super) fn read(
    kernel: &dyn NetlinkKernel,
    legacy: Vec<Untrusted>,
    unread: &mut Vec<CollectionGap>,
) -> NetfilterSnapshot {
    match Ruleset::read(kernel, unread) {
        Ok(ruleset) => {
            let (tables, owners) = (tables(&ruleset), owners(&ruleset));
            NetfilterSnapshot { is_readable: true, tables, legacy_tables: legacy, owners }
        }
        Err(error) => {
            unread.push(if error.errno() == Some(EPERM) {
                CollectionGap {
                    what: "packet filter rules".to_owned(),
                    why: "listing them takes CAP_NET_ADMIN: run as root to see them".to_owned(),
                }
            } else {
                super::unread("packet filter rules", &error)
            });
            NetfilterSnapshot { legacy_tables: legacy, ..NetfilterSnapshot::default() }
        }
    }
}

fn tables(ruleset: &Ruleset) -> Vec<FilterTable> {
    let mut rules: BTreeMap<(&NftTable, &[u8]), Vec<&Rule>> = BTreeMap::new();
    for rule in &ruleset.rules {
        rules.entry((&rule.table, &rule.chain)).or_default().push(rule);
    }
    ruleset
        .tables
        .iter()
        .map(|table| FilterTable {
            family: Untrusted::new(table.family_name()),
            name: Untrusted::from_bytes(&table.name),
            chains: ruleset
                .chains
                .iter()
                .filter(|chain| chain.table == *table)
                .filter_map(|chain| base_chain(chain, &rules))
                .collect(),
        })
        .collect()
}

fn base_chain(
    chain: &NftChain,
    rules: &BTreeMap<(&NftTable, &[u8]), Vec<&Rule>>,
) -> Option<BaseChain> {
    let base = chain.base.as_ref()?;
    let own = rules.get(&(&chain.table, chain.name.as_slice())).map_or(&[][..], Vec::as_slice);
    Some(BaseChain {
        name: Untrusted::from_bytes(&chain.name),
        hook: Untrusted::new(chain.hook_name().unwrap_or_default()),
        kind: Untrusted::from_bytes(&base.kind),
        is_policy_drop: base.is_policy_drop || own.last().is_some_and(|rule| rule.drops_all),
        rules: u32::try_from(own.len()).unwrap_or(u32::MAX),
        changes_source: changes_source(chain, rules),
    })
}

/// Follows the jumps from a chain until one changes the source. Where a rule jumps by a map, any
/// chain of the table may be meant.
fn changes_source(chain: &NftChain, rules: &BTreeMap<(&NftTable, &[u8]), Vec<&Rule>>) -> bool {
    let mut seen = BTreeSet::from([chain.name.as_slice()]);
    let mut open = vec![chain.name.as_slice()];
    while let Some(name) = open.pop() {
        for rule in rules.get(&(&chain.table, name)).into_iter().flatten() {
            if rule.changes_source {
                return true;
            }
            if rule.jumps_by_map {
                return rules
                    .iter()
                    .filter(|((table, _), _)| **table == chain.table)
                    .any(|(_, found)| found.iter().any(|rule| rule.changes_source));
            }
            let jumps = rule.jumps.iter().map(Vec::as_slice);
            open.extend(jumps.filter(|name| seen.insert(name)));
        }
    }
    false
}

/// Whose the tables and chains are, by the names these programs are known to give.
fn owners(ruleset: &Ruleset) -> Vec<FilterOwner> {
    let mut owners = BTreeSet::new();
    for table in &ruleset.tables {
        let chains = || ruleset.chains.iter().filter(|chain| chain.table == *table);
        let by_chain = chains().filter_map(|chain| owner_of_chain(&chain.name));
        let known: BTreeSet<_> = owner_of_table(&table.name).into_iter().chain(by_chain).collect();
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
