//! Two hosts on one link: both directions together.

use std::collections::BTreeSet;

use pontoon_diagnosis::{Certainty, DiagnosisScope};
use pontoon_model::facts::Facts;
use pontoon_model::shared_links::{SharedLink, shared_links};

use super::control::LinkControls;
use super::directed_path::{DirectedPath, ObservationIndex, PairProbe};

/// Rounds without arrival that prove a direction blocked. With 40 % loss ten misses in a row happen
/// once in ten thousand times when it is open.
const ROUNDS_THAT_SHUT: usize = 10;
/// Rounds without arrival that make a blocked direction likely.
const ROUNDS_THAT_SUGGEST: usize = 5;

/// Two hosts that share a link.
pub(super) struct LinkPair {
    pub(super) shared: SharedLink,
    pub(super) a_to_b: DirectedPath,
    pub(super) b_to_a: DirectedPath,
}

impl LinkPair {
    /// Both directions.
    pub(super) const fn directions(&self) -> [&DirectedPath; 2] {
        [&self.a_to_b, &self.b_to_a]
    }

    /// Each direction with the opposite one.
    pub(super) const fn direction_pairs(&self) -> [(&DirectedPath, &DirectedPath); 2] {
        [(&self.a_to_b, &self.b_to_a), (&self.b_to_a, &self.a_to_b)]
    }

    /// Whether frames pass in both directions.
    pub(super) fn is_open(&self) -> bool {
        self.directions().iter().all(|way| way.is_open())
    }

    /// Both hosts, on this link and in this address family.
    pub(super) fn scope(&self) -> DiagnosisScope {
        self.a_to_b.scope()
    }

    /// Both names: "pi1 and pi2".
    pub(super) fn names(&self) -> String {
        format!("{} and {}", self.shared.a.host, self.shared.b.host)
    }
}

/// Every link that two hosts with agents share, and what was sent there.
pub(super) fn pairs(facts: &Facts, index: &ObservationIndex<'_>) -> Vec<LinkPair> {
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

fn pair(facts: &Facts, index: &ObservationIndex<'_>, shared: SharedLink) -> LinkPair {
    let there = DirectedPath::new(facts, index, &shared.a, &shared.b);
    let back = DirectedPath::new(facts, index, &shared.b, &shared.a);
    LinkPair { shared, a_to_b: there, b_to_a: back }
}

/// How sure it is that nothing passes in one direction.
pub(super) struct BlockedDirection {
    /// How sure that is.
    pub(super) certainty: Certainty,
    /// Rounds in which something was sent while both ends' controls were good.
    pub(super) valid: usize,
    /// Rounds with a probe.
    pub(super) sent: usize,
    /// Whether both ends had a control.
    pub(super) is_controlled: bool,
}

/// Judges a direction of which nothing arrived; `None` when something did, nothing was sent, or no
/// receiver was listening.
pub(super) fn blocked_direction(
    way: &DirectedPath,
    controls: &LinkControls<'_>,
) -> Option<BlockedDirection> {
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
    let is_controlled = ends.iter().all(super::control::ControlRounds::is_available);
    let is_direct = way.direct().contains(&PairProbe::Udp);
    let certainty = match valid.len() {
        0..ROUNDS_THAT_SUGGEST => Certainty::Undecided,
        ROUNDS_THAT_SHUT.. if is_controlled && is_direct && way.kinds_sent() > 1 => {
            Certainty::Confirmed
        }
        _ => Certainty::Likely,
    };
    Some(BlockedDirection { certainty, valid: valid.len(), sent: sent.len(), is_controlled })
}
