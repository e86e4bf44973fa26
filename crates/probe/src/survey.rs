//! The coordinator: starts an agent on every host, schedules the questions, gathers the facts.

mod agent_channel;
mod survey_options;
mod survey_result;
mod endpoints;
mod survey_agent;
mod clock_offset;
mod agent_startup;
mod agent_phases;
mod host_task;
mod round_timing;
mod round_plan;
mod port_schedule;
mod host_questions;
mod pair_state;
mod follow_up;
mod run_estimate;
mod survey_state;
mod coordinator;
mod run;
mod pair_code;
mod rendezvous;
pub mod twin;

pub use agent_channel::{AgentChannel, UnreachedReason};
pub use pair_code::{NotAPairCode, PairCode};
pub use port_schedule::estimate_ports_s;
pub use rendezvous::{RendezvousSide, run_rendezvous};
pub use run::run;
pub use run_estimate::estimate_s;
pub use survey_agent::SurveyParticipant;
pub use survey_options::{OwnNameSource, SurveyOptions};
pub use survey_result::{SurveyError, SurveyProgress, SurveyResult};

#[cfg(test)]
pub(crate) mod tests;
