use std::collections::BTreeSet;

use pontoon_model::observation::{ClockSource, DnsQuery, ProbeAnswer, ProbeKind};

use super::super::dns::tests::{asks_for, reply};
use super::super::sntp::tests::reply as time;
use super::*;
use crate::flows::twin::MachineTrace;
use crate::machine::{FlowAction, FlowEvent};
use crate::probes::ProbeQuestion;
use crate::probes::tests::{NOW_S, SERVER, datagram, done_ms, garbage, put, silence};

/// Where the names lead, when the resolver is honest.
const PAGE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 80));
const TIME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 123));
const SUCCESS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsuccess\n";

fn ask(servers: &[IpAddr], page: PortalPage) -> ProbeQuestion {
    ProbeQuestion::Internet {
        servers: servers.to_vec(),
        portal: page,
        ntp: "2.debian.pool.ntp.org".parse().unwrap(),
    }
}

/// An honest internet whose resolver takes `delay` ms and gives `page` and `time`.
fn internet(
    delay: u64,
    page: IpAddr,
    clock: IpAddr,
) -> impl FnMut(RunInstant, &FlowAction) -> Vec<(u64, FlowEvent)> {
    move |_, action| match action {
        FlowAction::SendUdp { flow, to, payload, .. } if to.port() == dns::PORT => {
            let answer = if asks_for(payload, "invalid") {
                reply(payload, 3, &[])
            } else if asks_for(payload, "ntp") {
                reply(payload, 0, &[clock])
            } else {
                reply(payload, 0, &[page])
            };
            vec![(delay, datagram(*flow, *to, &answer))]
        }
        FlowAction::SendUdp { flow, to, payload, .. } => {
            vec![(20, datagram(*flow, *to, &time(payload, NOW_S)))]
        }
        FlowAction::Connect { flow, .. } => vec![(20, FlowEvent::Connected { flow: *flow })],
        FlowAction::Write { flow, .. } => {
            vec![(20, FlowEvent::Bytes { flow: *flow, bytes: SUCCESS.to_vec() })]
        }
        _ => Vec::new(),
    }
}

fn found(trace: &MachineTrace) -> BTreeSet<(ProbeKind, ProbeAnswer)> {
    let answered = trace.observations.iter();
    answered.filter_map(|seen| Some((seen.kind.clone(), seen.answer.clone()?))).collect()
}

/// Whom something was sent to that is no DNS server.
fn contacted(trace: &MachineTrace) -> BTreeSet<SocketAddr> {
    let to = trace.actions.iter().filter_map(|(_, action)| match action {
        FlowAction::SendUdp { to, .. } | FlowAction::Connect { to, .. } => Some(*to),
        _ => None,
    });
    to.filter(|to| to.port() != dns::PORT).collect()
}

#[test]
fn an_honest_internet_is_found_in_three_steps() {
    let trace = put(&ask(&[SERVER], PortalPage::Firefox), internet(20, PAGE, TIME));
    let known = |address| ProbeAnswer::Dns { rcode: 0, addresses: vec![address] };
    let url =
        pontoon_model::untrusted::Untrusted::new("http://detectportal.firefox.com/success.txt");
    let dns = |query| ProbeKind::Dns { query };
    let expected = BTreeSet::from([
        (dns(DnsQuery::Known), known(PAGE)),
        (dns(DnsQuery::Known), known(TIME)),
        (dns(DnsQuery::Invalid), ProbeAnswer::Dns { rcode: 3, addresses: Vec::new() }),
        (
            ProbeKind::Portal { url },
            ProbeAnswer::Http { status: 200, location: None, is_expected: true },
        ),
        (ProbeKind::Clock { source: ClockSource::Sntp }, ProbeAnswer::Clock { offset_s: 0 }),
    ]);
    assert_eq!(found(&trace), expected);
    assert_eq!(done_ms(&trace), 60, "DNS, connection, page");
}

#[test]
fn when_all_is_silent_it_takes_as_long_as_names_do() {
    let servers = [SERVER, PAGE, TIME];
    let trace = put(&ask(&servers, PortalPage::Firefox), silence);
    assert_eq!((found(&trace), done_ms(&trace)), (BTreeSet::new(), 3_000));
    assert_eq!(contacted(&trace), BTreeSet::new());
}

