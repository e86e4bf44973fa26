//! The coordinator: starts an agent on every host, schedules the questions, gathers the facts.

mod agent_channel;
mod endpoints;
mod clock_offset;
mod host_task;
mod schedule;
mod pair_state;
mod host_questions;
mod follow_up;
mod port_schedule;
mod survey_state;
pub mod twin;
mod coordinator;
mod agent_startup;
mod peer_setup;
mod run;
mod pair_code;
mod rendezvous;

pub use agent_channel::{AgentChannel, UnreachedReason};
pub use pair_code::{NotAPairCode, PairCode};
pub use port_schedule::estimate_ports_s;
pub use rendezvous::{RendezvousSide, run_rendezvous};
pub use run::{
    OwnNameSource, SurveyError, SurveyOptions, SurveyParticipant, SurveyProgress, SurveyResult, run,
};
pub use schedule::estimate_s;

#[cfg(test)]
mod tests;
