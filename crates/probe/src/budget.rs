//! How much a host may send on a link, since the network belongs to others.

use std::collections::VecDeque;

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::{Link, Snapshot};

use crate::machine::RunInstant;

/// A limit on frames per second, broadcasts counted apart.
///
/// Dynamic ARP Inspection lets 15 ARP frames per second pass from an untrusted port and switches
/// the port off above (Cisco Catalyst 2960 configuration guide): a radio host stays far below.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RateLimit {
    /// Frames of all kinds in any second.
    pub frames_per_s: usize,
    /// Of these, broadcast and multicast.
    pub groups_per_s: usize,
}

impl RateLimit {
    /// The limit on a link that strangers share.
    pub const SHARED: Self = Self { frames_per_s: 10, groups_per_s: 2 };
    /// The limit on a private switch.
    pub const PRIVATE: Self = Self { frames_per_s: 200, groups_per_s: 50 };

    /// A wire without a gateway is a private switch; everything else is shared with strangers.
    #[must_use]
    pub fn of(link: &Link, snapshot: &Snapshot) -> Self {
        let has_gateway = [IpFamily::V4, IpFamily::V6]
            .into_iter()
            .any(|family| snapshot.gateway(&link.name, family).is_some());
        if link.is_radio() || has_gateway { Self::SHARED } else { Self::PRIVATE }
    }
}

/// The frames of one action or question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FrameLoad {
    /// How many frames leave, at once or later.
    pub frames: usize,
    /// Of these, broadcast and multicast.
    pub groups: usize,
    /// Of the frames, those that leave a little later, when something has come.
    pub later: usize,
}

/// How much later that is: a round trip on a slow WiFi, or a delayed acknowledgement
/// (`TCP_DELACK_MIN` of include/net/tcp.h: 40 ms).
const LATER_MS: u64 = 60;

impl FrameLoad {
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
pub struct LinkBudget {
    frames: SentWindow,
    groups: SentWindow,
    /// From one frame to the next, in milliseconds; and the last.
    apart_ms: u64,
    last: Option<RunInstant>,
}

/// When frames of one sort left, in order of time.
#[derive(Clone, Debug)]
struct SentWindow {
    limit: usize,
    times: VecDeque<RunInstant>,
    /// Since when frames were taken that are not known to have left: how many, and how many of
    /// those that leave later.
    let_go: (RunInstant, usize, usize),
}

/// A second, and the part of a millisecond that a [`RunInstant`] does not tell.
const SECOND_MS: u64 = 1001;

impl LinkBudget {
    /// A budget from which nothing has been spent.
    #[must_use]
    pub const fn new(rate: RateLimit) -> Self {
        Self {
            frames: SentWindow::new(rate.frames_per_s),
            groups: SentWindow::new(rate.groups_per_s),
            apart_ms: 0,
            last: None,
        }
    }

    /// Spreads what leaves over the second, as far as that costs no time: where many hosts begin
    /// together, all would be busy in the same moment and idle for the rest of the second.
    pub fn spread(&mut self) {
        // A little less than the rate allows, so that a host that is late can catch up.
        let frames = u64::try_from(self.frames.limit.max(1)).unwrap_or(u64::MAX);
        self.apart_ms = 800 / frames;
    }

    /// Takes what leaves from the budget: all of it, or nothing.
    ///
    /// # Errors
    ///
    /// When to ask again, if it is spent.
    pub fn take(&mut self, now: RunInstant, load: FrameLoad) -> Result<(), RunInstant> {
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
    pub fn mark_sent(&mut self, now: RunInstant) {
        self.frames.mark_sent(now);
        self.groups.mark_sent(now);
    }
}

impl SentWindow {
    const fn new(limit: usize) -> Self {
        Self { limit, times: VecDeque::new(), let_go: (RunInstant(0), 0, 0) }
    }

