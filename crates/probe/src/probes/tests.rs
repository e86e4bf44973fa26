//! Probes against a network in memory, without sockets; what tests of single machines share.

mod traceroute;

use std::net::{IpAddr, SocketAddr};

use nix::libc::ENETUNREACH;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind, RunId};
use pontoon_model::port::TransportProtocol;
use proptest::prelude::*;

use super::datagram::DatagramExchange;
use super::probe_context::ProbeContext;
use super::retried_probe::RetriedProbe;
use super::retry::RetryPace;
use super::{MachineInputs, ProbeQuestion, TracerouteProtocol, machine};
use crate::flows::twin::{MachineTrace, run};
use crate::machine::{FlowAction, FlowEvent, FlowId, ProbeMachine, RunInstant};

pub(crate) const SERVER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
pub(crate) const STRANGER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 9));

/// Half past four in the morning, by this host.
pub(crate) const NOW_S: i64 = 1_795_495_390;

pub(crate) fn link() -> IfName {
    "wlan0".parse().unwrap()
}

pub(crate) fn template() -> Observation {
    let host = HostName::lossy("a");
    let sent = Observation::sent(RunId(1), host, IpFamily::V4, ProbeKind::RoutedUdp);
    Observation { link: Some(link()), ..sent }
}

/// The machine of a question to a peer, whose datagrams begin with `pntn`.
pub(crate) fn machine_of(question: &ProbeQuestion) -> Box<dyn ProbeMachine> {
    machine_from(template(), question)
}

pub(crate) fn machine_from(
    template: Observation,
    question: &ProbeQuestion,
) -> Box<dyn ProbeMachine> {
    let template = Observation { peer: Some(HostName::lossy("b")), ..template };
    let payload = |_: &ProbeKind| b"pntn".to_vec();
    let inputs = MachineInputs { template, unix_s: NOW_S, random: 7, payload: &payload };
    machine(question, true, inputs).expect("it takes a machine")
}

pub(crate) fn put(
    question: &ProbeQuestion,
    network: impl FnMut(RunInstant, &FlowAction) -> Vec<(u64, FlowEvent)>,
) -> MachineTrace {
    run(&mut *machine_of(question), network)
}

/// A network in which nothing ever answers.
pub(crate) fn silence(_: RunInstant, _: &FlowAction) -> Vec<(u64, FlowEvent)> {
    Vec::new()
}

pub(crate) fn datagram(flow: FlowId, from: SocketAddr, payload: &[u8]) -> FlowEvent {
    FlowEvent::Datagram { flow, from, link: Some(link()), ttl: Some(60), payload: payload.to_vec() }
}

/// Round and answer of all that came back.
pub(crate) fn answers(trace: &MachineTrace) -> Vec<(u16, ProbeAnswer)> {
    let answer = |seen: &Observation| Some((seen.round, seen.answer.clone()?));
    trace.observations.iter().filter_map(answer).collect()
}

/// How many answers are garbage.
pub(crate) fn garbage(trace: &MachineTrace) -> usize {
    let answers = answers(trace).into_iter();
    answers.filter(|(_, answer)| matches!(answer, ProbeAnswer::Garbage { .. })).count()
}

/// When each question left, by the record.
pub(crate) fn sent_at(trace: &MachineTrace) -> Vec<u32> {
    let sent = trace.observations.iter().filter(|seen| seen.direction == ObservedEvent::Sent);
    sent.map(|seen| seen.at_ms).collect()
}

pub(crate) fn done_ms(trace: &MachineTrace) -> u64 {
    trace.done.expect("a machine ends").0
}

/// ICMP errors as they matter here: "filtered" by the gateway.
fn prohibited(flow: FlowId) -> FlowEvent {
    FlowEvent::Icmp { flow, kind: 3, code: 13, from: STRANGER }
}

fn refused(flow: FlowId) -> FlowEvent {
    FlowEvent::Refused { flow, errno: ENETUNREACH }
}

