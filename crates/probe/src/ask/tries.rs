//! Tries spread over time: losses come in bursts, so that the spacing counts more than the number.

use crate::machine::{Event, Flow, Moment};

/// When to try, and which flow belongs to which try.
#[derive(Clone, Debug)]
pub(crate) struct Tries {
    pub(crate) pace: Pace,
    begun: Option<Moment>,
    last: Moment,
    made: Vec<Made>,
    is_over: bool,
}

/// How often, how fast, how long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Pace {
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
struct Made {
    flow: Flow,
    is_answered: bool,
    is_spoilt: bool,
}

/// What the tries want.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Due {
    /// Make the try with this number, from 0, and tell its flow by [`Tries::made`].
    Try(u16),
    /// Wait until then.
    Wait(Moment),
    /// No more tries, and no more answers count.
    Over,
}

impl Tries {
    /// Tries of one question at most; a caller that wants more gets these.
    pub(crate) const MAX: u16 = 60;

    pub(crate) fn new(pace: Pace) -> Self {
        let pace = Pace { count: pace.count.clamp(1, Self::MAX), ..pace };
        Self { pace, begun: None, last: Moment::default(), made: Vec::new(), is_over: false }
    }

    pub(crate) fn due(&mut self, now: Moment) -> Due {
        let begun = *self.begun.get_or_insert(now);
        if self.is_over {
            return Due::Over;
        }
        let count = u16::try_from(self.made.len()).unwrap_or(u16::MAX);
        let next = match count {
            0 => begun.after_ms(self.pace.delay_ms),
            _ if count < self.pace.count => self.last.after_ms(self.pace.every_ms),
            _ => self.last.after_ms(self.pace.window_ms),
        };
        if now < next {
            Due::Wait(next)
        } else if count < self.pace.count {
            self.last = now;
            Due::Try(count)
        } else {
            self.is_over = true;
            Due::Over
        }
    }

    /// Notes the flow of the try that was due.
    pub(crate) fn made(&mut self, flow: Flow) {
        self.made.push(Made { flow, is_answered: false, is_spoilt: false });
    }

    /// Takes note of a try that had to wait before it left: its time begins there.
    pub(crate) fn note_leaving(&mut self, now: Moment, event: &Event) {
        let last = self.made.last().map(|made| made.flow);
        if matches!(event, Event::Left { flow } if Some(*flow) == last) {
            self.last = now;
        }
    }

    /// The try of a flow, if answers still count and it has none.
    pub(crate) fn open(&self, flow: Flow) -> Option<u16> {
        if self.is_over {
            return None;
        }
        let nth = self.made.iter().position(|made| made.flow == flow && !made.is_answered)?;
        u16::try_from(nth).ok()
    }

    /// Notes that garbage came; returns whether it was the first of that try. The true answer may
    /// still follow, and a flood of garbage must not fill the record.
    pub(crate) fn spoilt(&mut self, nth: u16) -> bool {
        self.made
            .get_mut(usize::from(nth))
            .is_some_and(|made| !std::mem::replace(&mut made.is_spoilt, true))
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
