//! The questions that wait for their time, or for room on their link.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::net::IfName;

use crate::machine::RunInstant;
use crate::round_schedule::ProbeTask;

/// Most questions that wait.
const TASKS_MAX: usize = 20_000;

/// Questions that wait for the same room: a link, and whether they go to a group there. `None`:
/// no link's rate limits it.
pub(super) type SendLane = Option<(IfName, bool)>;

/// A question's place: when it is due, and its number among those of that time.
pub(super) type TaskOrder = (RunInstant, u64);

/// Waiting questions, in the order in which they are due.
///
/// Nothing overtakes: where there is no room for a question, those behind it on the same lane wait
/// as well. Otherwise one that takes two frames would never find two places free on a busy link,
/// and the control of a link is such a one.
#[derive(Debug, Default)]
pub(super) struct TaskQueue {
    tasks: BTreeMap<TaskOrder, ProbeTask>,
    taken: u64,
    holds: BTreeMap<SendLane, RunInstant>,
}

impl TaskQueue {
    /// Takes questions in, counted from now.
    pub(super) fn add(&mut self, now: RunInstant, tasks: impl Iterator<Item = ProbeTask>) {
        for task in tasks.take(TASKS_MAX.saturating_sub(self.tasks.len())) {
            self.taken += 1;
            self.tasks.insert((now.after_ms(task.at_ms.into()), self.taken), task);
        }
    }

    /// Drops the questions of these groups.
    pub(super) fn cancel(&mut self, groups: &BTreeSet<u32>) {
        self.tasks.retain(|_, task| !groups.contains(&task.group));
    }

    /// Drops every question that waits.
    pub(super) fn clear(&mut self) {
        self.tasks.clear();
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Takes out the first question that is due and has none waiting before it on its lane.
    pub(super) fn next(
        &mut self,
        now: RunInstant,
        lane: impl Fn(&ProbeTask) -> SendLane,
    ) -> Option<(TaskOrder, ProbeTask)> {
        let mut due = self.tasks.range(..=(now, u64::MAX));
        let place =
            due.find(|(_, task)| self.free_at(&lane(task)) <= now).map(|(place, _)| *place)?;
        Some((place, self.tasks.remove(&place)?))
    }

    /// Puts a question back for which there was no room, and holds its lane until then.
    pub(super) fn requeue(
        &mut self,
        (place, task): (TaskOrder, ProbeTask),
        lane: SendLane,
        until: RunInstant,
    ) {
        self.tasks.insert(place, task);
        self.holds.insert(lane, until);
    }

    /// When a question can be put at the earliest.
    pub(super) fn deadline(&self, lane: impl Fn(&ProbeTask) -> SendLane) -> Option<RunInstant> {
        let mut earliest: Option<RunInstant> = None;
        for ((due, _), task) in &self.tasks {
            if earliest.is_some_and(|earliest| earliest <= *due) {
                break;
            }
            let free = self.free_at(&lane(task)).max(*due);
            earliest = Some(earliest.map_or(free, |earliest| earliest.min(free)));
        }
        earliest
    }

    fn free_at(&self, lane: &SendLane) -> RunInstant {
        self.holds.get(lane).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use pontoon_model::net::IpFamily;

    use super::*;
    use crate::probes::ProbeQuestion;

    fn task(round: u16, at_ms: u32) -> ProbeTask {
        let question = ProbeQuestion::OwnAddress { address: "192.0.2.1".parse().unwrap() };
        ProbeTask { group: 1, at_ms, round, family: IpFamily::V4, link: None, peer: None, question }
    }

    /// Odd rounds on one lane, even ones on another.
    fn lane(task: &ProbeTask) -> SendLane {
        let link = "wlan0".parse().ok()?;
        Some((link, task.round.is_multiple_of(2)))
    }

    #[test]
    fn questions_come_in_the_order_in_which_they_are_due() {
        let mut queue = TaskQueue::default();
        queue.add(RunInstant(100), [task(1, 50), task(2, 20), task(3, 50)].into_iter());
        assert_eq!(queue.deadline(lane), Some(RunInstant(120)));
        assert!(queue.next(RunInstant(119), lane).is_none());
        let rounds = std::iter::from_fn(|| queue.next(RunInstant(150), lane));
        let rounds: Vec<_> = rounds.map(|(_, task)| task.round).collect();
        assert_eq!(rounds, [2, 1, 3]);
        assert!(queue.is_empty());
    }

    #[test]
    fn nothing_overtakes_a_question_without_room() {
        let mut queue = TaskQueue::default();
        queue.add(RunInstant(0), [task(1, 10), task(3, 20), task(4, 30)].into_iter());
        let held = queue.next(RunInstant(40), lane).unwrap();
        queue.requeue(held, lane(&task(1, 0)), RunInstant(500));
        // The other lane goes on.
        assert_eq!(queue.next(RunInstant(40), lane).unwrap().1.round, 4);
        assert!(queue.next(RunInstant(499), lane).is_none());
        assert_eq!(queue.deadline(lane), Some(RunInstant(500)));
        assert_eq!(queue.next(RunInstant(500), lane).unwrap().1.round, 1);
    }

    #[test]
    fn what_is_cancelled_waits_no_more() {
        let mut queue = TaskQueue::default();
        queue.add(RunInstant(0), [task(1, 0)].into_iter());
        queue.cancel(&BTreeSet::from([2]));
        assert!(!queue.is_empty());
        queue.cancel(&BTreeSet::from([1]));
        assert_eq!((queue.is_empty(), queue.deadline(lane)), (true, None));
    }
}
