//! What is asked of all agents at once, before the first question and after the last: to open
//! their sockets, to learn of each other, to listen on ports, to finish.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::host::HostName;
use pontoon_model::port::PortPlan;

use super::clock_offset::ClockReference;
use super::endpoints::chosen_links;
use super::survey_agent::{ActiveAgent, AgentTotals, await_all};
use super::survey_options::SurveyOptions;
use crate::edge::clock::{RunClock, unix_ms};
use crate::protocol::{FromAgent, SurveyPeer, ToAgent};

/// How long an agent may take to open its sockets or to read its counters.
pub(super) const REPLY_MS: u64 = 2_000;

/// Has every agent open its sockets, and compares its clock with this host's.
pub(super) fn watch(
    agents: &mut [ActiveAgent],
    options: &SurveyOptions,
    port: Option<u16>,
    clock: &RunClock,
) {
    let ours = ClockReference { began: clock.now(), unix_ms: unix_ms() };
    let mut asked = BTreeMap::new();
    let members: Vec<_> = agents.iter().map(|agent| &agent.member).collect();
    let chosen = chosen_links(&members, &options.links);
    for (agent, links) in agents.iter_mut().zip(chosen) {
        let message = ToAgent::Watch { links: links.clone(), port };
        agent.member.links = links;
        asked.insert(agent.member.number, clock.now());
        agent.send_message(&message);
    }
    let is_there = |agent: &ActiveAgent| !agent.watches.is_empty() || agent.port_known();
    await_all(agents, clock, REPLY_MS, is_there, |agent, message| {
        if let FromAgent::Watching { watches, port_v4, port_v6, unix_ms } = message {
            let asked = asked.get(&agent.member.number);
            agent.difference = asked
                .zip(unix_ms)
                .map(|(asked, theirs)| ours.difference(*asked, clock.now(), theirs));
            agent.watches = watches;
            agent.member.port_v4 = port_v4;
            agent.member.port_v6 = port_v6;
        }
    });
}

/// Tells every agent of the others.
pub(super) fn send_peer_lists(agents: &mut [ActiveAgent]) {
    let peers: Vec<SurveyPeer> = agents
        .iter()
        .map(|agent| {
            let links = &agent.member.snapshot.links;
            SurveyPeer {
                number: agent.member.number,
                host: agent.member.host.clone(),
                links: agent.member.links.clone(),
                macs: links.iter().filter_map(|link| link.mac).collect(),
                addresses: links
                    .iter()
                    .flat_map(|link| {
                        let place = agent.member.links.iter().position(|name| *name == link.name);
                        let place = place.and_then(|place| u8::try_from(place).ok());
                        link.addresses.iter().map(move |own| (own.prefix.address, place))
                    })
                    .collect(),
                gateways: agent
                    .member
                    .snapshot
                    .default_routes()
                    .filter_map(|route| route.gateway)
                    .collect(),
            }
        })
        .collect();
    for agent in agents {
        let others =
            peers.iter().filter(|peer| peer.number != agent.member.number).cloned().collect();
        agent.send_message(&ToAgent::Peers { peers: others });
    }
}

/// Has the agents listen on the ports that are theirs by the plan.
pub(super) fn open_port_listeners(agents: &mut [ActiveAgent], plan: &PortPlan, clock: &RunClock) {
    let mut asked = BTreeSet::new();
    let hosts: Vec<HostName> = agents.iter().map(|agent| agent.member.host.clone()).collect();
    for agent in agents.iter_mut() {
        let ports = plan.on(&agent.member.host, &hosts);
        if !ports.is_empty() {
            asked.insert(agent.member.number);
            agent.send_message(&ToAgent::Listen { ports });
        }
    }
    let is_there =
        |agent: &ActiveAgent| !agent.listeners.is_empty() || !asked.contains(&agent.member.number);
    await_all(agents, clock, REPLY_MS, is_there, |agent, message| {
        if let FromAgent::Listening { listeners } = message {
            agent.listeners = listeners;
        }
    });
}

/// Has every agent read its counters and close its sockets.
pub(super) fn finish(agents: &mut [ActiveAgent], clock: &RunClock) {
    for agent in agents.iter_mut() {
        agent.send_message(&ToAgent::Finish);
    }
    let is_done = |agent: &ActiveAgent| agent.finished.is_some();
    await_all(agents, clock, REPLY_MS, is_done, |agent, message| {
        if let FromAgent::Finished { watches, counters, frames_sent, untested } = message {
            agent.finished = Some(AgentTotals { watches, counters, frames_sent, untested });
        }
    });
}
