//! Which chains drop what is forwarded, and what they accept before.

use std::collections::BTreeSet;

use pontoon_model::untrusted::Untrusted;
use pontoon_netlink::nf_tables::NftChain;
use pontoon_netlink::nf_tables::condition::{MatchField, MatchValue};
use pontoon_netlink::nf_tables::rule::{NftRule, RuleEffect};
use pontoon_netlink::nf_tables::ruleset::NftRuleset;

use crate::node_state::ForwardDrop;

/// Fields of which one says for whom a rule accepts, in the order in which they are looked for.
const OF_WHOM: [MatchField; 4] =
    [MatchField::Source, MatchField::Destination, MatchField::InLink, MatchField::OutLink];

/// Whether a chain may drop what is forwarded: it filters at the forward hook.
#[must_use]
pub fn filters_forwarded(chain: &NftChain) -> bool {
    chain.hook_name() == Some("forward")
        && chain.base.as_ref().is_some_and(|base| base.kind == b"filter")
}

/// The chains at the forward hook that drop by default, table by table.
#[must_use]
pub fn forward_drops(ruleset: &NftRuleset) -> Vec<ForwardDrop> {
    let mut chains: Vec<(usize, &NftChain)> = Vec::new();
    for chain in ruleset.chains.iter().filter(|chain| filters_forwarded(chain)) {
        let table = chains.iter().find(|(_, known)| known.table == chain.table);
        let number = table.map_or(chains.len(), |(number, _)| *number);
        chains.push((number, chain));
    }
    chains.sort_by_key(|(table, chain)| (*table, &chain.name));
    let drops = chains.into_iter().filter(|(_, chain)| drops_by_default(ruleset, chain));
    let found = drops.map(|(_, chain)| ForwardDrop {
        table: Untrusted::from_bytes(
            &[chain.table.family_name().as_bytes(), b" ", &chain.table.name].concat(),
        ),
        chain: Untrusted::from_bytes(&chain.name),
        accepts: accepts_of(ruleset, chain),
    });
    found.collect()
}

/// By its policy, or by a last rule that lets nothing pass.
fn drops_by_default(ruleset: &NftRuleset, chain: &NftChain) -> bool {
    let ends = |rule: &NftRule| {
        rule.is_unconditional() && matches!(rule.effect, RuleEffect::Drop | RuleEffect::Reject)
    };
    chain.base.as_ref().is_some_and(|base| base.is_policy_drop)
        || ruleset.rules_of(&chain.table, &chain.name).next_back().is_some_and(ends)
}

/// What a chain and those that it calls accept.
fn accepts_of(ruleset: &NftRuleset, chain: &NftChain) -> Vec<Untrusted> {
    let mut accepts = Vec::new();
    let mut seen = BTreeSet::from([chain.name.as_slice()]);
    let mut waiting = vec![chain.name.as_slice()];
    while let Some(name) = waiting.pop() {
        for rule in ruleset.rules_of(&chain.table, name) {
            match &rule.effect {
                RuleEffect::Jump(called) | RuleEffect::Goto(called) => {
                    let called = Some(called.as_slice());
                    waiting.extend(called.filter(|called| seen.insert(called)));
                }
                RuleEffect::Accept => accepts.extend(for_whom(rule)),
                _ => {}
            }
        }
    }
    accepts
}

/// For whom a rule accepts: an address, a network or a link, several where it names a set, or
/// everything. None where it asks for something else, such as replies only.
fn for_whom(rule: &NftRule) -> Vec<Untrusted> {
    if rule.is_unconditional() {
        return vec![Untrusted::new("everything")];
    }
    let of = |field: &MatchField| rule.conditions.iter().find(|one| one.field == *field);
    let Some(condition) = OF_WHOM.iter().find_map(of) else { return Vec::new() };
    match &condition.value {
        MatchValue::AnyOf(values) if !condition.is_negated => {
            values.iter().map(|value| Untrusted::new(&value.to_string())).collect()
        }
        _ => vec![Untrusted::new(&condition.to_string())],
    }
}

#[cfg(test)]
mod tests;
