//! Rules: what they ask of a packet, and what they do with it.

use super::NftTable;
use super::condition::{MatchField, MatchValue, RuleCondition};
use super::expression::{NftExpression, NftVerdict, expressions};
use super::register::RegisterFile;
use crate::attribute::{attributes, text};
use crate::uapi::nf_tables::{
    NFGENMSG_BYTES, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS, NFTA_RULE_TABLE,
};
use pontoon_model::untrusted::Untrusted;

/// A rule as the kernel sends it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleMessage<'a> {
    /// Family of its table.
    pub family: u8,
    /// Its table.
    pub table: &'a [u8],
    /// Its chain.
    pub chain: &'a [u8],
    expressions: &'a [u8],
}

impl<'a> RuleMessage<'a> {
    /// Reads `struct nfgenmsg` and attributes.
    #[must_use]
    pub fn parse(body: &'a [u8]) -> Option<Self> {
        let mut rule = Self { family: *body.first()?, ..Self::default() };
        for (kind, value) in attributes(body, NFGENMSG_BYTES) {
            match kind {
                NFTA_RULE_TABLE => rule.table = text(value),
                NFTA_RULE_CHAIN => rule.chain = text(value),
                NFTA_RULE_EXPRESSIONS => rule.expressions = value,
                _ => {}
            }
        }
        Some(rule)
    }

    /// Its expressions, in their order.
    pub fn expressions(&self) -> impl Iterator<Item = NftExpression<'a>> {
        expressions(self.expressions)
    }

    /// The table that it is in.
    #[must_use]
    pub fn table(&self) -> NftTable {
        NftTable { family: self.family, name: self.table.to_vec() }
    }
}

/// A rule, as far as it is understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NftRule {
    /// The table that it is in.
    pub table: NftTable,
    /// The chain that it is in.
    pub chain: Vec<u8>,
    /// What it asks of a packet; all of it has to hold.
    pub conditions: Vec<RuleCondition>,
    /// What it does with a packet for which all of it holds.
    pub effect: RuleEffect,
}

/// What a rule does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RuleEffect {
    /// The packet passes this base chain.
    Accept,
    /// The packet is dropped silently.
    Drop,
    /// The packet is dropped and the sender told.
    Reject,
    /// The rules of a chain are asked, then the next rule.
    Jump(Vec<u8>),
    /// The rules of a chain are asked, and the next rule is not.
    Goto(Vec<u8>),
    /// Back to the rule after the jump; in a base chain its policy.
    Return,
    /// A map says it (`vmap`), by its name.
    ByMap(Untrusted),
    /// A target of iptables that is not known here, by its name.
    Iptables(Untrusted),
    /// It decides nothing: it counts, logs, marks or translates.
    None,
    /// A verdict that is not known here.
    Other,
}

impl NftRule {
    /// Understands a rule.
    #[must_use]
    pub fn of(message: &RuleMessage<'_>) -> Self {
        let mut registers = RegisterFile::new(message.family);
        let mut rule = Self {
            table: message.table(),
            chain: message.chain.to_vec(),
            conditions: Vec::new(),
            effect: RuleEffect::None,
        };
        for expression in message.expressions() {
            rule.read(expression, &mut registers);
        }
        rule
    }

    /// Whether every packet meets it.
    #[must_use]
    pub fn is_unconditional(&self) -> bool {
        self.conditions.is_empty()
    }

    fn read<'a>(&mut self, expression: NftExpression<'a>, registers: &mut RegisterFile<'a>) {
        match expression {
            NftExpression::Load { register, source } => registers.load(register, source),
            NftExpression::Mask { from, to, mask } => registers.mask(from, to, mask),
            NftExpression::Compare { register, operator, value } => {
                self.require(registers.compare(register, operator, value), registers);
            }
            NftExpression::Range { register, is_negated, from, to } => {
                self.require(registers.range(register, is_negated, from, to), registers);
            }
            NftExpression::Lookup { set, gives_verdict: true, .. } => {
                self.effect = RuleEffect::ByMap(Untrusted::from_bytes(set));
            }
            NftExpression::Lookup { register, set, is_negated, .. } => {
                self.require(registers.lookup(register, is_negated, set), registers);
            }
            NftExpression::Verdict(verdict) => self.effect = effect(verdict),
            NftExpression::Reject => self.effect = RuleEffect::Reject,
            // iptables-nft writes a comment as a match, and it always holds.
            NftExpression::IptablesMatch(b"comment")
            | NftExpression::Masquerade
            | NftExpression::SourceNat
            | NftExpression::Neutral => {}
            NftExpression::IptablesMatch(name) => {
                self.conditions.push(named(MatchField::Iptables(Untrusted::from_bytes(name))));
            }
            NftExpression::IptablesTarget(name) => self.effect = target(name),
            NftExpression::Unknown(name) => {
                self.conditions.push(named(MatchField::Unknown(Untrusted::from_bytes(name))));
            }
        }
    }

    /// Adds a condition. "At least" and "at most" of one address, as nft writes a range, are one.
    fn require(&mut self, condition: RuleCondition, registers: &mut RegisterFile<'_>) {
        registers.complete();
        let is_same = |last: &&mut RuleCondition| {
            last.field == condition.field && !last.is_negated && !condition.is_negated
        };
        let last = self.conditions.last_mut().filter(is_same);
        match (last.map(|last| &mut last.value), &condition.value) {
            (Some(MatchValue::Addresses(_, end)), MatchValue::Addresses(first, to))
                if first.is_unspecified() =>
            {
                *end = *to;
            }
            _ => self.conditions.push(condition),
        }
    }
}

fn named(field: MatchField) -> RuleCondition {
    RuleCondition { field, is_negated: false, value: MatchValue::Other }
}

fn effect(verdict: NftVerdict<'_>) -> RuleEffect {
    match verdict {
        NftVerdict::Accept => RuleEffect::Accept,
        NftVerdict::Drop => RuleEffect::Drop,
        NftVerdict::Jump(chain) => RuleEffect::Jump(chain.to_vec()),
        NftVerdict::Goto(chain) => RuleEffect::Goto(chain.to_vec()),
        NftVerdict::Return => RuleEffect::Return,
        NftVerdict::Other => RuleEffect::Other,
    }
}

/// ACCEPT, DROP and RETURN are verdicts in iptables-nft, too; LOG and its like decide nothing.
fn target(name: &[u8]) -> RuleEffect {
    match name {
        b"REJECT" => RuleEffect::Reject,
        b"LOG" | b"NFLOG" | b"MARK" | b"CONNMARK" | b"TCPMSS" => RuleEffect::None,
        name => RuleEffect::Iptables(Untrusted::from_bytes(name)),
    }
}

#[cfg(test)]
mod tests;
