//! A run in progress: carries questions of the survey state to the agents and observations back,
//! and ends when nothing new can come.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::host::HostName;
use pontoon_model::observation::{Observation, ObservedEvent, ProbeKind, RunId};
use pontoon_model::shared_links::EndpointKey;

use super::endpoints::SurveyedHost;
use super::survey_agent::{ActiveAgent, wait};
use super::survey_options::SurveyOptions;
use super::survey_result::SurveyProgress;
use super::survey_state::{HostWork, LinkProgress, SurveyState};
use crate::edge::clock::RunClock;
use crate::machine::RunInstant;
use crate::protocol::{FromAgent, ReportedObservation, ToAgent};

/// How long a frame that is missing may still arrive after the last was sent: an access point
/// buffers frames for a radio in power save until a beacon, 0.1 s and more apart.
const TAIL_MS: u64 = 1500;
/// The longest that anything takes after the last scheduled frame: an agent that never becomes
/// idle does not keep the run open.
const BEYOND_MS: u64 = 45_000;
/// How long an agent may send nothing after the last of its questions was due: twice what any
/// question waits for its answer.
const SILENT_MS: u64 = 3_000;
/// Observations of one run that are kept.
const OBSERVATIONS_MAX: usize = 500_000;
/// How often the survey state is evaluated: half a million pairs are not gone through for every
/// message.
const EVALUATE_EVERY_MS: u64 = 40;

/// A run in progress.
pub(super) struct SurveyCoordinator<'a> {
    state: SurveyState<'a>,
    agents: Vec<ActiveAgent>,
    places: BTreeMap<HostName, usize>,
    observations: BTreeSet<Observation>,
    timeout_ms: Option<u64>,
    last_sent: RunInstant,
}

impl<'a> SurveyCoordinator<'a> {
    pub(super) fn new(run: RunId, agents: Vec<ActiveAgent>, options: &'a SurveyOptions) -> Self {
        let list: Vec<SurveyedHost> = agents.iter().map(|agent| agent.member.clone()).collect();
        let places: BTreeMap<_, _> =
            list.iter().enumerate().map(|(place, member)| (member.host.clone(), place)).collect();
        let sees = |endpoint: &EndpointKey| {
            let agent = places.get(&endpoint.host).map(|place| &agents[*place]);
            let mut watches = agent.into_iter().flat_map(|agent| &agent.watches);
            watches.any(|watch| watch.link == endpoint.link && watch.sees_frames)
        };
        let state = SurveyState::new(run, list, &sees, options);
        Self {
            state,
            agents,
            places,
            observations: BTreeSet::new(),
            timeout_ms: options.timeout_ms,
            last_sent: RunInstant::default(),
        }
    }

    pub(super) fn into_parts(self) -> (Vec<ActiveAgent>, BTreeSet<Observation>) {
        (self.agents, self.observations)
    }

    /// Runs the survey: assigns questions and takes in observations until nothing new can come.
    pub(super) fn ask(&mut self, clock: &RunClock, progress: &mut dyn FnMut(SurveyProgress)) {
        let start = clock.now();
        let most = self.state.last_frame_ms() + self.state.ports_ms() + BEYOND_MS;
        let end = start.after_ms(self.timeout_ms.unwrap_or(most).min(most));
        let opening = self.state.initial_work();
        self.assign(opening, start);
        let mut evaluate_at = start;
        loop {
            let now = clock.now();
            self.receive(now);
            let is_last = now >= end || self.is_over(now);
            if now >= evaluate_at || is_last {
                evaluate_at = now.after_ms(EVALUATE_EVERY_MS);
                self.evaluate(now);
                for (link, standing) in self.state.finished_links() {
                    let LinkProgress { pairs, open, .. } = standing;
                    let after_ms = now.0.saturating_sub(start.0);
                    progress(SurveyProgress::Link { link, pairs, open, after_ms });
                }
                let (pairs, settled) = self.state.progress();
                let last = self.state.last_frame_ms() + TAIL_MS;
                let left_ms = last.saturating_sub(now.0.saturating_sub(start.0));
                let ports_ms = self.state.ports_ms().saturating_sub(now.0.saturating_sub(start.0));
                let left_ms = if settled < pairs { left_ms.max(ports_ms) } else { ports_ms };
                progress(SurveyProgress::Asking { pairs, settled, left_ms });
                // What was found to be due may go on for a while.
                if now >= end || self.is_over(now) {
                    return;
                }
            }
            let quiet = if self.is_quiet() { self.last_sent.after_ms(TAIL_MS) } else { end };
            let live = self.agents.iter().filter(|agent| agent.failure.is_none());
            wait(live.map(|agent| &agent.channel), clock, quiet.min(end).min(evaluate_at));
        }
    }

