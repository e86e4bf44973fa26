//! What is known so far of each pair, as far as it decides what else to ask.

use pontoon_model::observation::{
    FrameDestination, Observation, ObservedEvent, ProbeAnswer, ProbeKind,
};

use super::round_timing::{ROUNDS, ROUNDS_THAT_PROVE};
use crate::machine::RunInstant;

/// Rounds with arrivals that prove a direction open.
const ROUNDS_THAT_OPEN: usize = 3;
/// Rounds after which an open direction that does not answer is left alone.
const ROUNDS_UNANSWERED: usize = 5;
/// The same, in arrivals, where some are lost: answers may have been lost as well.
const ARRIVALS_UNANSWERED: usize = 8;

/// How long the report of one agent may come after that of the other: a busy host, a slow ssh.
const REPORT_SKEW_MS: u64 = 1_000;

/// Rounds, as bits: a run has twelve, and a thousand hosts have half a million pairs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct RoundSet(u16);

impl RoundSet {
    /// Adds a round. Tries that are counted beyond the rounds are none.
    pub(super) fn insert(&mut self, round: u16) {
        self.0 |= 1_u16.checked_shl(round.into()).unwrap_or(0);
    }

    pub(super) const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rounds in both.
    const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it holds a round that `other` does not.
    pub(super) const fn exceeds(self, other: Self) -> bool {
        self.0 & !other.0 != 0
    }
}

/// One direction of a pair: what its first host asked of the second.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; there are a million")]
pub(super) struct PairDirection {
    pub(super) sent: RoundSet,
    pub(super) arrived: RoundSet,
    pub(super) answered: RoundSet,
    /// Rounds of single frames: UDP, and ping.
    frames_sent: [RoundSet; 2],
    frames_arrived: [RoundSet; 2],
    /// Whether ARP or ND gave a MAC for the peer's address.
    pub(super) is_resolved: bool,
    /// Whether what follows a first answer has been asked.
    pub(super) is_followed: bool,
    /// Whether an ordinary packet has been sent after misses.
    pub(super) is_routed: bool,
    /// Whether the ports that Kubernetes needs have been asked for.
    pub(super) has_ports: bool,
}

impl PairDirection {
    /// Whether the network lets packets pass, whatever the far host makes of them.
    pub(super) const fn is_passable(&self) -> bool {
        !self.answered.is_empty() || self.arrived.len() >= ROUNDS_THAT_OPEN
    }

    /// Whether all that was sent has arrived. One agent's report may overtake the other's.
    fn is_lossless(&self) -> bool {
        let mut kinds = self.frames_sent.iter().zip(self.frames_arrived);
        !kinds.any(|(sent, arrived)| sent.exceeds(arrived))
    }
}

/// A pair that is being asked, by the places of its endpoints.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own; there are half a million"
)]
pub(super) struct PairState {
    pub(super) endpoints: [u32; 2],
    pub(super) a_to_b: PairDirection,
    pub(super) b_to_a: PairDirection,
    pub(super) is_done: bool,
    /// Since when three rounds have gone by without any arrival, in one direction or the other.
    pub(super) missing_since: Option<RunInstant>,
    /// Whether what follows a run of misses has been asked.
    pub(super) is_missed: bool,
    /// Whether an end has no packet socket, so that its kernel sends for it.
    pub(super) is_by_kernel: bool,
    /// Whether one answer is enough: in a crowd, every round costs seconds.
    pub(super) is_in_crowd: bool,
}

impl PairState {
    pub(super) fn new(endpoints: [u32; 2], is_by_kernel: bool, is_in_crowd: bool) -> Self {
        Self {
            endpoints,
            a_to_b: PairDirection::default(),
            b_to_a: PairDirection::default(),
            is_done: false,
            missing_since: None,
            is_missed: false,
            is_by_kernel,
            is_in_crowd,
        }
    }

    /// Whether frames pass both ways.
    pub(super) fn is_open(&self) -> bool {
        self.directions().into_iter().all(|way| way.arrived.len() >= ROUNDS_THAT_OPEN)
    }

    pub(super) const fn directions(&self) -> [&PairDirection; 2] {
        [&self.a_to_b, &self.b_to_a]
    }

