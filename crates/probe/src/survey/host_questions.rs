//! What is asked once, at the start: of a host's own links and gateways, of peers without an agent,
//! of peers behind routers, of the user's own server.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::DnsQuery;
use pontoon_model::port::TransportProtocol;

use super::endpoints::{RoutedPair, SurveyEndpoint, SurveyEndpoints, SurveyedHost};
use super::host_task::{HostTask, TRIES, as_routed, by_link};
use super::port_schedule::routed as ports_of_routed;
use super::survey_options::SurveyOptions;
use crate::probes::{DEFAULT_NTP, DnsName, ProbeQuestion, TracerouteProtocol, port_probes};

/// Tries between hosts that only routers connect: as many as rounds prove isolation.
const ROUTED_TRIES: u16 = 10;
/// With more such peers than this, half the tries, and a second from one peer to the next: then
/// no host sends more than ten packets a second.
const ROUTED_CROWD: usize = 5;
const ROUTED_CROWD_TRIES: u16 = 5;
const ROUTED_CROWD_EVERY_MS: u32 = 1_000;
/// The port of ssh and that of the API server: what a peer without an agent is asked for.
const PEER_PORTS: [u16; 2] = [22, 6443];
/// When a host asks whether its own address is in use elsewhere (RFC 5227 asks three times, one
/// to two seconds apart, before an address is taken; here it is in use already).
const OWN_ADDRESS_MS: [u32; 2] = [40, 640];

/// The questions that every host is given at the start.
pub(super) fn host_questions(
    members: &BTreeMap<HostName, SurveyedHost>,
    endpoints: &SurveyEndpoints,
    routed: &[RoutedPair],
    options: &SurveyOptions,
) -> Vec<HostTask> {
    let mut tasks = Vec::new();
    for endpoint in endpoints.iter() {
        let Some(member) = members.get(&endpoint.end.host) else { continue };
        if endpoint.family() == IpFamily::V4 {
            for (at, at_ms) in (1..).zip(OWN_ADDRESS_MS) {
                let question = ProbeQuestion::OwnAddress { address: endpoint.address() };
                tasks.push(by_link(endpoint, None, at, at_ms, question));
            }
        }
        if endpoint.gateway.is_some() && !options.is_offline {
            tasks.extend(internet(endpoint, member, options));
        }
        if let Some(forwarder) = endpoint.gateway.and_then(|gateway| owner(members, gateway)) {
            tasks.extend(forwarding(endpoint, forwarder, options));
        }
    }
    for member in members.values() {
        if let Some(server) = options.server {
            tasks.extend(server_questions(member, server));
        }
        for (peer, address) in &options.one_ended {
            tasks.extend(one_ended(member, endpoints, peer, *address));
        }
    }
    tasks.extend(routed_ways(members, routed));
    tasks.extend(ports_of_routed(routed, &options.ports));
    tasks
}

/// Names, check page and time over one uplink.
fn internet(
    endpoint: &SurveyEndpoint,
    member: &SurveyedHost,
    options: &SurveyOptions,
) -> Vec<HostTask> {
    let servers: Vec<IpAddr> = member
        .snapshot
        .resolver
        .servers
        .iter()
        .copied()
        .filter(|server| is_asked_by(endpoint, member, *server))
        .take(SERVERS_MAX)
        .collect();
    let Ok(ntp) = DEFAULT_NTP.parse::<DnsName>() else { return Vec::new() };
    if servers.is_empty() || endpoint.family() != IpFamily::V4 {
        return Vec::new();
    }
    let portal = options.page.clone().unwrap_or_default();
    vec![by_link(endpoint, None, 1, 0, ProbeQuestion::Internet { servers, portal, ntp })]
}

/// As many as resolv.conf(5) may name.
const SERVERS_MAX: usize = 3;

/// A resolver in the network of one of this host's links is asked over that link only; others over
/// every uplink.
fn is_asked_by(endpoint: &SurveyEndpoint, member: &SurveyedHost, server: IpAddr) -> bool {
    if IpFamily::of(server) != endpoint.family() || server.is_loopback() {
        return false;
    }
    let holders: Vec<&IfName> = member
        .snapshot
        .links
        .iter()
        .filter(|link| link.addresses.iter().any(|own| own.prefix.contains(server)))
        .map(|link| &link.name)
        .collect();
    holders.is_empty() || holders.contains(&&endpoint.end.link)
}

/// Does the host that is this one's gateway forward packets? Asked up to its own next hop, so that
/// no third party is involved.
fn forwarding(
    endpoint: &SurveyEndpoint,
    forwarder: &SurveyedHost,
    options: &SurveyOptions,
) -> Vec<HostTask> {
    let next_hop = forwarder.snapshot.default_routes().find_map(|route| route.gateway);
    let ends = next_hop.into_iter().chain(options.server);
    ends.filter(|end| IpFamily::of(*end) == endpoint.family() && endpoint.family() == IpFamily::V4)
        .map(|end| {
            let question = ProbeQuestion::Traceroute {
                to: SocketAddr::new(end, 0),
                ttls: vec![1, 2, 64],
                protocol: TracerouteProtocol::Echo,
            };
            by_link(endpoint, None, 1, 100, question)
        })
        .collect()
}

