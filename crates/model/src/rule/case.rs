//! What every rule looks at: the facts, and what they say of pairs and legs, put together once.

use crate::facts::Facts;
use crate::host::HostName;

use super::control::Controls;
use super::pair::{Pair, pairs};
use super::way::{Index, index};

/// The facts of a run, ready to be judged.
pub struct Case<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// Every link that two hosts share, in order of the hosts' names.
    pub(super) pairs: Vec<Pair>,
    pub(super) controls: Controls<'a>,
    pub(super) index: Index<'a>,
}

impl<'a> Case<'a> {
    /// Puts the facts together.
    #[must_use]
    pub fn new(facts: &'a Facts) -> Self {
        let index = index(facts);
        let (pairs, controls) = (pairs(facts, &index), Controls::new(facts));
        Self { facts, pairs, controls, index }
    }

    /// The links that two hosts share, whichever is named first.
    pub(super) fn between(&self, one: &HostName, other: &HostName) -> &[Pair] {
        let ends = (one.min(other), one.max(other));
        let from = self.pairs.partition_point(|pair| hosts(pair) < ends);
        let to = self.pairs.partition_point(|pair| hosts(pair) <= ends);
        &self.pairs[from..to]
    }
}

const fn hosts(pair: &Pair) -> (&HostName, &HostName) {
    (&pair.shared.a.host, &pair.shared.b.host)
}
