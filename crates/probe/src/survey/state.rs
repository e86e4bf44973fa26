//! What is known so far, as far as it decides whether to go on asking.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::observation::{Answer, Cast, Direction, Kind, Observation};
use pontoon_model::pairing::SharedLink;

use super::legs::LegId;
use super::schedule::{ROUNDS, ROUNDS_THAT_PROVE, leg_id};

/// Rounds with arrivals that prove a direction open.
const ROUNDS_THAT_OPEN: usize = 3;
/// Rounds after which an open direction that does not answer is left alone.
const ROUNDS_UNANSWERED: usize = 5;

/// One way of a pair.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    pub(super) sent: BTreeSet<u16>,
    pub(super) arrived: BTreeSet<u16>,
    pub(super) answered: BTreeSet<u16>,
}

/// A pair that is being asked.
#[derive(Clone, Debug)]
pub(super) struct PairState {
    pub(super) pair: SharedLink,
    pub(super) there: Way,
    pub(super) back: Way,
    pub(super) is_done: bool,
    /// Whether what follows a first answer has been asked, there and back.
    pub(super) followed: [bool; 2],
    /// Whether what follows a run of misses has been asked.
    pub(super) is_missed: bool,
    /// Whether an end has no packet socket, so that its kernel sends for it.
    pub(super) is_by_kernel: bool,
}

impl PairState {
    pub(super) fn new(pair: SharedLink, is_by_kernel: bool) -> Self {
        Self {
            pair,
            there: Way::default(),
            back: Way::default(),
            is_done: false,
            followed: [false; 2],
            is_missed: false,
            is_by_kernel,
        }
    }

    /// Takes in an observation, if it is about this pair.
    pub(super) fn take(&mut self, seen: &Observation) {
        if seen.family != self.pair.family || !self.is_directed(seen) {
            return;
        }
        let asker = match seen.direction {
            Direction::Arrived => seen.peer.as_ref(),
            Direction::Sent | Direction::Answered => Some(&seen.host),
        };
        let other = match seen.direction {
            Direction::Arrived => Some(&seen.host),
            Direction::Sent | Direction::Answered => seen.peer.as_ref(),
        };
        let (Some(asker), Some(other), Some(link)) = (asker, other, &seen.asked_link) else {
            return;
        };
        let (a, b) = (&self.pair.a, &self.pair.b);
        let way = if (asker, link, other) == (&a.host, &a.link, &b.host) {
            &mut self.there
        } else if (asker, link, other) == (&b.host, &b.link, &a.host) {
            &mut self.back
        } else {
            return;
        };
        match seen.direction {
            Direction::Sent => way.sent.insert(seen.round),
            Direction::Arrived => way.arrived.insert(seen.round),
            Direction::Answered if seen.answer == Some(Answer::Reply) => {
                way.answered.insert(seen.round)
            }
            Direction::Answered => false,
        };
    }

    /// Whether asking on would tell nothing new.
    pub(super) fn is_settled(&self, controls: &BTreeMap<LegId, BTreeSet<u16>>) -> bool {
        let ways = [&self.there, &self.back];
        let is_open = ways.iter().all(|way| {
            way.arrived.len() >= ROUNDS_THAT_OPEN
                && (way.answered.len() >= ROUNDS_THAT_OPEN || way.sent.len() >= ROUNDS_UNANSWERED)
        });
        is_open
            || ways.iter().all(|way| {
                way.arrived.len() >= ROUNDS_THAT_OPEN || self.is_proven_shut(way, controls)
            })
    }

    /// Enough rounds in which both ends' controls were good, as far as there are controls.
    fn is_proven_shut(&self, way: &Way, controls: &BTreeMap<LegId, BTreeSet<u16>>) -> bool {
        let ends =
            [&self.pair.a, &self.pair.b].map(|end| controls.get(&leg_id(end, self.pair.family)));
        let valid = way.sent.iter().filter(|round| {
            ends.iter().all(|control| control.is_none_or(|rounds| rounds.contains(round)))
        });
        valid.count() >= ROUNDS_THAT_PROVE || way.sent.len() >= usize::from(ROUNDS)
    }

    /// Whether three rounds went by without any arrival, one way or the other.
    pub(super) fn is_missing(&self) -> bool {
        [&self.there, &self.back].iter().any(|way| way.sent.len() >= 3 && way.arrived.is_empty())
    }
}

impl PairState {
    /// Unicast at layer 2; where an end cannot send frames, what its kernel sent for it.
    fn is_directed(&self, seen: &Observation) -> bool {
        match seen.kind {
            Kind::Udp | Kind::Echo => seen.cast != Some(Cast::Group),
            Kind::RoutedUdp => self.is_by_kernel,
            _ => false,
        }
    }
}

/// The leg whose control an observation is, and its round, when it was answered.
pub(super) fn control_of(
    seen: &Observation,
    is_gateway: &dyn Fn(&LegId, &Observation) -> bool,
) -> Option<(LegId, u16)> {
    let is_control = seen.direction == Direction::Answered
        && seen.answer == Some(Answer::Reply)
        && seen.peer.is_none()
        && matches!(seen.kind, Kind::Neighbour { .. } | Kind::RoutedEcho);
    if !is_control {
        return None;
    }
    let link = seen.asked_link.clone()?;
    let leg = LegId { host: seen.host.clone(), link, family: seen.family };
    is_gateway(&leg, seen).then_some((leg, seen.round))
}
