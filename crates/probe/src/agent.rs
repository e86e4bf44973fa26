//! The agent: executes what the coordinator schedules, and reports what it saw.

mod agenda;
pub mod launch;
mod links;
mod pipe;
mod room;
mod several;
mod part;
mod serve;

pub use serve::{ServeError, serve};
