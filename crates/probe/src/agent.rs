//! The agent: executes what the coordinator schedules, and reports what it saw.

mod task_queue;
pub mod frame_builder;
mod watched_links;
mod admission;
mod kernel_probe;
mod agent_run;
mod survey_service;

pub use survey_service::SurveyService;
