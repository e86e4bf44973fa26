//! Several machines side by side, as one.

use crate::machine::{FlowEvent, MachinePoll, ProbeMachine, RunInstant};

/// Runs machines whose flows differ
/// ([`ProbeContext::nth`](super::probe_context::ProbeContext::nth)) until the last is done.
pub(crate) struct ParallelMachines(pub(crate) Vec<Box<dyn ProbeMachine>>);

impl ProbeMachine for ParallelMachines {
    fn poll(&mut self, now: RunInstant) -> MachinePoll {
        poll_all(self.0.iter_mut().map(|machine| machine.as_mut() as &mut dyn ProbeMachine), now)
    }

    fn receive(&mut self, now: RunInstant, event: &FlowEvent) {
        self.0.iter_mut().for_each(|machine| machine.receive(now, event));
    }
}

/// The first action that one of the machines wants, else the earliest time that one waits for.
pub(super) fn poll_all<'a>(
    machines: impl Iterator<Item = &'a mut dyn ProbeMachine>,
    now: RunInstant,
) -> MachinePoll {
    let mut wait: Option<RunInstant> = None;
    for machine in machines {
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
