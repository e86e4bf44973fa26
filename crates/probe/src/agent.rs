//! The agent on each host: puts the questions that the coordinator schedules, answers those of
//! other agents, and reports what was sent and seen.

mod task_queue;
pub mod frame_builder;
mod watched_links;
mod authorization;
mod admission;
mod kernel_probe;
mod agent_run;
mod survey_service;

pub use survey_service::SurveyService;
