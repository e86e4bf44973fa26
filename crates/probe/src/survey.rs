//! The coordinator: starts an agent on every host, schedules the questions, gathers the facts.

mod channel;
mod legs;
mod schedule;
mod state;
mod follow_up;
mod conduct;
mod gather;
mod run;

pub use channel::{Channel, ChannelError};
pub use run::{Options, Progress, Seat, Survey, SurveyError, run};

#[cfg(test)]
mod tests;
