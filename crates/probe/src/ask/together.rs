//! Several machines side by side, as one.

use crate::machine::{Event, Machine, Moment, Next};

/// Runs machines whose flows differ ([`Asker::nth`](super::asker::Asker::nth)) until the last is
/// done.
pub(crate) struct Together {
    machines: Vec<Box<dyn Machine>>,
}

impl Together {
    pub(crate) fn new(machines: Vec<Box<dyn Machine>>) -> Self {
        Self { machines }
    }
}

impl Machine for Together {
    fn poll(&mut self, now: Moment) -> Next {
        let mut wait: Option<Moment> = None;
        for machine in &mut self.machines {
            match machine.poll(now) {
                Next::Do(action) => return Next::Do(action),
                Next::WaitUntil(until) => wait = Some(wait.map_or(until, |other| other.min(until))),
                Next::Done => {}
            }
        }
        wait.map_or(Next::Done, Next::WaitUntil)
    }

    fn receive(&mut self, now: Moment, event: &Event) {
        for machine in &mut self.machines {
            machine.receive(now, event);
        }
    }
}
