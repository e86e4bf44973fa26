//! Any bytes as the response to each probe: every state machine ends, and records a bounded number
//! of observations, all of which can be read again.
#![no_main]

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use libfuzzer_sys::fuzz_target;
use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;
use pontoon_model::observation::{DnsQuery, Observation, ObservedEvent, ProbeKind, RunId};
use pontoon_probe::machine::{FlowAction, FlowEvent, MachinePoll, RunInstant};
use pontoon_probe::probes::{
    DEFAULT_NTP, PortalPage, ProbePayload, ProbeSpec, TracerouteProtocol, machine, port_probes,
};
use pontoon_wire::http_date::unix_time;

/// More than any state machine needs: one probe has at most 60 tries.
const STEPS_MAX: usize = 10_000;
const REPORTS_MAX: usize = 500;

fuzz_target!(|bytes: &[u8]| {
    let [which, how, answer @ ..] = bytes else { return };
    if let Some(unix_s) = unix_time(answer) {
        // From year 0 to year 9999.
        assert!((-62_167_219_200..=253_402_300_800).contains(&unix_s));
    }
    let questions = questions();
    let question = &questions[usize::from(*which) % questions.len()];
    let mut machine = machine(question, template(), 1_800_000_000, 7);
    let (mut now, mut events, mut reports) = (RunInstant(0), VecDeque::new(), 0);
    for _ in 0..STEPS_MAX {
        match machine.poll(now) {
            MachinePoll::Done => {
                assert!(reports <= REPORTS_MAX, "{reports}");
                return;
            }
            MachinePoll::WaitUntil(until) => match events.pop_front() {
                Some(event) => machine.receive(now, &event),
                None => now = until,
            },
            MachinePoll::Do(FlowAction::Report(seen)) => {
                reports += 1;
                let text = serde_json::to_string(&seen).expect("it can be written");
                let again: Observation = serde_json::from_str(&text).expect("it can be read");
                assert_eq!(*seen, again);
            }
            MachinePoll::Do(action) => events.extend(meet(action, *how, answer)),
        }
    }
    panic!("it does not end: {question:?}");
});

/// The event after an action: the response, as changed by `how`.
fn meet(action: FlowAction, how: u8, answer: &[u8]) -> Vec<FlowEvent> {
    match action {
        FlowAction::SendUdp { flow, to, payload, .. } => match how {
            250.. => vec![FlowEvent::Icmp { flow, kind: 3, code: how & 15, from: to.ip() }],
            _ => {
                let payload = as_answer(to.port(), &payload, answer);
                let ttl = Some(how);
                let event = FlowEvent::Datagram { flow, from: to, link: None, ttl, payload };
                vec![event.clone(), event]
            }
        },
        FlowAction::SendEcho { flow, to, sequence, payload, .. } => match how {
            250.. => vec![FlowEvent::Icmp { flow, kind: 11, code: how & 15, from: to }],
            _ => {
                let payload = if how % 2 == 0 { payload } else { answer.to_vec() };
                let ttl = Some(how);
                vec![FlowEvent::EchoReply { flow, from: to, link: None, sequence, ttl, payload }]
            }
        },
        FlowAction::Connect { flow, .. } => match how {
            250.. => vec![FlowEvent::Refused { flow, errno: how.into() }],
            240.. => vec![FlowEvent::Reset { flow }],
            _ => vec![FlowEvent::Connected { flow }],
        },
        FlowAction::Write { flow, .. } => {
            let (first, second) = answer.split_at(answer.len() * usize::from(how) / 256);
            let [first, second] =
                [first, second].map(|part| FlowEvent::Bytes { flow, bytes: part.to_vec() });
            vec![first, second, FlowEvent::Closed { flow }]
        }
        FlowAction::Close { .. } | FlowAction::Report(_) => Vec::new(),
    }
}

/// With what only the one who was asked can know, so that the fuzzer need not guess it: the id of
/// a DNS query, the time that was sent to an SNTP server.
fn as_answer(port: u16, asked: &[u8], answer: &[u8]) -> Vec<u8> {
    let mut answer = answer.to_vec();
    let echoed = match port {
        53 => answer.get_mut(..2).zip(asked.get(..2)),
        123 => answer.get_mut(24..32).zip(asked.get(40..48)),
        _ => None,
    };
    if let Some((echoed, asked)) = echoed {
        echoed.copy_from_slice(asked);
    }
    answer
}

fn questions() -> Vec<ProbeSpec> {
    let ip: IpAddr = "10.0.0.1".parse().expect("an address");
    let at = |port| SocketAddr::new(ip, port);
    let page = |url: &str| url.parse::<PortalPage>().expect("a page");
    let name = |name: &str| name.parse().expect("a name");
    let payload = ProbePayload::new(vec![7; 24]).expect("it is short");
    let mut questions = vec![
        ProbeSpec::Dns { server: at(53), query: DnsQuery::Known, name: Some(name("a.example")) },
        ProbeSpec::Dns { server: at(53), query: DnsQuery::NoServer, name: None },
        ProbeSpec::Sntp { server: at(123) },
        ProbeSpec::Internet {
            servers: vec![ip],
            portal: PortalPage::Firefox,
            ntp: name(DEFAULT_NTP),
        },
        ProbeSpec::Portal { to: at(80), page: page("http://srv:8080/generate_204") },
        ProbeSpec::RoutedEcho { to: ip, tries: 2, every_ms: 10 },
        ProbeSpec::RoutedUdp {
            to: at(9),
            payload: payload.clone(),
            answer: None,
            tries: 2,
            every_ms: 9,
        },
        ProbeSpec::UdpPort { to: at(9), payload: payload.clone(), tries: 2, every_ms: 9 },
        ProbeSpec::UdpPorts {
            to: ip,
            udp: port_probes::udp_ports(9),
            tcp: port_probes::TCP.to_vec(),
        },
        ProbeSpec::Tcp { to: at(22), tries: 2 },
        ProbeSpec::PathMtu { to: at(9), from_bytes: 9216, payload_prefix: payload.clone() },
    ];
    questions.extend(PortalPage::known().map(|page| ProbeSpec::Portal { to: at(80), page }));
    questions.extend([TracerouteProtocol::Udp, TracerouteProtocol::Echo].map(|vehicle| {
        ProbeSpec::Ladder { to: at(9), ttls: vec![1, 2, 8], vehicle, payload: payload.clone() }
    }));
    questions
}

fn template() -> Observation {
    Observation {
        run: RunId(1),
        host: HostName::lossy("a"),
        peer: Some(HostName::lossy("b")),
        address: None,
        link: None,
        asked_link: None,
        family: IpFamily::V4,
        direction: ObservedEvent::Sent,
        round: 1,
        at_ms: 0,
        source_mac: None,
        ttl: None,
        cast: None,
        kind: ProbeKind::Udp,
        answer: None,
    }
}
