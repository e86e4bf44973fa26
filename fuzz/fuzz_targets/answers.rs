//! Any bytes as the response to each probe: every state machine ends, and records a bounded number
//! of observations, all of which can be read again.
#![no_main]

use std::collections::VecDeque;
use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;
use pontoon_model::observation::{Observation, ProbeKind, RunId};
use pontoon_probe::machine::{FlowAction, FlowEvent, MachinePoll, RunInstant};
use pontoon_probe::probes::{MachineInputs, PortalPage, ProbeQuestion, machine};
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
    let payload = |_: &ProbeKind| vec![7; 24];
    let (template, unix_s) = (template(), 1_800_000_000);
    let inputs = MachineInputs { template, unix_s, random: 7, payload: &payload };
    let mut machine = machine(question, true, inputs).expect("it takes a machine");
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

fn questions() -> Vec<ProbeQuestion> {
    let to: IpAddr = "10.0.0.1".parse().expect("an address");
    let mut questions = ProbeQuestion::examples(to);
    let own = "http://srv:8080/generate_204".parse::<PortalPage>().expect("a page");
    questions.push(ProbeQuestion::Portal { to: (to, 80).into(), page: own });
    questions
}

fn template() -> Observation {
    let host = HostName::lossy("a");
    let sent = Observation::sent(RunId(1), host, IpFamily::V4, ProbeKind::Udp);
    Observation { peer: Some(HostName::lossy("b")), ..sent }
}
