//! A [`FlowDriver`](super::FlowDriver) in memory: the network is a function, and times are exact.

use std::collections::BTreeMap;

use pontoon_model::observation::Observation;

use crate::machine::{FlowAction, FlowEvent, MachinePoll, ProbeMachine, RunInstant};

/// What a machine did.
#[derive(Debug, Default)]
pub struct MachineTrace {
    /// What it had done, and when; without its reports.
    pub actions: Vec<(RunInstant, FlowAction)>,
    /// What it put on record.
    pub observations: Vec<Observation>,
    /// When it was done. `None`: not within [`MAX_MS`] and [`MAX_STEPS`].
    pub done: Option<RunInstant>,
}

/// Longer than any machine may take.
pub const MAX_MS: u64 = 60_000;

/// Polls and events after which a machine is taken to be in a loop.
pub const MAX_STEPS: usize = 100_000;

/// Runs a machine to its end. `network` says what an action draws, and how many milliseconds
/// later. Where an event and a deadline fall on the same millisecond the event comes first.
pub fn run(
    machine: &mut dyn ProbeMachine,
    mut network: impl FnMut(RunInstant, &FlowAction) -> Vec<(u64, FlowEvent)>,
) -> MachineTrace {
    let mut now = RunInstant::default();
    let mut trace = MachineTrace::default();
    let mut coming: BTreeMap<(RunInstant, usize), FlowEvent> = BTreeMap::new();
    for step in 0..MAX_STEPS {
        match machine.poll(now) {
            MachinePoll::Do(FlowAction::Report(observation)) => {
                trace.observations.push(*observation);
            }
            MachinePoll::Do(action) => {
                for (order, (delay, event)) in network(now, &action).into_iter().enumerate() {
                    // An action draws far fewer events than this, so that order is kept.
                    coming.insert((now.after_ms(delay), step * 1_000 + order), event);
                }
                trace.actions.push((now, action));
            }
            MachinePoll::WaitUntil(deadline) => {
                let event = coming.first_entry().filter(|event| event.key().0 <= deadline);
                now = now.max(event.as_ref().map_or(deadline, |event| event.key().0));
                if now.0 > MAX_MS {
                    break;
                }
                if let Some(event) = event {
                    machine.receive(now, &event.remove());
                }
            }
            MachinePoll::Done => {
                trace.done = Some(now);
                break;
            }
        }
    }
    trace
}
