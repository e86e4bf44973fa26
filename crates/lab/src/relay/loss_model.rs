//! When a frame is to be delivered, if at all: pure, with time and chance as arguments.

use crate::scenario::LinkImpairment;

/// A station that has just sent is awake for this long; the usual timeout of dynamic power saving
/// in mac80211 is 100 ms, drivers choose less.
const AWAKE_MS: u64 = 50;

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RelayDirection {
    /// Up, to the access point.
    FromStation,
    /// Down, to the station.
    ToStation,
}

/// What happens to the frames of one direction.
#[derive(Debug)]
pub(super) struct LossModel {
    manner: LinkImpairment,
    pub(super) way: RelayDirection,
    chance: u64,
    last_due_ms: u64,
}

impl LossModel {
    pub(super) fn new(manner: LinkImpairment, way: RelayDirection, seed: u64) -> Self {
        Self { manner, way, chance: seed | 1, last_due_ms: 0 }
    }

    /// When a frame that came at `at_ms` is to be delivered; none: it is lost. Order is kept.
    pub(super) fn due(&mut self, at_ms: u64, last_heard_ms: u64) -> Option<u64> {
        if self.below(100) < u64::from(self.manner.loss_percent) {
            return None;
        }
        let jitter = self.below(u64::from(self.manner.jitter_ms) + 1);
        let mut due = at_ms + u64::from(self.manner.delay_ms) + jitter;
        let doze = u64::from(self.manner.doze_ms);
        let is_awake = last_heard_ms > 0 && at_ms.saturating_sub(last_heard_ms) < AWAKE_MS;
        if self.way == RelayDirection::ToStation && doze > 0 && !is_awake {
            due = due.next_multiple_of(doze);
        }
        self.last_due_ms = self.last_due_ms.max(due);
        Some(self.last_due_ms)
    }

    /// A number below `limit`: xorshift64 (Marsaglia 2003), good enough for weather.
    fn below(&mut self, limit: u64) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(manner: LinkImpairment, way: RelayDirection) -> LossModel {
        LossModel::new(manner, way, 42)
    }

    #[test]
    fn delay_and_jitter_keep_the_order() {
        let manner = LinkImpairment { delay_ms: 100, jitter_ms: 50, ..LinkImpairment::default() };
        let mut fate = fate(manner, RelayDirection::FromStation);
        let mut last = 0;
        for at in (0..2000).step_by(7) {
            let due = fate.due(at, at).unwrap();
            assert!(due >= at + 100 && due >= last, "{at} {due} {last}");
            last = due;
        }
        assert!(last <= 2000 + 150);
    }

    #[test]
    fn a_dozing_station_gets_frames_at_the_beacon_unless_it_has_just_sent() {
        let manner = LinkImpairment { doze_ms: 205, ..LinkImpairment::default() };
        for (way, at, heard, due) in [
            (RelayDirection::ToStation, 10, 0, 205),
            (RelayDirection::ToStation, 300, 20, 410),
            (RelayDirection::ToStation, 300, 290, 300),
            (RelayDirection::FromStation, 10, 0, 10),
        ] {
            assert_eq!(fate(manner.clone(), way).due(at, heard), Some(due), "{way:?} {at}");
        }
    }

    #[test]
    fn about_as_many_are_lost_as_asked() {
        for (percent, lost) in [(0, 0..=0), (40, 350..=450), (100, 1000..=1000)] {
            let manner = LinkImpairment { loss_percent: percent, ..LinkImpairment::default() };
            let mut fate = fate(manner, RelayDirection::ToStation);
            let count = (0..1000).filter(|at| fate.due(*at, 0).is_none()).count();
            assert!(lost.contains(&count), "{percent} {count}");
        }
    }
}
