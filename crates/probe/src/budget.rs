//! How much a host may send on a link: pontoon is a guest.

use std::collections::VecDeque;

use pontoon_model::net::Family;
use pontoon_model::snapshot::{Link, Snapshot};

use crate::machine::Moment;

/// A limit on frames per second, broadcasts counted apart.
///
/// Dynamic ARP Inspection lets 15 ARP frames per second pass from an untrusted port and switches
/// the port off above (Cisco Catalyst 2960 configuration guide): a radio host stays far below.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// All frames.
    pub frames_per_s: usize,
    /// Of these, broadcast and multicast.
    pub groups_per_s: usize,
}

impl Rate {
    /// On a link that strangers share.
    pub const SHARED: Self = Self { frames_per_s: 10, groups_per_s: 2 };
    /// On a private switch.
    pub const PRIVATE: Self = Self { frames_per_s: 200, groups_per_s: 50 };

    /// A wire without a gateway is a private switch; everything else is shared with strangers.
    #[must_use]
    pub fn of(link: &Link, snapshot: &Snapshot) -> Self {
        let has_gateway = [Family::V4, Family::V6]
            .into_iter()
            .any(|family| snapshot.gateway(&link.name, family).is_some());
        if link.is_radio() || has_gateway { Self::SHARED } else { Self::PRIVATE }
    }
}

/// What leaves in one go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Load {
    /// Frames.
    pub frames: usize,
    /// Of these, broadcast and multicast.
    pub groups: usize,
    /// Of the frames, those that leave a little later, when something has come.
    pub later: usize,
}

/// How much later: a round trip on a slow WiFi, or an acknowledgement that the kernel puts off
/// (`TCP_DELACK_MIN` of include/net/tcp.h: 40 ms).
const LATER_MS: u64 = 60;

impl Load {
    /// A frame to one host, or to a group.
    #[must_use]
    pub const fn one(is_group: bool) -> Self {
        Self { frames: 1, groups: if is_group { 1 } else { 0 }, later: 0 }
    }

    /// Frames to single hosts.
    #[must_use]
    pub const fn of(frames: usize) -> Self {
        Self { frames, groups: 0, later: 0 }
    }

    /// The same, with frames that leave a little later.
    #[must_use]
    pub const fn and_later(self, later: usize) -> Self {
        Self { frames: self.frames + later, later, ..self }
    }
}

/// What was sent in the last second.
#[derive(Clone, Debug)]
pub struct Budget {
    frames: Spent,
    groups: Spent,
    /// From one frame to the next, in milliseconds; and the last.
    apart_ms: u64,
    last: Option<Moment>,
}

/// When frames of one sort left, in order of time.
#[derive(Clone, Debug)]
struct Spent {
    limit: usize,
    times: VecDeque<Moment>,
    /// What was let go at a moment, and is not known to have left; the later ones apart.
    let_go: (Moment, usize, usize),
}

/// A second, and the part of a millisecond that a [`Moment`] does not tell.
const SECOND_MS: u64 = 1001;

impl Budget {
    /// A budget from which nothing has been spent.
    #[must_use]
    pub const fn new(rate: Rate) -> Self {
        Self {
            frames: Spent::new(rate.frames_per_s),
            groups: Spent::new(rate.groups_per_s),
            apart_ms: 0,
            last: None,
        }
    }

    /// Spreads what leaves over the second, as far as that costs no time: where many hosts begin
    /// together, all would be busy in the same moment and idle for the rest of the second.
    pub fn spread(&mut self) {
        // A little less than the rate allows, so that who is late can catch up.
        let frames = u64::try_from(self.frames.limit.max(1)).unwrap_or(u64::MAX);
        self.apart_ms = 800 / frames;
    }

    /// Takes what leaves from the budget: all of it, or nothing.
    ///
    /// # Errors
    ///
    /// When to ask again, if it is spent.
    pub fn take(&mut self, now: Moment, load: Load) -> Result<(), Moment> {
        let free = self.last.map(|last| last.after_ms(self.apart_ms));
        if let Some(free) = free.filter(|free| *free > now) {
            return Err(free);
        }
        self.frames.room(now, load.frames)?;
        self.groups.room(now, load.groups)?;
        let later = load.later.min(load.frames);
        self.frames.note(now, load.frames - later, later);
        self.groups.note(now, load.groups, 0);
        self.last = Some(now);
        Ok(())
    }

    /// Notes that what was taken since this was last said has left by now, and no later: its
    /// second begins here.
    pub fn left_by(&mut self, now: Moment) {
        self.frames.left_by(now);
        self.groups.left_by(now);
    }
}

impl Spent {
    const fn new(limit: usize) -> Self {
        Self { limit, times: VecDeque::new(), let_go: (Moment(0), 0, 0) }
    }

