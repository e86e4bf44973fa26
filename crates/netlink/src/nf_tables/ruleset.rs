//! Chains with their rules, for selected tables.

use std::collections::BTreeSet;

use super::condition::{MatchValue, RuleCondition};
use super::rule::NftRule;
use super::set::{elements, values};
use super::{NftChain, NftTable, chains, rules};
use crate::error::NetlinkError;
use crate::kernel::NetlinkKernel;

/// Chains and rules of some tables.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NftRuleset {
    /// The chains, table by table, in the order of their creation.
    pub chains: Vec<NftChain>,
    /// The rules, in order within each chain.
    pub rules: Vec<NftRule>,
    /// The reason why entries may be missing; `None` if the list is complete.
    pub flaw: Option<&'static str>,
}

impl NftRuleset {
    /// Reads every table with a base chain that `wants` selects, as a whole: jumps stay within a
    /// table.
    ///
    /// # Errors
    /// If the kernel does not list them: EPERM without `CAP_NET_ADMIN`.
    pub fn read(
        kernel: &dyn NetlinkKernel,
        wants: impl Fn(&NftChain) -> bool,
    ) -> Result<Self, NetlinkError> {
        let found = chains(kernel)?;
        let wanted = found.entries.iter().filter(|chain| wants(chain));
        let wanted: BTreeSet<NftTable> = wanted.map(|chain| chain.table.clone()).collect();
        let mut ruleset = Self { chains: found.entries, rules: Vec::new(), flaw: found.flaw };
        ruleset.chains.retain(|chain| wanted.contains(&chain.table));
        for table in &wanted {
            let found = rules(kernel, Some(table), |message| Some(NftRule::of(message)))?;
            ruleset.rules.extend(found.entries);
            ruleset.flaw = ruleset.flaw.or(found.flaw);
        }
        for rule in &mut ruleset.rules {
            for condition in &mut rule.conditions {
                look_into_set(kernel, &rule.table, condition);
            }
        }
        Ok(ruleset)
    }

    /// The rules of a chain, in order.
    #[must_use]
    pub fn rules_of<'a>(
        &'a self,
        table: &'a NftTable,
        chain: &'a [u8],
    ) -> impl DoubleEndedIterator<Item = &'a NftRule> {
        self.rules.iter().filter(move |rule| rule.table == *table && rule.chain == chain)
    }
}

/// Replaces the name of a set by its elements. The name stays if the set cannot be read or is too
/// large.
fn look_into_set(kernel: &dyn NetlinkKernel, table: &NftTable, condition: &mut RuleCondition) {
    let MatchValue::Set(name) = &condition.value else { return };
    let Ok(found) = elements(kernel, table, name.raw().as_bytes()) else { return };
    if found.flaw.is_some() {
        return;
    }
    if let Some(values) = values(&condition.field, found.entries) {
        condition.value = MatchValue::AnyOf(values);
    }
}