/// A datagram of `question`, until the expected answer comes or, without one, any.
pub(crate) fn datagrams(
    template: Observation,
    to: SocketAddr,
    (count, every_ms): (u16, u64),
    expected: Option<&[u8]>,
) -> Box<dyn ProbeMachine> {
    let pace = RetryPace { count, delay_ms: 0, every_ms, window_ms: 1_500 };
    let (payload, expected) = (b"question".to_vec(), expected.map(<[u8]>::to_vec));
    let exchange = DatagramExchange { kind: ProbeKind::RoutedUdp, to, payload, expected };
    Box::new(RetriedProbe::new(ProbeContext::new(template), pace, exchange))
}

fn routed_udp(expected: Option<&[u8]>) -> Box<dyn ProbeMachine> {
    datagrams(template(), SocketAddr::new(SERVER, 7), (3, 1_000), expected)
}

const ECHO: ProbeQuestion = ProbeQuestion::RoutedEcho { to: SERVER, tries: 3, every_ms: 1_000 };

/// What both have in common.
fn datagram_and_echo() -> [Box<dyn ProbeMachine>; 2] {
    [routed_udp(None), machine_of(&ECHO)]
}

/// Sends of datagrams and echoes, with what an honest peer would return.
fn sent(action: &FlowAction) -> Option<(FlowId, u16, &[u8])> {
    match action {
        FlowAction::SendUdp { flow, payload, .. } => Some((*flow, 0, payload)),
        FlowAction::SendEcho { flow, sequence, payload, .. } => Some((*flow, *sequence, payload)),
        _ => None,
    }
}

#[test]
fn silence_is_waited_for_and_leaves_no_answer() {
    for mut machine in datagram_and_echo() {
        let trace = run(&mut *machine, silence);
        assert_eq!(sent_at(&trace), [0, 1_000, 2_000]);
        assert_eq!(answers(&trace), []);
        assert_eq!(done_ms(&trace), 3_500);
    }
}

#[test]
fn the_first_answer_ends_the_question_and_tells_where_it_came_in() {
    let udp = run(&mut *routed_udp(Some(b"answer")), |_, action| match action {
        FlowAction::SendUdp { flow, to, .. } => vec![(10, datagram(*flow, *to, b"answer"))],
        _ => Vec::new(),
    });
    let echo = put(&ECHO, |_, action| match sent(action) {
        Some((flow, sequence, payload)) => vec![(10, echo_reply(flow, SERVER, sequence, payload))],
        None => Vec::new(),
    });
    for trace in [udp, echo] {
        assert_eq!((answers(&trace), done_ms(&trace)), (vec![(1, ProbeAnswer::Reply)], 10));
        let [asked, answered] = &trace.observations[..] else { panic!("{trace:?}") };
        assert_eq!((asked.link.clone(), asked.asked_link.clone()), (Some(link()), Some(link())));
        assert_eq!((answered.link.clone(), answered.ttl), (Some(link()), Some(60)));
        assert_eq!((answered.at_ms, answered.address), (10, Some(SERVER)));
    }
}

fn echo_reply(flow: FlowId, from: IpAddr, sequence: u16, payload: &[u8]) -> FlowEvent {
    let (link, payload) = (Some(link()), payload.to_vec());
    FlowEvent::EchoReply { flow, from, link, sequence, ttl: Some(60), payload }
}

#[test]
fn a_late_answer_to_an_early_try_counts_for_that_try() {
    let mut first = None;
    let trace = run(&mut *routed_udp(None), |_, action| match action {
        FlowAction::SendUdp { flow, to, .. } if first.is_none() => {
            first = Some(*flow);
            vec![(2_900, datagram(*flow, *to, b"late"))]
        }
        _ => Vec::new(),
    });
    assert_eq!(answers(&trace), [(1, ProbeAnswer::Reply)]);
    assert_eq!(done_ms(&trace), 2_900);
}

