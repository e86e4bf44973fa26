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

/// What was sent in the last second.
#[derive(Clone, Debug)]
pub struct Budget {
    rate: Rate,
    frames: VecDeque<Moment>,
    groups: VecDeque<Moment>,
}

const SECOND_MS: u64 = 1000;

impl Budget {
    /// A budget from which nothing has been spent.
    #[must_use]
    pub const fn new(rate: Rate) -> Self {
        Self { rate, frames: VecDeque::new(), groups: VecDeque::new() }
    }

    /// Takes one frame from the budget.
    ///
    /// # Errors
    ///
    /// When to ask again, if it is spent.
    pub fn take(&mut self, now: Moment, is_group: bool) -> Result<(), Moment> {
        for sent in [&mut self.frames, &mut self.groups] {
            while sent.front().is_some_and(|first| first.after_ms(SECOND_MS) <= now) {
                sent.pop_front();
            }
        }
        let room = |sent: &VecDeque<Moment>, limit: usize| match sent.front() {
            Some(first) if sent.len() >= limit => Err(first.after_ms(SECOND_MS)),
            _ => Ok(()),
        };
        room(&self.frames, self.rate.frames_per_s)?;
        if is_group {
            room(&self.groups, self.rate.groups_per_s)?;
            self.groups.push_back(now);
        }
        self.frames.push_back(now);
        Ok(())
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
            if budget.take(Moment(ms), is_group).is_ok() {
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
        assert_eq!(budget.take(Moment(0), true), Ok(()));
        assert_eq!(budget.take(Moment(100), true), Ok(()));
        assert_eq!(budget.take(Moment(200), true), Err(Moment(1000)));
        assert_eq!(budget.take(Moment(200), false), Ok(()));
        assert_eq!(budget.take(Moment(1000), true), Ok(()));
    }
}