    /// Takes in what was seen of a question that the first end (`is_back`: the second) put.
    pub(super) fn take(&mut self, seen: &Observation, is_back: bool) {
        let is_directed = self.is_directed(seen);
        let way = if is_back { &mut self.b_to_a } else { &mut self.a_to_b };
        let is_reply = seen.answer == Some(ProbeAnswer::Reply);
        way.is_resolved |= is_reply && matches!(seen.kind, ProbeKind::Neighbour { .. });
        if !is_directed {
            return;
        }
        let is_echo = usize::from(seen.kind == ProbeKind::Echo);
        match seen.direction {
            ObservedEvent::Sent => {
                way.frames_sent[is_echo].insert(seen.round);
                way.sent.insert(seen.round);
            }
            ObservedEvent::Arrived => {
                way.frames_arrived[is_echo].insert(seen.round);
                way.arrived.insert(seen.round);
            }
            ObservedEvent::Answered if is_reply => way.answered.insert(seen.round),
            ObservedEvent::Answered => {}
        }
    }

    /// Whether asking on would tell nothing new. `controls` are the rounds in which the gateway
    /// of each end answered, where there is one.
    pub(super) fn is_settled(&self, controls: [Option<RoundSet>; 2]) -> bool {
        let answers = if self.is_in_crowd { 1 } else { ROUNDS_THAT_OPEN };
        let is_lossless = self.directions().into_iter().all(PairDirection::is_lossless);
        self.directions().into_iter().all(|way| {
            if way.arrived.len() >= ROUNDS_THAT_OPEN {
                way.answered.len() >= answers
                    || is_lossless && way.sent.len() >= ROUNDS_UNANSWERED
                    || way.arrived.len() >= ARRIVALS_UNANSWERED
                    || way.sent.len() >= usize::from(ROUNDS)
            } else {
                is_proven_shut(way, controls)
            }
        })
    }

    /// Whether three rounds went by without any arrival, in one direction or the other, and so long
    /// ago that the other agent would have reported it.
    pub(super) fn is_missing(&mut self, now: RunInstant) -> bool {
        let is_missing =
            self.directions().iter().any(|way| way.sent.len() >= 3 && way.arrived.is_empty());
        if !is_missing {
            self.missing_since = None;
            return false;
        }
        let since = *self.missing_since.get_or_insert(now);
        now >= since.after_ms(REPORT_SKEW_MS)
    }

    /// Unicast at layer 2; where an end cannot send frames, what its kernel sent for it.
    fn is_directed(&self, seen: &Observation) -> bool {
        match seen.kind {
            ProbeKind::Udp | ProbeKind::Echo => seen.cast != Some(FrameDestination::Group),
            ProbeKind::RoutedUdp => self.is_by_kernel,
            _ => false,
        }
    }
}

/// Enough rounds in which both ends' controls were good, as far as there are controls.
fn is_proven_shut(way: &PairDirection, controls: [Option<RoundSet>; 2]) -> bool {
    let valid = controls.into_iter().flatten().fold(way.sent, RoundSet::and);
    valid.len() >= ROUNDS_THAT_PROVE || way.sent.len() >= usize::from(ROUNDS)
}

#[cfg(test)]
mod tests {
    use pontoon_model::net::IpFamily;
    use pontoon_model::observation::RunId;

    use super::*;

    fn state() -> PairState {
        PairState::new([0, 1], false, false)
    }

    fn seen(round: u16, direction: ObservedEvent, kind: ProbeKind) -> Observation {
        Observation {
            peer: Some("b".parse().unwrap()),
            direction,
            round,
            cast: (direction == ObservedEvent::Arrived).then_some(FrameDestination::Unicast),
            answer: (direction == ObservedEvent::Answered).then_some(ProbeAnswer::Reply),
            ..Observation::sent(RunId(1), "a".parse().unwrap(), IpFamily::V4, kind)
        }
    }

    fn rounds(rounds: std::ops::RangeInclusive<u16>) -> RoundSet {
        let mut set = RoundSet::default();
        rounds.for_each(|round| set.insert(round));
        set
    }

