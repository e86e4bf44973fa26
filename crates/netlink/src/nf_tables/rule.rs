//! Rules: their conditions and what they do with a packet.

use super::NftTable;
use super::condition::{MatchField, MatchValue, RuleCondition};
use super::expression::{NftExpression, NftVerdict, expressions};
use super::register::RegisterFile;
use crate::attribute::{attributes, text};
use crate::uapi::nf_tables::{
    NFGENMSG_BYTES, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS, NFTA_RULE_TABLE,
};
use pontoon_model::untrusted::Untrusted;

/// A rule in the form in which the kernel sends it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleMessage<'a> {
    /// Address family of the table (`NFPROTO_*`).
    pub family: u8,
    /// Name of the table.
    pub table: &'a [u8],
    /// Name of the chain.
    pub chain: &'a [u8],
    expressions: &'a [u8],
}

impl<'a> RuleMessage<'a> {
    /// Parses `struct nfgenmsg` and attributes.
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

    /// The expressions of the rule, in order.
    pub fn expressions(&self) -> impl Iterator<Item = NftExpression<'a>> {
        expressions(self.expressions)
    }

    /// The table of the rule.
    #[must_use]
    pub fn table(&self) -> NftTable {
        NftTable { family: self.family, name: self.table.to_vec() }
    }
}

/// A decoded rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NftRule {
    /// The table of the rule.
    pub table: NftTable,
    /// The name of its chain.
    pub chain: Vec<u8>,
    /// The conditions; all must hold.
    pub conditions: Vec<RuleCondition>,
    /// What the rule does with a packet that meets all conditions.
    pub effect: RuleEffect,
}

/// What a rule does with a packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RuleEffect {
    /// The packet passes this base chain.
    Accept,
    /// The packet is dropped silently.
    Drop,
    /// The packet is dropped and an error sent to its source.
    Reject,
    /// Continues in another chain and returns to the next rule.
    Jump(Vec<u8>),
    /// Continues in another chain without a return.
    Goto(Vec<u8>),
    /// Returns to the rule after the jump; in a base chain its policy applies.
    Return,
    /// A verdict map (`vmap`) decides, by its name.
    ByMap(Untrusted),
    /// An unknown target of iptables, by its name.
    Iptables(Untrusted),
    /// No verdict: the rule counts, logs, marks or translates.
    None,
    /// An unknown verdict.
    Other,
}

impl NftRule {
    /// Decodes a rule.
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

    /// Whether the rule applies to every packet.
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
            // iptables-nft stores a comment as a match, which always holds.
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

    /// Adds a condition. nft compiles a range to "at least" and "at most"; the two become one
    /// range.
    fn require(&mut self, condition: RuleCondition, registers: &mut RegisterFile<'_>) {
        registers.complete();
        let is_same = |last: &&mut RuleCondition| {
            last.field == condition.field && !last.is_negated && !condition.is_negated
        };
        let last = self.conditions.last_mut().filter(is_same);
        match (last.map(|last| &mut last.value), &condition.value) {
            (Some(MatchValue::Addresses(_, end)), MatchValue::Addresses(first, to))
                // "At most" begins at the unspecified address, so it completes the "at least"
                // before.
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

/// REJECT, and targets such as LOG that decide nothing. ACCEPT, DROP and RETURN of iptables-nft are
/// ordinary verdicts.
fn target(name: &[u8]) -> RuleEffect {
    match name {
        b"REJECT" => RuleEffect::Reject,
        b"LOG" | b"NFLOG" | b"MARK" | b"CONNMARK" | b"TCPMSS" => RuleEffect::None,
        name => RuleEffect::Iptables(Untrusted::from_bytes(name)),
    }
}

#[cfg(test)]
mod tests;
