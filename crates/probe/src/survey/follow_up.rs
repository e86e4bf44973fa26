//! What is asked of a pair beside its rounds, because of its answers and misses.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;

use super::endpoints::{SurveyEndpoint, SurveyEndpoints, SurveyedHost};
use super::host_task::{HostTask, TRIES, by_link};
use super::pair_state::PairState;
use super::port_schedule;
use super::round_timing::{ROUNDS, is_in_crowd};
use super::survey_options::SurveyOptions;
use crate::machine::RunInstant;
use crate::probes::{ProbeQuestion, TracerouteProtocol};
use crate::round_schedule::is_crowd;

/// With more peers than this, ordinary packets and large ones go to the next few of each host
/// only: its routes and its MTU are the same for all of them, and its budget is not.
const LARGE_MESH_PEERS: usize = 15;
const LARGE_MESH_SAMPLE: u32 = 3;
/// In a crowd, from one peer to the next of what follows an answer: three frames or four each.
const CROWD_ANSWERED_MS: u32 = 400;
/// In a crowd, each peer of which nothing arrives is asked for by ARP, this far apart. Together
/// with the group frames of the rounds that stays below two a second.
const CROWD_NEIGHBOUR_MS: u32 = 600;
/// The same on a private switch.
const PRIVATE_NEIGHBOUR_MS: u32 = 40;

/// The questions that follow from what was seen of a pair so far.
pub(super) fn pair(
    state: &mut PairState,
    members: &BTreeMap<HostName, SurveyedHost>,
    endpoints: &SurveyEndpoints,
    options: &SurveyOptions,
    now: RunInstant,
) -> Vec<HostTask> {
    let mut tasks = Vec::new();
    let [a, b] = state.endpoints.map(|place| endpoints.at(place));
    let is_missing = !state.is_missed && state.is_missing(now);
    state.is_missed |= is_missing;
    for (way, from, to) in [(&mut state.a_to_b, a, b), (&mut state.b_to_a, b, a)] {
        let Some(reflector) = to.reflector else { continue };
        let crowd = is_in_crowd(from);
        if !way.answered.is_empty() && !way.is_followed {
            way.is_followed = true;
            if from.partners.len() <= LARGE_MESH_PEERS
                || from.turn_of(to.number) < LARGE_MESH_SAMPLE
            {
                tasks.extend(after_answer(members, from, to, reflector));
            }
        }
        if way.is_passable() && !way.has_ports {
            way.has_ports = true;
            tasks.extend(port_schedule::between(from, to, endpoints, &options.ports));
        }
        if is_missing && crowd {
            tasks.push(neighbour_question(from, to));
        } else if is_missing {
            tasks.extend(after_misses(from, to, reflector, options));
        }
        // Without an answer to ARP or ND a kernel sends nothing but more requests.
        let is_lost = crowd && state.is_missed && way.arrived.is_empty();
        if is_lost && way.is_resolved && !way.is_routed {
            way.is_routed = true;
            let routed = ProbeQuestion::RoutedUdp { to: reflector, tries: 1 };
            tasks.push(by_link(from, Some(&to.end.host), 1, 0, routed));
        }
    }
    tasks
}

/// The frames that a host sends to so many peers on a link that others share, once each has
/// answered: an ordinary packet and a large one.
pub(super) fn frames_after_answers(peers: usize) -> u32 {
    let asked = u32::try_from(peers).unwrap_or(u32::MAX);
    let asked = if peers > LARGE_MESH_PEERS { LARGE_MESH_SAMPLE } else { asked };
    asked.saturating_mul(2)
}

/// The same when nothing of each arrives: three ordinary packets and two hops twice, and in a
/// crowd one request by ARP.
pub(super) fn frames_after_misses(peers: usize) -> u32 {
    let each = if is_crowd(peers) { 1 } else { 7 };
    u32::try_from(peers).unwrap_or(u32::MAX).saturating_mul(each)
}

/// After an answer: does an ordinary packet pass, and how large may it be?
fn after_answer(
    members: &BTreeMap<HostName, SurveyedHost>,
    from: &SurveyEndpoint,
    to: &SurveyEndpoint,
    reflector: SocketAddr,
) -> Vec<HostTask> {
    let Some(member) = members.get(&from.end.host) else { return Vec::new() };
    let host = Some(&to.end.host);
    let is_paced = is_in_crowd(from) && !from.is_private;
    let at_ms = if is_paced { from.turn_of(to.number) * CROWD_ANSWERED_MS } else { 0 };
    let routed = ProbeQuestion::RoutedUdp { to: reflector, tries: TRIES };
    let mut tasks = vec![by_link(from, host, 1, at_ms, routed)];
    if let Some(link) = member.snapshot.link(&from.end.link) {
        let size = ProbeQuestion::PathMtu { to: reflector, bytes: link.mtu };
        tasks.push(by_link(from, host, 1, at_ms, size));
    }
    tasks
}

/// When nothing arrives: does the kernel reach the peer by another path, over how many hops?
fn after_misses(
    from: &SurveyEndpoint,
    to: &SurveyEndpoint,
    reflector: SocketAddr,
    options: &SurveyOptions,
) -> Vec<HostTask> {
    let host = Some(&to.end.host);
    let routed = ProbeQuestion::RoutedUdp { to: reflector, tries: TRIES };
    let mut tasks = vec![by_link(from, host, 1, 0, routed)];
    if from.family() == IpFamily::V4 {
        let protocol = TracerouteProtocol::Udp;
        let question = ProbeQuestion::Traceroute { to: reflector, ttls: vec![1, 2], protocol };
        tasks.push(by_link(from, host, 1, 200, question));
    }
    if let (true, Some(gateway)) = (options.bounces, from.gateway) {
        for (round, at_ms) in [(1, 0), (2, 1100), (3, 2200)] {
            let question = ProbeQuestion::Bounce { from: from.address(), to: reflector, gateway };
            tasks.push(by_link(from, host, round, at_ms, question));
        }
    }
    tasks
}

/// When nothing arrives in a crowd: does anything answer ARP or ND for the peer?
fn neighbour_question(from: &SurveyEndpoint, to: &SurveyEndpoint) -> HostTask {
    let question =
        ProbeQuestion::Neighbour { from: from.address(), target: to.address(), to_mac: None };
    let apart = if from.is_private { PRIVATE_NEIGHBOUR_MS } else { CROWD_NEIGHBOUR_MS };
    let at_ms = from.turn_of(to.number).saturating_mul(apart);
    by_link(from, Some(&to.end.host), ROUNDS + 1, at_ms, question)
}