    fn room(&mut self, now: Moment, count: usize) -> Result<(), Moment> {
        let (since, soon, later) = self.let_go;
        if since < now {
            self.left_by(since);
        }
        while self.times.front().is_some_and(|first| first.after_ms(SECOND_MS) <= now) {
            self.times.pop_front();
        }
        // What is more than a second may hold waits for an empty one.
        let count = count.min(self.limit);
        let let_go = if since < now { 0 } else { soon + later };
        let too_many = (self.times.len() + let_go + count).saturating_sub(self.limit);
        match too_many.checked_sub(1) {
            Some(last) => Err(self.times.get(last).unwrap_or(&now).after_ms(SECOND_MS)),
            None => Ok(()),
        }
    }

    /// Notes what is let go; there was [room](Self::room) for it at that moment.
    fn note(&mut self, now: Moment, soon: usize, later: usize) {
        let (_, others_soon, others_later) = self.let_go;
        self.let_go = (now, others_soon + soon, others_later + later);
    }

    fn left_by(&mut self, now: Moment) {
        let (since, soon, later) = std::mem::replace(&mut self.let_go, (now, 0, 0));
        let now = now.max(since);
        for (time, count) in [(now, soon), (now.after_ms(LATER_MS), later)] {
            let place = self.times.partition_point(|other| *other <= time);
            (0..count).for_each(|_| self.times.insert(place, time));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_holds_more_than_the_rate() {
        let mut budget = Budget::new(Rate::SHARED);
        let mut sent: Vec<(u64, bool)> = Vec::new();
        for ms in 0..5000 {
            let is_group = ms % 3 == 0;
            if budget.take(Moment(ms), Load::one(is_group)).is_ok() {
                sent.push((ms, is_group));
            }
        }
        for start in 0..4000 {
            let second: Vec<_> =
                sent.iter().filter(|(ms, _)| (start..start + 1000).contains(ms)).collect();
            assert!(second.len() <= 10);
            assert!(second.iter().filter(|(_, is_group)| *is_group).count() <= 2);
        }
    }

    #[test]
    fn a_spent_budget_says_when_to_come_again() {
        let mut budget = Budget::new(Rate::SHARED);
        let (one, group) = (Load::one(false), Load::one(true));
        assert_eq!(budget.take(Moment(0), group), Ok(()));
        assert_eq!(budget.take(Moment(100), group), Ok(()));
        assert_eq!(budget.take(Moment(200), group), Err(Moment(1001)));
        assert_eq!(budget.take(Moment(200), one), Ok(()));
        assert_eq!(budget.take(Moment(1001), group), Ok(()));
    }

    #[test]
    fn what_takes_several_frames_has_room_for_all_or_none() {
        let mut budget = Budget::new(Rate::SHARED);
        for ms in 0..9 {
            assert_eq!(budget.take(Moment(ms), Load::of(1)), Ok(()));
        }
        assert_eq!(budget.take(Moment(9), Load::of(2)), Err(Moment(1001)));
        assert_eq!(budget.take(Moment(9), Load::of(4)), Err(Moment(1003)));
        assert_eq!(budget.take(Moment(9), Load::of(1)), Ok(()));
        // More than any second holds waits for one that holds nothing else.
        assert_eq!(budget.take(Moment(10), Load::of(50)), Err(Moment(1010)));
        assert_eq!(budget.take(Moment(1010), Load::of(50)), Ok(()));
    }

    #[test]
    fn what_is_spread_leaves_one_by_one_and_as_many() {
        let mut budget = Budget::new(Rate::SHARED);
        budget.spread();
        let sent: Vec<u64> =
            (0..5000).filter(|ms| budget.take(Moment(*ms), Load::of(1)).is_ok()).collect();
        assert_eq!(sent.len(), 50);
        assert!(sent.windows(2).all(|two| two[1] - two[0] >= 80), "{sent:?}");
        assert_eq!(budget.take(Moment(9000), Load::of(1)), Ok(()));
        assert_eq!(budget.take(Moment(9001), Load::of(1)), Err(Moment(9080)));
    }

    #[test]
    fn the_second_of_a_frame_begins_when_it_has_left() {
        let mut budget = Budget::new(Rate::SHARED);
        budget.take(Moment(0), Load::of(6)).unwrap();
        budget.left_by(Moment(30));
        budget.take(Moment(40), Load::of(4)).unwrap();
        budget.left_by(Moment(45));
        assert_eq!(budget.take(Moment(1001), Load::of(1)), Err(Moment(1031)));
        // Said again, it is no news.
        budget.left_by(Moment(60));
        budget.left_by(Moment(70));
        assert_eq!(budget.take(Moment(1031), Load::of(7)), Err(Moment(1046)));
        assert_eq!(budget.take(Moment(1046), Load::of(7)), Ok(()));
    }

    #[test]
    fn what_leaves_later_is_counted_when_it_does() {
        let mut budget = Budget::new(Rate::SHARED);
        budget.take(Moment(0), Load::of(8).and_later(2)).unwrap();
        budget.left_by(Moment(20));
        assert_eq!(budget.take(Moment(1020), Load::of(1)), Err(Moment(1021)));
        assert_eq!(budget.take(Moment(1021), Load::of(8)), Ok(()));
        assert_eq!(budget.take(Moment(1022), Load::of(1)), Err(Moment(1081)));
    }
}