#[test]
fn answers_to_another_question_are_no_answers() {
    // Each: from whom, another sequence number, other bytes, on another flow.
    let wrong: [(IpAddr, u16, &[u8], u16); 4] =
        [(STRANGER, 0, b"", 0), (SERVER, 1, b"", 0), (SERVER, 0, b"x", 0), (SERVER, 0, b"", 9)];
    for (from, more, extra, elsewhere) in wrong {
        let trace = put(&ECHO, |_, action| {
            let (flow, sequence, payload) = sent(action).unwrap();
            let payload = [payload, extra].concat();
            vec![(5, echo_reply(FlowId(flow.0 + elsewhere), from, sequence + more, &payload))]
        });
        assert_eq!(answers(&trace), [], "{from} {more} {extra:?} {elsewhere}");
    }
    for from in [SocketAddr::new(STRANGER, 7), SocketAddr::new(SERVER, 8)] {
        let trace = run(&mut *routed_udp(None), |_, action| {
            vec![(5, datagram(sent(action).unwrap().0, from, b"question"))]
        });
        assert_eq!(answers(&trace), [], "{from}");
    }
}

#[test]
fn every_try_has_a_flow_of_its_own() {
    for mut machine in datagram_and_echo() {
        let trace = run(&mut *machine, silence);
        let flows: std::collections::BTreeSet<_> =
            trace.actions.iter().map(|(_, action)| sent(action).unwrap().0).collect();
        assert_eq!(flows.len(), 3);
    }
}

#[test]
fn a_flood_of_garbage_is_one_line_a_try_and_hides_no_answer() {
    let trace = run(&mut *routed_udp(Some(b"answer")), |now, action| {
        let FlowAction::SendUdp { flow, to, .. } = action else { return Vec::new() };
        let mut flood: Vec<_> =
            (0..900).map(|delay| (delay / 10, datagram(*flow, *to, b"junk"))).collect();
        if now.0 == 1_000 {
            flood.push((100, datagram(*flow, *to, b"answer")));
        }
        flood
    });
    assert_eq!(garbage(&trace), 2);
    assert_eq!(answers(&trace).last(), Some(&(2, ProbeAnswer::Reply)));
    assert_eq!(done_ms(&trace), 1_100);
}

#[test]
fn an_icmp_error_is_recorded_and_asked_again_a_refusal_is_final() {
    let icmp = ProbeAnswer::Icmp { kind: 3, code: 13, from: STRANGER };
    for mut machine in datagram_and_echo() {
        let trace = run(&mut *machine, |_, action| vec![(5, prohibited(sent(action).unwrap().0))]);
        let all: Vec<_> = (1..=3).map(|round| (round, icmp.clone())).collect();
        assert_eq!((answers(&trace), done_ms(&trace)), (all, 2_005));
    }
    for mut machine in datagram_and_echo() {
        let trace = run(&mut *machine, |_, action| vec![(0, refused(sent(action).unwrap().0))]);
        assert_eq!(answers(&trace), [(1, ProbeAnswer::Refused { errno: ENETUNREACH })]);
    }
}

#[test]
fn a_caller_that_wants_thousands_of_tries_gets_sixty() {
    let ask = ProbeQuestion::RoutedEcho { to: SERVER, tries: u16::MAX, every_ms: 10 };
    assert_eq!(sent_at(&put(&ask, silence)).len(), 60);
}

#[test]
fn a_tcp_port_is_open_closed_or_filtered_within_its_window() {
    let to = SocketAddr::new(SERVER, 6443);
    let table: [(fn(FlowId) -> Option<FlowEvent>, Option<ProbeAnswer>, u64); 4] = [
        (|flow| Some(FlowEvent::Connected { flow }), Some(ProbeAnswer::Reply), 20),
        (|flow| Some(FlowEvent::Reset { flow }), Some(ProbeAnswer::Reset), 20),
        (
            |flow| Some(prohibited(flow)),
            Some(ProbeAnswer::Icmp { kind: 3, code: 13, from: STRANGER }),
            20,
        ),
        (|_| None, None, 1_500),
    ];
    for (event, expected, end) in table {
        let trace = put(&tcp(to), |_, action| match action {
            FlowAction::Connect { flow, .. } => {
                event(*flow).map(|event| (20, event)).into_iter().collect()
            }
            _ => Vec::new(),
        });
        let answer = answers(&trace).pop().map(|(_, answer)| answer);
        assert_eq!((answer, done_ms(&trace)), (expected, end));
        let is_connect = |action: &FlowAction| matches!(action, FlowAction::Connect { .. });
        let connects = trace.actions.iter().filter(|(_, action)| is_connect(action)).count();
        assert_eq!(connects, 1, "the kernel repeats the SYN itself");
    }
}

