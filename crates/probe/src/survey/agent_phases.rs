//! What is asked of all agents at once, before the first question and after the last: to open
//! their sockets, to learn of each other, to listen on ports, to finish.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::host::HostName;
use pontoon_model::port::PortPlan;

use super::clock_offset::ClockReference;
use super::survey_agent::{ActiveAgent, AgentTotals, await_all};
use super::survey_options::SurveyOptions;
use crate::edge::clock::{RunClock, unix_ms};
use crate::protocol::{FromAgent, Peer, ToAgent};

/// How long an agent may take to open its sockets or to read its counters.
pub(super) const REPLY_MS: u64 = 2_000;

/// Has every agent open its sockets, and say what time it has.
pub(super) fn watch(
    attendees: &mut [ActiveAgent],
    options: &SurveyOptions,
    port: Option<u16>,
    clock: &RunClock,
) {
    let ours = ClockReference { began: clock.now(), unix_ms: unix_ms() };
    let mut asked = BTreeMap::new();
    for attendee in attendees.iter_mut() {
        let links = attendee.member.snapshot.links.iter();
        attendee.links = links
            .filter(|link| link.is_up && link.reaches_hosts())
            .filter(|link| {
                // Hosts that only answer may call theirs as they like.
                !attendee.member.asks
                    || options.links.is_empty()
                    || options.links.contains(&link.name)
            })
            .map(|link| link.name.clone())
            .collect();
        let message = ToAgent::Watch { links: attendee.links.clone(), port };
        asked.insert(attendee.member.seat, clock.now());
        attendee.send_message(&message);
    }
    let is_there = |attendee: &ActiveAgent| !attendee.watches.is_empty() || attendee.port_known();
    await_all(attendees, clock, REPLY_MS, is_there, |attendee, message| {
        if let FromAgent::Watching { watches, port_v4, port_v6, unix_ms } = message {
            let asked = asked.get(&attendee.member.seat);
            attendee.difference = asked
                .zip(unix_ms)
                .map(|(asked, theirs)| ours.difference(*asked, clock.now(), theirs));
            attendee.watches = watches;
            attendee.member.port_v4 = port_v4;
            attendee.member.port_v6 = port_v6;
        }
    });
}

/// Tells every agent of the others.
pub(super) fn send_peer_lists(attendees: &mut [ActiveAgent]) {
    let peers: Vec<Peer> = attendees
        .iter()
        .map(|attendee| {
            let links = &attendee.member.snapshot.links;
            Peer {
                seat: attendee.member.seat,
                host: attendee.member.host.clone(),
                links: attendee.links.clone(),
                macs: links.iter().filter_map(|link| link.mac).collect(),
                addresses: links
                    .iter()
                    .flat_map(|link| {
                        let place = attendee.links.iter().position(|name| *name == link.name);
                        let place = place.and_then(|place| u8::try_from(place).ok());
                        link.addresses.iter().map(move |own| (own.prefix.address, place))
                    })
                    .collect(),
            }
        })
        .collect();
    for attendee in attendees {
        let others =
            peers.iter().filter(|peer| peer.seat != attendee.member.seat).cloned().collect();
        attendee.send_message(&ToAgent::Peers { peers: others });
    }
}

/// Has the agents listen on the ports that are theirs by the plan.
pub(super) fn open_port_listeners(
    attendees: &mut [ActiveAgent],
    plan: &PortPlan,
    clock: &RunClock,
) {
    let mut asked = BTreeSet::new();
    let hosts: Vec<HostName> =
        attendees.iter().map(|attendee| attendee.member.host.clone()).collect();
    for attendee in attendees.iter_mut() {
        let ports = plan.on(&attendee.member.host, &hosts);
        if !ports.is_empty() {
            asked.insert(attendee.member.seat);
            attendee.send_message(&ToAgent::Listen { ports });
        }
    }
    let is_there = |attendee: &ActiveAgent| {
        !attendee.listeners.is_empty() || !asked.contains(&attendee.member.seat)
    };
    await_all(attendees, clock, REPLY_MS, is_there, |attendee, message| {
        if let FromAgent::Listening { listeners } = message {
            attendee.listeners = listeners;
        }
    });
}

/// Has every agent read its counters and say goodbye.
pub(super) fn finish(attendees: &mut [ActiveAgent], clock: &RunClock) {
    for attendee in attendees.iter_mut() {
        attendee.send_message(&ToAgent::Finish);
    }
    let is_done = |attendee: &ActiveAgent| attendee.finished.is_some();
    await_all(attendees, clock, REPLY_MS, is_done, |attendee, message| {
        if let FromAgent::Finished { watches, counters, frames_sent, untested } = message {
            attendee.finished = Some(AgentTotals { watches, counters, frames_sent, untested });
        }
    });
}
