//! The agents that take part in a survey, as their coordinator sees them.

use std::collections::BTreeMap;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pontoon_model::facts::{AgentOutcome, HostFacts, LinkCapture};
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::port::PortListener;
use pontoon_model::snapshot::{ClockDifference, CollectionGap, WifiAssociation};
use pontoon_remote::carrier::CarrierError;
use pontoon_remote::protocol_error::ProtocolError;

use super::agent_channel::AgentChannel;
use super::endpoints::SurveyedHost;
use crate::edge::clock::RunClock;
use crate::machine::RunInstant;
use crate::protocol::{FromAgent, ToAgent};
use crate::run_key::RunKey;

/// A host that is to take part in a survey, and the channel to its agent.
#[derive(Debug)]
pub struct SurveyParticipant {
    /// What the run calls the host.
    pub host: HostName,
    /// The channel to its agent, or why there is none.
    pub channel: Result<AgentChannel, CarrierError>,
    /// Associations of its radios that its kernel does not report, as in the lab.
    pub radios: BTreeMap<IfName, WifiAssociation>,
}

/// An agent that takes part.
pub(super) struct ActiveAgent {
    pub(super) member: SurveyedHost,
    pub(super) channel: AgentChannel,
    pub(super) own_key: RunKey,
    pub(super) watches: Vec<LinkCapture>,
    /// How its clock differs from this host's.
    pub(super) difference: Option<ClockDifference>,
    /// Who answers on the ports that are asked for.
    pub(super) listeners: Vec<PortListener>,
    pub(super) is_idle: bool,
    /// When the last of its questions is due.
    pub(super) due: RunInstant,
    /// When its last message came.
    pub(super) heard: RunInstant,
    pub(super) failure: Option<String>,
    pub(super) finished: Option<AgentTotals>,
}

/// What an agent reports at the end of a run.
#[derive(Default)]
pub(super) struct AgentTotals {
    pub(super) watches: Vec<LinkCapture>,
    pub(super) counters: BTreeMap<String, u64>,
    pub(super) frames_sent: BTreeMap<String, u32>,
    pub(super) untested: Vec<CollectionGap>,
}

impl ActiveAgent {
    pub(super) const fn port_known(&self) -> bool {
        self.member.port_v4.is_some() || self.member.port_v6.is_some()
    }

    /// Sends a message, unless the agent is gone.
    pub(super) fn send_message(&mut self, message: &ToAgent) {
        if self.failure.is_none()
            && let Err(error) = self.channel.send(message)
        {
            self.failure = Some(error.to_string());
        }
    }

    /// Takes the messages that came, unless the agent is gone.
    pub(super) fn receive_messages(&mut self) -> Vec<FromAgent> {
        if self.failure.is_some() {
            return Vec::new();
        }
        self.channel.receive().unwrap_or_else(|error| {
            self.failure = Some(error.to_string());
            Vec::new()
        })
    }
}

/// What was known of each link at the start, with what happened to it until the end.
fn last_watches(mut watches: Vec<LinkCapture>, last: &[LinkCapture]) -> Vec<LinkCapture> {
    for watch in &mut watches {
        if let Some(last) = last.iter().find(|last| last.link == watch.link) {
            watch.went_down = last.went_down;
            watch.lost = last.lost;
            watch.withheld = last.withheld;
        }
    }
    watches
}

pub(super) fn host_facts(agent: ActiveAgent) -> (HostName, HostFacts) {
    let finished = agent.finished.unwrap_or_default();
    let facts = HostFacts {
        snapshot: agent.member.snapshot,
        watches: last_watches(agent.watches, &finished.watches),
        counters: finished.counters,
        frames_sent: finished.frames_sent,
        listeners: agent.listeners,
        untested: finished.untested,
        ending: agent.failure.map_or(AgentOutcome::Complete, |why| AgentOutcome::Died { why }),
    };
    (agent.member.host, facts)
}

/// Takes messages until every agent that has not failed is ready. An agent that is not ready when
/// time is up counts as failed.
pub(super) fn await_all(
    agents: &mut [ActiveAgent],
    clock: &RunClock,
    within_ms: u64,
    is_ready: impl Fn(&ActiveAgent) -> bool,
    mut take: impl FnMut(&mut ActiveAgent, FromAgent),
) {
    let deadline = clock.now().after_ms(within_ms);
    loop {
        for agent in agents.iter_mut() {
            for message in agent.receive_messages() {
                take(agent, message);
            }
        }
        let pending = || agents.iter().filter(|agent| agent.failure.is_none() && !is_ready(agent));
        if pending().next().is_none() {
            return;
        }
        if clock.now() >= deadline {
            break;
        }
        wait(pending().map(|agent| &agent.channel), clock, deadline);
    }
    for agent in agents.iter_mut().filter(|agent| !is_ready(agent)) {
        agent.failure.get_or_insert_with(|| silent().to_string());
    }
}

/// Waits until a message of an agent can be read, or the deadline comes.
pub(super) fn wait<'a>(
    channels: impl Iterator<Item = &'a AgentChannel>,
    clock: &RunClock,
    deadline: RunInstant,
) {
    let mut fds = Vec::new();
    for channel in channels {
        fds.extend(channel.readable().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        fds.extend(channel.writable().map(|fd| PollFd::new(fd, PollFlags::POLLOUT)));
    }
    let left = deadline.0.saturating_sub(clock.now().0);
    // An interrupted wait is a short one.
    let _ = poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX));
}

/// The error of an agent that does not answer in time.
pub(super) fn silent() -> CarrierError {
    ProtocolError::Silent.into()
}