    fn ask(
        state: &mut PairState,
        rounds: std::ops::RangeInclusive<u16>,
        outcome: &[ObservedEvent],
    ) {
        for round in rounds {
            for is_back in [false, true] {
                for direction in outcome {
                    state.take(&seen(round, *direction, ProbeKind::Udp), is_back);
                }
            }
        }
    }

    #[test]
    fn a_pair_is_asked_until_nothing_new_can_come() {
        use ObservedEvent::{Answered, Arrived, Sent};
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
        for (case, outcome, asked, good, settled) in table {
            let mut state = state();
            ask(&mut state, 1..=asked, outcome);
            assert_eq!(state.is_settled([Some(rounds(1..=good)); 2]), settled, "{case}");
        }
    }

    #[test]
    fn in_a_crowd_one_answer_is_enough() {
        for (is_in_crowd, settled) in [(false, false), (true, true)] {
            let mut state = PairState::new([0, 1], false, is_in_crowd);
            ask(&mut state, 1..=3, &[ObservedEvent::Sent, ObservedEvent::Arrived]);
            ask(&mut state, 1..=1, &[ObservedEvent::Answered]);
            assert_eq!(state.is_settled([None, None]), settled);
        }
    }

    #[test]
    fn without_a_control_every_round_counts() {
        let mut state = state();
        ask(&mut state, 1..=10, &[ObservedEvent::Sent]);
        assert!(state.is_settled([None, None]));
        assert!(!state.is_settled([None, Some(RoundSet::default())]));
    }

    #[test]
    fn where_frames_are_lost_silence_takes_more_to_believe() {
        use ObservedEvent::{Arrived, Sent};
        // One round of which nothing arrived, then arrivals without an answer.
        for (arrivals, settled) in [(7, false), (8, true)] {
            let mut state = state();
            ask(&mut state, 1..=1, &[Sent]);
            ask(&mut state, 2..=arrivals + 1, &[Sent, Arrived]);
            assert_eq!(state.is_settled([Some(rounds(1..=12)); 2]), settled, "{arrivals}");
        }
        let mut poor = state();
        ask(&mut poor, 1..=8, &[Sent]);
        ask(&mut poor, 9..=12, &[Sent, Arrived]);
        assert!(poor.is_settled([Some(rounds(1..=12)); 2]), "all rounds were put");
    }

    #[test]
    fn a_way_that_is_shut_keeps_an_open_one_waiting_until_it_is_proven() {
        let mut state = state();
        for round in 1..=9 {
            for direction in [ObservedEvent::Sent, ObservedEvent::Arrived] {
                state.take(&seen(round, direction, ProbeKind::Udp), false);
            }
            state.take(&seen(round, ObservedEvent::Sent, ProbeKind::Udp), true);
        }
        let good = [Some(rounds(1..=12)); 2];
        assert!(!state.is_settled(good));
        assert!(!state.is_missing(RunInstant(5_000)) && state.is_missing(RunInstant(6_000)));
        state.take(&seen(10, ObservedEvent::Sent, ProbeKind::Udp), true);
        assert!(state.is_settled(good));
    }

    #[test]
    fn what_is_no_directed_frame_does_not_count() {
        let mut state = state();
        for round in 1..=3 {
            for direction in [ObservedEvent::Sent, ObservedEvent::Arrived, ObservedEvent::Answered]
            {
                state.take(&seen(round, direction, ProbeKind::Broadcast), false);
                state.take(&seen(round, direction, ProbeKind::RoutedUdp), false);
                let mut wide = seen(round, direction, ProbeKind::Udp);
                wide.cast = Some(FrameDestination::Group);
                state.take(&wide, false);
            }
        }
        assert!(state.a_to_b.arrived.is_empty() && state.a_to_b.sent.is_empty());
    }

    #[test]
    fn rounds_beyond_the_last_are_none() {
        let mut set = RoundSet::default();
        for round in [1, 15, 16, 200] {
            set.insert(round);
        }
        assert_eq!(set.len(), 2);
        assert!(set.exceeds(rounds(1..=3)) && !rounds(1..=1).exceeds(set));
    }
}
