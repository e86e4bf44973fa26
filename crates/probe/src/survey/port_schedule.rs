//! When the ports that Kubernetes needs are probed: between hosts that reach each other, one port
//! after another, within the budget.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;
use pontoon_model::port::{Port, PortPlan, TransportProtocol};
use pontoon_model::shared_links::EndpointKey;

use super::endpoints::{RoutedPair, SurveyEndpoint, SurveyEndpoints};
use super::host_task::{HostTask, TRIES, as_routed, by_link};
use crate::probes::ProbeQuestion;

/// Room for a port on a link that strangers share, TCP and UDP: a connection takes four frames, a
/// datagram one, and ten a second is the budget.
const SHARED_MS: [u32; 2] = [400, 100];
/// The same on a private switch.
const PRIVATE_MS: [u32; 2] = [40, 10];
/// After the first answer: the other questions that follow from it go first.
const AFTER_MS: u32 = 300;
/// Three tries a second apart, and what the last one waits.
const LONGEST_MS: u64 = 5_000;

/// The questions from one endpoint to another.
pub(super) fn between(
    from: &SurveyEndpoint,
    to: &SurveyEndpoint,
    endpoints: &SurveyEndpoints,
    plan: &PortPlan,
) -> Vec<HostTask> {
    if !is_asked(from, endpoints) {
        return Vec::new();
    }
    // Each peer has its turn, as long as the longest list.
    let turn_ms = from.turn_of(to.number).saturating_mul(longest_list_ms(plan, from.is_private));
    let mut at_ms = turn_ms.saturating_add(AFTER_MS);
    let mut tasks = Vec::new();
    for port in plan.between(&from.end.host, &to.end.host) {
        let to_port = SocketAddr::new(to.address(), port.number);
        let question = ProbeQuestion::Port { to: to_port, transport: port.transport, tries: TRIES };
        tasks.push(by_link(from, Some(&to.end.host), 1, at_ms, question));
        at_ms = at_ms.saturating_add(room_ms(port, from.is_private));
    }
    tasks
}

/// The questions between two hosts that only routers connect, as the kernel routes them.
pub(super) fn routed(pairs: &[RoutedPair], plan: &PortPlan) -> Vec<HostTask> {
    let mut tasks = Vec::new();
    // The link is not known here, only the agent's budget holds: each peer has its turn.
    let mut turns: BTreeMap<&HostName, u32> = BTreeMap::new();
    for pair in pairs.iter().filter(|pair| pair.family == IpFamily::V4) {
        for ((from, _), (to, address)) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
            let turn = turns.entry(from).or_default();
            let mut at_ms = turn.saturating_mul(longest_list_ms(plan, false)) + AFTER_MS;
            *turn += 1;
            for port in plan.between(from, to) {
                let question = ProbeQuestion::Port {
                    to: SocketAddr::new(*address, port.number),
                    transport: port.transport,
                    tries: TRIES,
                };
                tasks.push(as_routed(from, Some(to), pair.family, at_ms, question));
                at_ms = at_ms.saturating_add(room_ms(port, false));
            }
        }
    }
    tasks
}

/// How long the questions of all endpoints take at most, in milliseconds after the last round.
pub(super) fn longest_ms(endpoints: &SurveyEndpoints, hosts: usize, plan: &PortPlan) -> u64 {
    if plan.is_empty() {
        return 0;
    }
    let of_endpoint = |endpoint: &SurveyEndpoint| {
        let partners = u64::try_from(endpoint.partners.len()).unwrap_or(u64::MAX);
        partners.saturating_mul(u64::from(longest_list_ms(plan, endpoint.is_private)))
    };
    // Routed, a host may have all others as its peers.
    let peers = u64::try_from(hosts).unwrap_or(u64::MAX);
    let routed = peers.saturating_mul(u64::from(longest_list_ms(plan, false)));
    endpoints.iter().map(of_endpoint).max().unwrap_or(0).max(routed).saturating_add(LONGEST_MS)
}

/// How long the ports take for so many hosts on one link that others share, in seconds.
#[must_use]
pub fn estimate_ports_s(hosts: usize, plan: &PortPlan) -> u32 {
    if plan.is_empty() {
        return 0;
    }
    let peers = u32::try_from(hosts.saturating_sub(1)).unwrap_or(u32::MAX);
    let all = peers.saturating_mul(longest_list_ms(plan, false));
    all.saturating_add(AFTER_MS).div_ceil(1000)
}

/// How long all ports of one peer take, if it has them all.
fn longest_list_ms(plan: &PortPlan, is_private: bool) -> u32 {
    plan.needs.iter().map(|need| room_ms(need.port, is_private)).sum()
}

const fn room_ms(port: Port, is_private: bool) -> u32 {
    let [tcp, udp] = if is_private { PRIVATE_MS } else { SHARED_MS };
    match port.transport {
        TransportProtocol::Tcp => tcp,
        TransportProtocol::Udp => udp,
    }
}

/// A cluster's nodes have one family, and IPv4 where there is both.
fn is_asked(from: &SurveyEndpoint, endpoints: &SurveyEndpoints) -> bool {
    let v4 = EndpointKey { family: IpFamily::V4, ..from.end.key() };
    from.family() == IpFamily::V4
        || endpoints.find(&v4).is_none_or(|(_, twin)| twin.partners.is_empty())
}