/// The user's own server: which ports pass, how large a packet, are DNS queries to it intercepted?
fn server_questions(member: &SurveyedHost, server: IpAddr) -> Vec<HostTask> {
    /// The port of QUIC and HTTPS: the one that is open most often.
    const ECHO_PORT: u16 = 443;
    let at = |port| SocketAddr::new(server, port);
    let random = u64::from(member.number) + 1;
    let mtu = uplink_mtu(member).unwrap_or(1500);
    let questions = [
        ProbeQuestion::EchoServer {
            to: server,
            udp: port_probes::udp_ports(random),
            tcp: port_probes::TCP.to_vec(),
        },
        ProbeQuestion::Dns { server: at(53), query: DnsQuery::NoServer, name: None },
        ProbeQuestion::PathMtu { to: at(ECHO_PORT), bytes: mtu },
    ];
    let family = IpFamily::of(server);
    let tasks = questions.map(|question| as_routed(&member.host, None, family, 0, question));
    tasks.into()
}

fn uplink_mtu(member: &SurveyedHost) -> Option<u32> {
    let route = member.snapshot.default_routes().next()?;
    Some(member.snapshot.link(route.link.as_ref()?)?.mtu)
}

/// A peer without an agent: only this end can be observed.
fn one_ended(
    member: &SurveyedHost,
    endpoints: &SurveyEndpoints,
    peer: &HostName,
    address: IpAddr,
) -> Vec<HostTask> {
    let mut tasks = Vec::new();
    let on_link = endpoints.iter().filter(|endpoint| {
        endpoint.end.host == member.host
            && member
                .snapshot
                .link(&endpoint.end.link)
                .is_some_and(|link| link.addresses.iter().any(|own| own.prefix.contains(address)))
    });
    for endpoint in on_link {
        for (round, at_ms) in [(1, 0), (2, 1100), (3, 2200)] {
            let question = ProbeQuestion::Neighbour {
                from: endpoint.address(),
                target: address,
                to_mac: None,
            };
            tasks.push(by_link(endpoint, Some(peer), round, at_ms + 80, question));
        }
    }
    let mut questions =
        vec![ProbeQuestion::RoutedEcho { to: address, tries: TRIES, every_ms: 1100 }];
    questions.extend(PEER_PORTS.map(|port| {
        let to = SocketAddr::new(address, port);
        ProbeQuestion::Port { to, transport: TransportProtocol::Tcp, tries: 1 }
    }));
    tasks.extend(
        questions.into_iter().map(|question| {
            as_routed(&member.host, Some(peer), IpFamily::of(address), 0, question)
        }),
    );
    tasks
}

/// Every pair that only routers connect, both ways.
fn routed_ways(members: &BTreeMap<HostName, SurveyedHost>, routed: &[RoutedPair]) -> Vec<HostTask> {
    let mut of_host: BTreeMap<&HostName, usize> = BTreeMap::new();
    for host in routed.iter().flat_map(|pair| [&pair.a.0, &pair.b.0]) {
        *of_host.entry(host).or_default() += 1;
    }
    let mut turns: BTreeMap<&HostName, u32> = BTreeMap::new();
    let mut tasks = Vec::new();
    for pair in routed {
        for (from, to) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
            let turn = turns.entry(&from.0).or_default();
            let is_crowd = of_host.get(&from.0).is_some_and(|peers| *peers > ROUTED_CROWD);
            let pace = if is_crowd {
                (100 + *turn * ROUTED_CROWD_EVERY_MS, ROUTED_CROWD_TRIES)
            } else {
                (100, ROUTED_TRIES)
            };
            *turn += 1;
            tasks.extend(routed_way(members, from, to, pair.family, pace));
        }
    }
    tasks
}

fn routed_way(
    members: &BTreeMap<HostName, SurveyedHost>,
    (from, _): &(HostName, IpAddr),
    (to, address): &(HostName, IpAddr),
    family: IpFamily,
    (at_ms, tries): (u32, u16),
) -> Vec<HostTask> {
    let Some(reflector) = members.get(to).and_then(|peer| peer.reflector(*address)) else {
        return Vec::new();
    };
    let questions = [
        ProbeQuestion::RoutedUdp { to: reflector, tries },
        ProbeQuestion::RoutedEcho { to: *address, tries, every_ms: 1000 },
    ];
    questions.map(|question| as_routed(from, Some(to), family, at_ms, question)).into()
}

/// The member that has this address, if any.
fn owner(members: &BTreeMap<HostName, SurveyedHost>, address: IpAddr) -> Option<&SurveyedHost> {
    members.values().find(|member| {
        let addresses = member.snapshot.links.iter().flat_map(|link| &link.addresses);
        addresses.into_iter().any(|own| own.prefix.address == address)
    })
}