    /// Assigns what follows from the observations, and cancels what is settled.
    fn evaluate(&mut self, now: RunInstant) {
        let due = self.state.follow_up_work(now);
        self.assign(due, now);
        self.give_up_silent(now);
        let dead = self.agents.iter().filter(|agent| agent.failure.is_some());
        let dead = dead.map(|agent| agent.member.host.clone()).collect();
        for (host, groups) in self.state.settle(&dead) {
            if let Some(agent) = self.agent(&host) {
                agent.send_message(&ToAgent::Cancel { groups });
            }
        }
    }

    /// Gives up agents that have not put all of their questions and send nothing any more: one that
    /// is stopped keeps its connection open.
    fn give_up_silent(&mut self, now: RunInstant) {
        for agent in self.agents.iter_mut().filter(|agent| !agent.is_idle) {
            if now >= agent.due.max(agent.heard).after_ms(SILENT_MS) {
                agent.failure.get_or_insert_with(|| {
                    "it stopped sending before it had asked all of its questions".to_owned()
                });
            }
        }
    }

    fn agent(&mut self, host: &HostName) -> Option<&mut ActiveAgent> {
        let place = *self.places.get(host)?;
        self.agents.get_mut(place)
    }

    fn assign(&mut self, work: BTreeMap<HostName, HostWork>, now: RunInstant) {
        for (host, work) in work {
            if let Some(agent) = self.agent(&host) {
                agent.is_idle = false;
                agent.due = agent.due.max(now.after_ms(work.last_ms().into()));
                let HostWork { rounds, tasks } = work;
                agent.send_message(&ToAgent::Do { rounds, tasks });
            }
        }
    }

    fn receive(&mut self, now: RunInstant) {
        for place in 0..self.agents.len() {
            let messages = self.agents[place].receive_messages();
            if !messages.is_empty() {
                self.agents[place].heard = now;
            }
            for message in messages {
                match message {
                    FromAgent::Saw { seen } => {
                        for seen in seen {
                            self.take(place, seen, now);
                        }
                    }
                    FromAgent::Idle => self.agents[place].is_idle = true,
                    FromAgent::Fault { why } => self.agents[place].failure = Some(why),
                    _ => {}
                }
            }
        }
    }

    fn take(&mut self, place: usize, seen: ReportedObservation, now: RunInstant) {
        let host = &self.agents[place].member.host;
        if !self.is_believable(host, &seen) {
            let host = host.clone();
            // What it reported before may be as false.
            self.observations.retain(|kept| kept.host != host);
            self.agents[place].failure.get_or_insert_with(|| {
                "it reports frames that nobody sent: nothing it says is counted".to_owned()
            });
            return;
        }
        if seen.observation.direction == ObservedEvent::Sent {
            self.last_sent = now;
        }
        let observation = self.state.take(seen.observation);
        // The state above has taken it in; only the record is bounded.
        if self.observations.len() < OBSERVATIONS_MAX {
            self.observations.insert(observation);
        }
    }

    /// Whether an agent can have made this observation: only as its own host, and an arrival only
    /// with the proof that the sender put into the packet.
    fn is_believable(&self, host: &HostName, seen: &ReportedObservation) -> bool {
        let observation = &seen.observation;
        if observation.host != *host {
            return false;
        }
        if observation.direction != ObservedEvent::Arrived {
            return true;
        }
        let sender = observation
            .peer
            .as_ref()
            .and_then(|peer| self.places.get(peer))
            .map(|place| &self.agents[*place]);
        if matches!(observation.kind, ProbeKind::Tcp { .. }) {
            // A kernel's SYN carries no proof. A false claim could only blame its own host: what
            // arrives and is not answered counts as dropped by the host where it arrives.
            return sender.is_some();
        }
        let Some(sender) = sender else { return false };
        let link = observation.asked_link.as_ref().map_or(Some(u8::MAX), |link| {
            let place = sender.member.links.iter().position(|name| name == link)?;
            u8::try_from(place).ok()
        });
        link.is_some_and(|link| seen.is_proven(sender.member.number, link, &sender.own_key))
    }

    /// Whether every agent has put all of its questions.
    fn is_quiet(&self) -> bool {
        self.agents.iter().all(|agent| agent.is_idle || agent.failure.is_some())
    }

    /// Whether nothing new can come from any agent.
    fn is_over(&self, now: RunInstant) -> bool {
        let tail = if self.state.is_missing() { TAIL_MS } else { 0 };
        self.is_quiet() && now >= self.last_sent.after_ms(tail)
    }
}