    fn room(&mut self, now: RunInstant, count: usize) -> Result<(), RunInstant> {
        let (since, soon, later) = self.let_go;
        if since < now {
            self.mark_sent(since);
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
    fn note(&mut self, now: RunInstant, soon: usize, later: usize) {
        let (_, others_soon, others_later) = self.let_go;
        self.let_go = (now, others_soon + soon, others_later + later);
    }

    fn mark_sent(&mut self, now: RunInstant) {
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
        let mut budget = LinkBudget::new(RateLimit::SHARED);
        let mut sent: Vec<(u64, bool)> = Vec::new();
        for ms in 0..5000 {
            let is_group = ms % 3 == 0;
            if budget.take(RunInstant(ms), FrameLoad::one(is_group)).is_ok() {
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
        let mut budget = LinkBudget::new(RateLimit::SHARED);
        let (one, group) = (FrameLoad::one(false), FrameLoad::one(true));
        assert_eq!(budget.take(RunInstant(0), group), Ok(()));
        assert_eq!(budget.take(RunInstant(100), group), Ok(()));
        assert_eq!(budget.take(RunInstant(200), group), Err(RunInstant(1001)));
        assert_eq!(budget.take(RunInstant(200), one), Ok(()));
        assert_eq!(budget.take(RunInstant(1001), group), Ok(()));
    }

    #[test]
    fn what_takes_several_frames_has_room_for_all_or_none() {
        let mut budget = LinkBudget::new(RateLimit::SHARED);
        for ms in 0..9 {
            assert_eq!(budget.take(RunInstant(ms), FrameLoad::of(1)), Ok(()));
        }
        assert_eq!(budget.take(RunInstant(9), FrameLoad::of(2)), Err(RunInstant(1001)));
        assert_eq!(budget.take(RunInstant(9), FrameLoad::of(4)), Err(RunInstant(1003)));
        assert_eq!(budget.take(RunInstant(9), FrameLoad::of(1)), Ok(()));
        // More than any second holds waits for one that holds nothing else.
        assert_eq!(budget.take(RunInstant(10), FrameLoad::of(50)), Err(RunInstant(1010)));
        assert_eq!(budget.take(RunInstant(1010), FrameLoad::of(50)), Ok(()));
    }

    #[test]
    fn what_is_spread_leaves_one_by_one_and_as_many() {
        let mut budget = LinkBudget::new(RateLimit::SHARED);
        budget.spread();
        let sent: Vec<u64> =
            (0..5000).filter(|ms| budget.take(RunInstant(*ms), FrameLoad::of(1)).is_ok()).collect();
        assert_eq!(sent.len(), 50);
        assert!(sent.windows(2).all(|two| two[1] - two[0] >= 80), "{sent:?}");
        assert_eq!(budget.take(RunInstant(9000), FrameLoad::of(1)), Ok(()));
        assert_eq!(budget.take(RunInstant(9001), FrameLoad::of(1)), Err(RunInstant(9080)));
    }

    #[test]
    fn the_second_of_a_frame_begins_when_it_has_left() {
        let mut budget = LinkBudget::new(RateLimit::SHARED);
        budget.take(RunInstant(0), FrameLoad::of(6)).unwrap();
        budget.mark_sent(RunInstant(30));
        budget.take(RunInstant(40), FrameLoad::of(4)).unwrap();
        budget.mark_sent(RunInstant(45));
        assert_eq!(budget.take(RunInstant(1001), FrameLoad::of(1)), Err(RunInstant(1031)));
        // Marked again, nothing changes.
        budget.mark_sent(RunInstant(60));
        budget.mark_sent(RunInstant(70));
        assert_eq!(budget.take(RunInstant(1031), FrameLoad::of(7)), Err(RunInstant(1046)));
        assert_eq!(budget.take(RunInstant(1046), FrameLoad::of(7)), Ok(()));
    }

    #[test]
    fn what_leaves_later_is_counted_when_it_does() {
        let mut budget = LinkBudget::new(RateLimit::SHARED);
        budget.take(RunInstant(0), FrameLoad::of(8).and_later(2)).unwrap();
        budget.mark_sent(RunInstant(20));
        assert_eq!(budget.take(RunInstant(1020), FrameLoad::of(1)), Err(RunInstant(1021)));
        assert_eq!(budget.take(RunInstant(1021), FrameLoad::of(8)), Ok(()));
        assert_eq!(budget.take(RunInstant(1022), FrameLoad::of(1)), Err(RunInstant(1081)));
    }
}
