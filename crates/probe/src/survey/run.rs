//! One run, from the first agent started to the last fact gathered.

use pontoon_model::facts::{Facts, RunParameters};

use super::agent_phases::{finish, open_port_listeners, send_peer_lists, watch};
use super::agent_startup::start_agents;
use super::coordinator::SurveyCoordinator;
use super::survey_agent::{SurveyParticipant, host_facts};
use super::survey_options::SurveyOptions;
use super::survey_result::{SurveyError, SurveyProgress, SurveyResult, no_agents_error};
use crate::edge::clock::RunClock;
use crate::run_key::RunKey;

/// Runs a survey.
///
/// # Errors
///
/// When no host could be asked. A host that fails while others do not is named in
/// [`SurveyResult::unreached`], or has its `AgentOutcome` say so.
pub fn run(
    participants: Vec<SurveyParticipant>,
    intent: &RunParameters,
    options: &SurveyOptions,
    progress: &mut dyn FnMut(SurveyProgress),
) -> Result<SurveyResult, SurveyError> {
    let clock = RunClock::start();
    let key = RunKey::random().map_err(SurveyError::NoRandomness)?;
    let run = key.run_id();
    progress(SurveyProgress::Starting { hosts: participants.len() });
    let (mut agents, unreached) = start_agents(participants, 0, run, &key, options, &clock);
    if agents.is_empty() {
        return Err(no_agents_error(unreached));
    }
    watch(&mut agents, options, None, &clock);
    for agent in &mut agents {
        agent.member.snapshot.clock.difference = agent.difference;
    }
    send_peer_lists(&mut agents);
    if !options.is_passive {
        open_port_listeners(&mut agents, &options.ports, &clock);
    }
    let mut coordinator = SurveyCoordinator::new(run, agents, options);
    if !options.is_passive {
        coordinator.ask(&clock, progress);
    }
    let (mut agents, observations) = coordinator.into_parts();
    finish(&mut agents, &clock);
    let hosts = agents.into_iter().map(host_facts).collect();
    let facts = Facts { run, hosts, observations, intent: intent.clone() };
    Ok(SurveyResult { facts, unreached, key })
}
