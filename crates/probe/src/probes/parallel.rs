//! Several machines side by side, as one.

use crate::machine::{FlowEvent, MachinePoll, ProbeMachine, RunInstant};

/// Runs machines whose flows differ ([`ProbeContext::nth`](super::asker::ProbeContext::nth)) until the last is
/// done.
pub(crate) struct ParallelMachines {
    machines: Vec<Box<dyn ProbeMachine>>,
}

impl ParallelMachines {
    pub(crate) fn new(machines: Vec<Box<dyn ProbeMachine>>) -> Self {
        Self { machines }
    }
}

impl ProbeMachine for ParallelMachines {
    fn poll(&mut self, now: RunInstant) -> MachinePoll {
        let mut wait: Option<RunInstant> = None;
        for machine in &mut self.machines {
            match machine.poll(now) {
                MachinePoll::Do(action) => return MachinePoll::Do(action),
                MachinePoll::WaitUntil(until) => {
                    wait = Some(wait.map_or(until, |other| other.min(until)));
                }
                MachinePoll::Done => {}
            }
        }
        wait.map_or(MachinePoll::Done, MachinePoll::WaitUntil)
    }

    fn receive(&mut self, now: RunInstant, event: &FlowEvent) {
        for machine in &mut self.machines {
            machine.receive(now, event);
        }
    }
}
