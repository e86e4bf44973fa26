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
/// The same, in arrivals, where some are lost: answers may have been lost as well.
const ARRIVALS_UNANSWERED: usize = 8;

/// One way of a pair.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    pub(super) sent: BTreeSet<u16>,
    pub(super) arrived: BTreeSet<u16>,
    pub(super) answered: BTreeSet<u16>,
    /// Single frames: the round, and whether it was ping.
    frames_sent: BTreeSet<(u16, bool)>,
    frames_arrived: BTreeSet<(u16, bool)>,
}

impl Way {
    /// Whether all that was sent has arrived. One agent's report may overtake the other's.
    fn is_lossless(&self) -> bool {
        self.frames_sent.is_subset(&self.frames_arrived)
    }
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
        let frame = (seen.round, seen.kind == Kind::Echo);
        match seen.direction {
            Direction::Sent => {
                way.frames_sent.insert(frame);
                way.sent.insert(seen.round)
            }
            Direction::Arrived => {
                way.frames_arrived.insert(frame);
                way.arrived.insert(seen.round)
            }
            Direction::Answered if seen.answer == Some(Answer::Reply) => {
                way.answered.insert(seen.round)
            }
            Direction::Answered => false,
        };
    }

    /// Whether asking on would tell nothing new.
    pub(super) fn is_settled(&self, controls: &BTreeMap<LegId, BTreeSet<u16>>) -> bool {
        let is_lossless = self.there.is_lossless() && self.back.is_lossless();
        [&self.there, &self.back].into_iter().all(|way| {
            if way.arrived.len() >= ROUNDS_THAT_OPEN {
                way.answered.len() >= ROUNDS_THAT_OPEN
                    || is_lossless && way.sent.len() >= ROUNDS_UNANSWERED
                    || way.arrived.len() >= ARRIVALS_UNANSWERED
                    || way.sent.len() >= usize::from(ROUNDS)
            } else {
                self.is_proven_shut(way, controls)
            }
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

#[cfg(test)]
mod tests {
    use pontoon_model::net::{Family, Mac};
    use pontoon_model::observation::RunId;
    use pontoon_model::pairing::End;

    use super::*;

    fn end(host: &str, last: u8) -> End {
        End {
            host: host.parse().unwrap(),
            link: "wlan0".parse().unwrap(),
            mac: Mac([2, 0, 0, 0, 0, last]),
            prefix: format!("172.20.5.{last}/16").parse().unwrap(),
        }
    }

    fn state() -> PairState {
        let pair = SharedLink { a: end("a", 1), b: end("b", 2), family: Family::V4 };
        PairState::new(pair, false)
    }

    /// What is seen of one question from `from` to `to`.
    fn seen(from: &str, to: &str, round: u16, direction: Direction, kind: Kind) -> Observation {
        let (host, peer) = if direction == Direction::Arrived { (to, from) } else { (from, to) };
        let link: Option<pontoon_model::net::IfName> = Some("wlan0".parse().unwrap());
        Observation {
            run: RunId(1),
            host: host.parse().unwrap(),
            peer: Some(peer.parse().unwrap()),
            address: None,
            link: link.clone(),
            asked_link: link,
            family: Family::V4,
            direction,
            round,
            at_ms: 0,
            source_mac: None,
            ttl: None,
            cast: (direction == Direction::Arrived).then_some(Cast::Unicast),
            kind,
            answer: (direction == Direction::Answered).then_some(Answer::Reply),
        }
    }

    fn controls(rounds: std::ops::RangeInclusive<u16>) -> BTreeMap<LegId, BTreeSet<u16>> {
        let legs = [end("a", 1), end("b", 2)].map(|end| leg_id(&end, Family::V4));
        legs.into_iter().map(|leg| (leg, rounds.clone().collect())).collect()
    }

    fn ask(state: &mut PairState, rounds: std::ops::RangeInclusive<u16>, outcome: &[Direction]) {
        for round in rounds {
            for (from, to) in [("a", "b"), ("b", "a")] {
                for direction in outcome {
                    state.take(&seen(from, to, round, *direction, Kind::Udp));
                }
            }
        }
    }

    #[test]
    fn a_pair_is_asked_until_nothing_new_can_come() {
        use Direction::{Answered, Arrived, Sent};
        let open: &[_] = &[Sent, Arrived, Answered];
        let deaf: &[_] = &[Sent, Arrived];
        let shut: &[_] = &[Sent];
        let table = [
            ("two open rounds", open, 2, 12, false),
            ("three open rounds", open, 3, 12, true),
            ("arrivals without answers, four rounds", deaf, 4, 12, false),
            ("arrivals without answers, five rounds", deaf, 5, 12, true),
            ("nine rounds without arrival", shut, 9, 12, false),
            ("ten rounds without arrival", shut, 10, 12, true),
            ("ten rounds, of which the control failed in one", shut, 10, 9, false),
            ("all rounds, whatever the control", shut, 12, 0, true),
        ];
        for (case, outcome, rounds, good, settled) in table {
            let mut state = state();
            ask(&mut state, 1..=rounds, outcome);
            assert_eq!(state.is_settled(&controls(1..=good)), settled, "{case}");
        }
    }

    #[test]
    fn where_frames_are_lost_silence_takes_more_to_believe() {
        use Direction::{Arrived, Sent};
        // One round of which nothing arrived, then arrivals without an answer.
        for (arrivals, settled) in [(7, false), (8, true)] {
            let mut state = state();
            ask(&mut state, 1..=1, &[Sent]);
            ask(&mut state, 2..=arrivals + 1, &[Sent, Arrived]);
            assert_eq!(state.is_settled(&controls(1..=12)), settled, "{arrivals}");
        }
        let mut poor = state();
        ask(&mut poor, 1..=8, &[Sent]);
        ask(&mut poor, 9..=12, &[Sent, Arrived]);
        assert!(poor.is_settled(&controls(1..=12)), "all rounds were put");
    }

    #[test]
    fn a_way_that_is_shut_keeps_an_open_one_waiting_until_it_is_proven() {
        let mut state = state();
        for round in 1..=9 {
            for direction in [Direction::Sent, Direction::Arrived] {
                state.take(&seen("a", "b", round, direction, Kind::Udp));
            }
            state.take(&seen("b", "a", round, Direction::Sent, Kind::Udp));
        }
        assert!(!state.is_settled(&controls(1..=12)));
        assert!(state.is_missing());
        state.take(&seen("b", "a", 10, Direction::Sent, Kind::Udp));
        assert!(state.is_settled(&controls(1..=12)));
    }

    #[test]
    fn what_is_no_directed_frame_of_this_pair_does_not_count() {
        let mut state = state();
        for round in 1..=3 {
            for direction in [Direction::Sent, Direction::Arrived, Direction::Answered] {
                state.take(&seen("a", "b", round, direction, Kind::Broadcast));
                state.take(&seen("a", "b", round, direction, Kind::RoutedUdp));
                state.take(&seen("a", "c", round, direction, Kind::Udp));
                let mut wide = seen("a", "b", round, direction, Kind::Udp);
                wide.cast = Some(Cast::Group);
                state.take(&wide);
            }
        }
        assert!(state.there.arrived.is_empty() && state.there.sent.is_empty());
    }
}