fn tcp(to: SocketAddr) -> ProbeQuestion {
    ProbeQuestion::Port { to, transport: TransportProtocol::Tcp, tries: 1 }
}

#[test]
fn ports_are_judged_by_a_nonce_that_must_come_back() {
    let ask =
        ProbeQuestion::EchoServer { to: SERVER, udp: vec![53, 443, 4500], tcp: vec![443, 22] };
    let trace = put(&ask, |_, action| match action {
        FlowAction::SendUdp { flow, to, payload, .. } => match to.port() {
            53 => vec![(5, datagram(*flow, *to, payload))],
            443 => vec![(5, datagram(*flow, *to, b"I answer everything"))],
            _ => Vec::new(),
        },
        FlowAction::Connect { flow, to, .. } if to.port() == 443 => {
            vec![(5, FlowEvent::Connected { flow: *flow })]
        }
        _ => Vec::new(),
    });
    let replied: Vec<_> = trace
        .observations
        .iter()
        .filter(|seen| seen.answer == Some(ProbeAnswer::Reply))
        .map(|seen| seen.kind.clone())
        .collect();
    assert_eq!(replied, [ProbeKind::UdpPort { port: 53 }, ProbeKind::Tcp { port: 443 }]);
    assert_eq!(garbage(&trace), 3, "once a try, for the server that answers everything");
}

#[test]
fn a_question_about_ports_is_no_scan() {
    let all: Vec<u16> = (1..1_000).collect();
    let trace = put(&ProbeQuestion::EchoServer { to: SERVER, udp: all.clone(), tcp: all }, silence);
    let ports: std::collections::BTreeSet<_> =
        trace.observations.iter().map(|seen| seen.kind.clone()).collect();
    assert_eq!(ports.len(), 32);
}

#[test]
fn an_address_of_this_host_is_not_asked_through_a_link() {
    let ask =
        ProbeQuestion::RoutedEcho { to: "127.0.0.53".parse().unwrap(), tries: 1, every_ms: 10 };
    let trace = put(&ask, silence);
    let [(_, FlowAction::SendEcho { way, .. })] = &trace.actions[..] else { panic!("{trace:?}") };
    assert_eq!(way.link, None);
}

proptest! {
    /// Whatever comes, in whatever order: every machine ends, and what it records stays small.
    #[test]
    fn no_sequence_of_events_keeps_a_machine_or_fills_the_record(
        which in any::<proptest::sample::Index>(),
        script in proptest::collection::vec((0_u64..2_000, 0_u8..10, 0_u16..4, any::<u8>()), 0..40),
    ) {
        let questions = ProbeQuestion::examples(SERVER);
        let trace = put(which.get(&questions), |_, _| script.iter().map(|(delay, what, flow, byte)| {
            (*delay, any_event(*what, FlowId(*flow), *byte))
        }).collect());
        prop_assert!(trace.done.is_some());
        prop_assert!(trace.observations.len() <= 150, "{}", trace.observations.len());
    }
}

/// One of everything that can happen on a flow.
pub(crate) fn any_event(what: u8, flow: FlowId, byte: u8) -> FlowEvent {
    match what {
        0 => datagram(flow, SocketAddr::new(SERVER, 7), &[byte; 40]),
        1 => datagram(flow, SocketAddr::new(SERVER, 53), &[byte; 600]),
        2 => echo_reply(flow, SERVER, u16::from(byte), &[byte; 16]),
        3 => FlowEvent::Icmp { flow, kind: byte & 15, code: byte >> 4, from: SERVER },
        4 => FlowEvent::Refused { flow, errno: i32::from(byte) },
        5 => FlowEvent::Connected { flow },
        6 => FlowEvent::Reset { flow },
        7 => FlowEvent::Bytes { flow, bytes: vec![byte; 300] },
        8 => FlowEvent::Closed { flow },
        _ => FlowEvent::Icmp { flow, kind: 11, code: 0, from: STRANGER },
    }
}
