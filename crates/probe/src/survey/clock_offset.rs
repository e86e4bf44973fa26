//! How other hosts' clocks differ from this one's: the answer of a host is placed in the middle
//! between question and answer (RFC 5905, section 8, with one question).

use pontoon_model::snapshot::ClockDifference;

use crate::machine::RunInstant;

/// Both clocks are read in whole milliseconds.
const ROUNDING_MS: u64 = 2;

/// This host's clock at one time of the run, carried on by the monotonic clock: setting the clock
/// during a run does no harm.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockReference {
    /// When it was read.
    pub(super) began: RunInstant,
    /// What it showed then.
    pub(super) unix_ms: u64,
}

impl ClockReference {
    /// The difference of a clock that was read some time between two moments.
    pub(super) fn difference(
        self,
        asked: RunInstant,
        heard: RunInstant,
        theirs: u64,
    ) -> ClockDifference {
        let took = heard.0.saturating_sub(asked.0);
        let middle = (asked.0.saturating_sub(self.began.0)).saturating_add(took / 2);
        let ours = i128::from(self.unix_ms) + i128::from(middle);
        let offset = i128::from(theirs) - ours;
        let bound = if offset < 0 { i64::MIN } else { i64::MAX };
        ClockDifference {
            offset_ms: i64::try_from(offset).unwrap_or(bound),
            uncertainty_ms: u32::try_from(took.div_ceil(2) + ROUNDING_MS).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn difference(asked: u64, heard: u64, theirs: u64) -> (i64, u32) {
        let ours = ClockReference { began: RunInstant(100), unix_ms: 1_000_000 };
        let found = ours.difference(RunInstant(asked), RunInstant(heard), theirs);
        (found.offset_ms, found.uncertainty_ms)
    }

    #[test]
    fn an_answer_is_placed_in_the_middle() {
        assert_eq!(difference(100, 100, 1_000_000), (0, 2));
        assert_eq!(difference(300, 340, 1_000_220), (0, 22));
        assert_eq!(difference(300, 340, 1_005_220), (5_000, 22));
        assert_eq!(difference(300, 340, 995_220), (-5_000, 22));
        assert_eq!(difference(100, 100, 0).0, -1_000_000);
        assert_eq!(difference(100, 100, u64::MAX).0, i64::MAX);
    }

    proptest! {
        #[test]
        fn the_truth_lies_within_the_uncertainty(
            truth in -10_000_000_i64..10_000_000, there in 0..5_000_u64, back in 0..5_000_u64,
        ) {
            let theirs = (1_000_000_000 + truth).unsigned_abs() + there;
            let ours = ClockReference { began: RunInstant(7), unix_ms: 1_000_000_000 };
            let found = ours.difference(RunInstant(7), RunInstant(7 + there + back), theirs);
            prop_assert!(found.offset_ms.abs_diff(truth) <= u64::from(found.uncertainty_ms));
        }
    }
}
