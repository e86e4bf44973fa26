//! Before the first question: every agent learns of the others, and listens where it is to listen.

use std::collections::BTreeSet;

use pontoon_model::host::HostName;
use pontoon_model::port::PortPlan;

use super::run::{ActiveAgent, REPLY_MS, await_all};
use crate::edge::clock::RunClock;
use crate::protocol::{FromAgent, Peer, ToAgent};

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