#[test]
fn names_at_the_last_moment_leave_time_for_the_rest_and_no_more() {
    let mut resolver = internet(1_490, PAGE, TIME);
    let trace = put(&ask(&[SERVER], PortalPage::Firefox), |now, action| match action {
        // The first tries are lost; the page and the clock never answer.
        FlowAction::SendUdp { to, .. } if to.port() == dns::PORT && now.0 >= 1_500 => {
            resolver(now, action)
        }
        _ => Vec::new(),
    });
    assert_eq!(contacted(&trace).len(), 2);
    assert_eq!(done_ms(&trace), 2_990 + 1_500);
}

#[test]
fn a_resolver_cannot_point_us_at_ourselves_or_at_a_group() {
    for address in [
        "127.0.0.1",
        "127.0.0.53",
        "0.0.0.0",
        "224.0.0.251",
        "255.255.255.255",
        "::1",
        "2001:db8::1",
    ] {
        let address = address.parse().unwrap();
        let trace = put(&ask(&[SERVER], PortalPage::Firefox), internet(20, address, address));
        assert_eq!(contacted(&trace), BTreeSet::new(), "{address}");
    }
    // A private one is how portals answer.
    let private = "10.1.2.3".parse().unwrap();
    let trace = put(&ask(&[SERVER], PortalPage::Firefox), internet(20, private, private));
    assert_eq!(contacted(&trace).len(), 2);
}

#[test]
fn a_second_server_helps_where_the_first_is_silent_or_talks_rubbish() {
    for rubbish in [None, Some(b"\0\0rubbish".as_slice())] {
        let mut honest = internet(20, PAGE, TIME);
        let trace = put(&ask(&[TIME, SERVER], PortalPage::Firefox), |now, action| match action {
            FlowAction::SendUdp { flow, to, .. } if *to == SocketAddr::new(TIME, dns::PORT) => {
                let flood = |bytes| (0..50).map(|ms| (ms, datagram(*flow, *to, bytes))).collect();
                rubbish.map_or_else(Vec::new, flood)
            }
            _ => honest(now, action),
        });
        assert_eq!(contacted(&trace).len(), 2, "{rubbish:?}");
        // Three names, twice each.
        assert_eq!(garbage(&trace), if rubbish.is_some() { 6 } else { 0 });
        assert_eq!(done_ms(&trace), 3_000);
    }
}

#[test]
fn a_page_given_by_its_address_needs_no_name() {
    let page: PortalPage = "http://192.0.2.80:8080/x".parse().unwrap();
    let trace = put(&ask(&[SERVER], page), silence);
    assert_eq!(contacted(&trace), BTreeSet::from([SocketAddr::new(PAGE, 8080)]));
    let is_query = |(_, action): &&(RunInstant, FlowAction)| matches!(action, FlowAction::SendUdp { to, .. } if to.port() == dns::PORT);
    assert_eq!(trace.actions.iter().filter(is_query).count(), 4, "time and invalid, twice each");
}

#[test]
fn as_many_servers_are_asked_as_the_c_library_asks() {
    let servers: Vec<IpAddr> = (1..=9).map(|last| IpAddr::from([192, 0, 2, last])).collect();
    let trace = put(&ask(&servers, PortalPage::Firefox), silence);
    let asked: BTreeSet<_> = trace
        .actions
        .iter()
        .filter_map(|(_, action)| match action {
            FlowAction::SendUdp { to, .. } => Some(to.ip()),
            _ => None,
        })
        .collect();
    assert_eq!(asked, servers[..3].iter().copied().collect());
}

#[test]
fn no_two_questions_share_a_flow() {
    let trace = put(&ask(&[SERVER, PAGE, TIME], PortalPage::Firefox), internet(1_600, PAGE, TIME));
    let mut flows = BTreeSet::new();
    for (_, action) in &trace.actions {
        if let FlowAction::SendUdp { flow, .. } | FlowAction::Connect { flow, .. } = action {
            assert!(flows.insert(*flow), "{action:?}");
        }
    }
}
