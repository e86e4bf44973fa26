//! Tries spread over time: losses come in bursts, so that the spacing counts more than the number.

use crate::machine::{FlowEvent, FlowId, RunInstant};

/// When to try, and which flow belongs to which try.
#[derive(Clone, Debug)]
pub(crate) struct RetrySchedule {
    pub(crate) pace: RetryPace,
    begun: Option<RunInstant>,
    last: RunInstant,
    made: Vec<RetryAttempt>,
    is_over: bool,
}

/// How many tries, how far apart, and how long the last one waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RetryPace {
    /// Tries at most.
    pub(crate) count: u16,
    /// Before the first, in milliseconds.
    pub(crate) delay_ms: u64,
    /// From one to the next, in milliseconds.
    pub(crate) every_ms: u64,
    /// How long after the last an answer still counts, in milliseconds.
    pub(crate) window_ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct RetryAttempt {
    flow: FlowId,
    is_answered: bool,
    has_garbage: bool,
}

/// What a retry schedule wants next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RetryAction {
    /// Make the try with this number, from 0, and tell its flow by [`RetrySchedule::made`].
    Try(u16),
    /// Wait until then.
    Wait(RunInstant),
    /// No more tries, and no more answers count.
    Over,
}

impl RetrySchedule {
    /// Tries of one question at most; a caller that wants more gets these.
    pub(crate) const MAX: u16 = 60;

    pub(crate) fn new(pace: RetryPace) -> Self {
        let pace = RetryPace { count: pace.count.clamp(1, Self::MAX), ..pace };
        Self { pace, begun: None, last: RunInstant::default(), made: Vec::new(), is_over: false }
    }

    pub(crate) fn due(&mut self, now: RunInstant) -> RetryAction {
        let begun = *self.begun.get_or_insert(now);
        if self.is_over {
            return RetryAction::Over;
        }
        let count = u16::try_from(self.made.len()).unwrap_or(u16::MAX);
        let next = match count {
            0 => begun.after_ms(self.pace.delay_ms),
            _ if count < self.pace.count => self.last.after_ms(self.pace.every_ms),
            _ => self.last.after_ms(self.pace.window_ms),
        };
        if now < next {
            RetryAction::Wait(next)
        } else if count < self.pace.count {
            self.last = now;
            RetryAction::Try(count)
        } else {
            self.is_over = true;
            RetryAction::Over
        }
    }

    /// Notes the flow of the try that was due.
    pub(crate) fn made(&mut self, flow: FlowId) {
        self.made.push(RetryAttempt { flow, is_answered: false, has_garbage: false });
    }

    /// Takes note of a try that had to wait before it left: its time begins there.
    pub(crate) fn note_sent_at(&mut self, now: RunInstant, event: &FlowEvent) {
        let last = self.made.last().map(|made| made.flow);
        if matches!(event, FlowEvent::Left { flow } if Some(*flow) == last) {
            self.last = now;
        }
    }

    /// The try of a flow, if answers still count and it has none.
    pub(crate) fn open(&self, flow: FlowId) -> Option<u16> {
        if self.is_over {
            return None;
        }
        let nth = self.made.iter().position(|made| made.flow == flow && !made.is_answered)?;
        u16::try_from(nth).ok()
    }

    /// Notes that garbage came; returns whether it was the first of that try. The true answer may
    /// still follow, and a flood of garbage must not fill the record.
    pub(crate) fn note_garbage(&mut self, nth: u16) -> bool {
        self.made
            .get_mut(usize::from(nth))
            .is_some_and(|made| !std::mem::replace(&mut made.has_garbage, true))
    }

    /// Notes that a try was answered: what else comes on its flow is a duplicate.
    pub(crate) fn answered(&mut self, nth: u16) {
        if let Some(made) = self.made.get_mut(usize::from(nth)) {
            made.is_answered = true;
        }
        let is_all = self.made.len() >= usize::from(self.pace.count)
            && self.made.iter().all(|made| made.is_answered);
        if is_all {
            self.is_over = true;
        }
    }

    /// Ends the tries: the question is answered.
    pub(crate) fn settle(&mut self) {
        self.is_over = true;
    }
}
