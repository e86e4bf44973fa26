//! The agent: executes what the coordinator schedules, and reports what it saw.

mod agenda;
pub mod launch;
mod links;
mod room;
mod several;
mod part;
mod survey_service;

pub use survey_service::SurveyService;
