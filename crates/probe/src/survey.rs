//! The coordinator: starts an agent on every host, schedules the questions, gathers the facts.

mod agent_channel;
mod legs;
mod our_clock;
mod schedule;
mod state;
mod about_itself;
mod follow_up;
mod ports;
mod board;
pub mod twin;
mod conduct;
mod gather;
mod introduction;
mod run;
mod pair_code;
mod meeting;

pub use agent_channel::{AgentChannel, UnreachedReason};
pub use meeting::{RendezvousSide, run_rendezvous};
pub use pair_code::{NotAPairCode, PairCode};
pub use ports::estimate_ports_s;
pub use run::{
    OwnNameSource, SurveyError, SurveyOptions, SurveyParticipant, SurveyProgress, SurveyResult, run,
};
pub use schedule::estimate_s;

#[cfg(test)]
mod tests;
