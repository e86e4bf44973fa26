//! Two hosts on one link: both ways together.

use std::collections::BTreeSet;

use pontoon_model::facts::Facts;
use pontoon_model::finding::{Level, Scope};
use pontoon_model::pairing::{SharedLink, shared_links};

use super::control::Controls;
use super::way::{Index, Probe, Way};

/// Rounds without arrival that prove a way shut. With 40 % loss ten misses in a row happen once
/// in ten thousand times when the way is open.
const ROUNDS_THAT_SHUT: usize = 10;
/// Rounds without arrival that make it likely.
const ROUNDS_THAT_SUGGEST: usize = 5;

/// Two hosts on one link.
pub(super) struct Pair {
    pub(super) shared: SharedLink,
    pub(super) there: Way,
    pub(super) back: Way,
}

impl Pair {
    /// Both ways.
    pub(super) const fn ways(&self) -> [&Way; 2] {
        [&self.there, &self.back]
    }

    /// Each way with the one against it.
    pub(super) const fn turns(&self) -> [(&Way, &Way); 2] {
        [(&self.there, &self.back), (&self.back, &self.there)]
    }

    /// Whether frames pass both ways.
    pub(super) fn is_open(&self) -> bool {
        self.ways().iter().all(|way| way.is_open())
    }

    /// Both ways on this link and in this family.
    pub(super) fn scope(&self) -> Scope {
        self.there.scope()
    }

    /// "pi1 and pi2".
    pub(super) fn names(&self) -> String {
        format!("{} and {}", self.shared.a.host, self.shared.b.host)
    }
}

/// Every link that two hosts with agents share, and what was asked there.
pub(super) fn pairs(facts: &Facts, index: &Index<'_>) -> Vec<Pair> {
    let hosts: Vec<_> = facts.hosts.iter().collect();
    let mut pairs = Vec::new();
    for (at, (a, of_a)) in hosts.iter().enumerate() {
        for (b, of_b) in &hosts[at + 1..] {
            let shared = shared_links((a, &of_a.snapshot), (b, &of_b.snapshot));
            pairs.extend(shared.into_iter().map(|shared| pair(facts, index, shared)));
        }
    }
    pairs
}

fn pair(facts: &Facts, index: &Index<'_>, shared: SharedLink) -> Pair {
    let there = Way::new(facts, index, &shared.a, &shared.b);
    let back = Way::new(facts, index, &shared.b, &shared.a);
    Pair { shared, there, back }
}

/// How sure it is that nothing passes one way.
pub(super) struct Shut {
    /// How sure.
    pub(super) level: Level,
    /// Rounds in which something was sent while both ends' controls were good.
    pub(super) valid: usize,
    /// Rounds in which something was sent.
    pub(super) sent: usize,
    /// Whether both ends had a control.
    pub(super) is_controlled: bool,
}

/// Judges a way of which nothing arrived; `None` when something did, nothing was sent, or nobody
/// would have noticed.
pub(super) fn shut(way: &Way, controls: &Controls<'_>) -> Option<Shut> {
    let sent = way.sent();
    if !way.is_witnessed || sent.is_empty() || !way.arrived().is_empty() {
        return None;
    }
    let ends = [controls.of(&way.from, &way.to.host), controls.of(&way.to, &way.from.host)];
    let valid: BTreeSet<u16> = sent
        .iter()
        .copied()
        .filter(|round| ends.iter().all(|control| control.allows(*round)))
        .collect();
    let is_controlled = ends.iter().all(super::control::Control::is_there);
    let is_direct = way.direct().contains(&Probe::Udp);
    let level = match valid.len() {
        0..ROUNDS_THAT_SUGGEST => Level::Undecided,
        ROUNDS_THAT_SHUT.. if is_controlled && is_direct && way.kinds_sent() > 1 => {
            Level::Confirmed
        }
        _ => Level::Likely,
    };
    Some(Shut { level, valid: valid.len(), sent: sent.len(), is_controlled })
}
