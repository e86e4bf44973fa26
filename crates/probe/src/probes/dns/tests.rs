use std::net::{IpAddr, SocketAddr};

use pontoon_model::observation::{DnsQuery, ProbeAnswer};
use proptest::prelude::*;

use super::message::{DnsAddressQuery, DnsResponse, MAX_ADDRESSES, read};
use super::*;
use crate::flows::twin::MachineTrace;
use crate::probes::tests::{
    SERVER, STRANGER, answers, datagram, done_ms, garbage, put, sent_at, silence,
};
use crate::probes::{DnsName, ProbeQuestion};

const AT: SocketAddr = SocketAddr::new(SERVER, PORT);

fn name() -> DnsName {
    "detectportal.firefox.com".parse().unwrap()
}

fn ask(query: DnsQuery) -> ProbeQuestion {
    ProbeQuestion::Dns { server: AT, query, name: Some(name()) }
}

/// Asks for a known name; the server says `reply` to each query, 10 ms later.
fn served(reply: impl Fn(&[u8]) -> Vec<u8>) -> MachineTrace {
    put(&ask(DnsQuery::Known), |_, action| match action {
        FlowAction::SendUdp { flow, to, payload, .. } => {
            vec![(10, datagram(*flow, *to, &reply(payload)))]
        }
        _ => Vec::new(),
    })
}

/// The answer of a server to a query of ours: its question, and addresses for it.
pub(in crate::probes) fn reply(query: &[u8], rcode: u8, addresses: &[IpAddr]) -> Vec<u8> {
    let mut bytes = query.to_vec();
    bytes[2..4].copy_from_slice(&[0x81, 0x80 | rcode]);
    bytes[6..8].copy_from_slice(&u16::try_from(addresses.len()).unwrap().to_be_bytes());
    for address in addresses {
        // The name is the one that the question has, 12 bytes into the message.
        bytes.extend([0xc0, 12]);
        match address {
            IpAddr::V4(v4) => {
                bytes.extend([0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
                bytes.extend(v4.octets());
            }
            IpAddr::V6(v6) => {
                bytes.extend([0, 28, 0, 1, 0, 0, 0, 60, 0, 16]);
                bytes.extend(v6.octets());
            }
        }
    }
    bytes
}

/// Whether a query asks for a name with this ending.
pub(in crate::probes) fn asks_for(query: &[u8], label: &str) -> bool {
    query.windows(label.len()).any(|window| window == label.as_bytes())
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn an_answer_is_taken_with_its_code_and_addresses() {
    let table: [(u8, &[&str]); 5] = [
        (0, &["192.0.2.80"]),
        (0, &["192.0.2.80", "192.0.2.81", "2001:db8::80"]),
        (0, &[]),
        (2, &[]),
        // No such name: the truth for a name under .invalid.
        (3, &[]),
    ];
    for (rcode, texts) in table {
        let trace = served(|query| reply(query, rcode, &addresses(texts)));
        let answer = ProbeAnswer::Dns { rcode: rcode.into(), addresses: addresses(texts) };
        assert_eq!(answers(&trace), [(1, answer)]);
        assert_eq!(done_ms(&trace), 10);
    }
}

#[test]
fn a_name_that_cannot_exist_and_is_given_an_address_is_recorded_so() {
    let random = ProbeQuestion::Dns { server: AT, query: DnsQuery::Invalid, name: None };
    let trace = put(&random, |_, action| match action {
        FlowAction::SendUdp { flow, to, payload, .. } => {
            assert!(asks_for(payload, "\x07invalid"), "{payload:?}");
            vec![(10, datagram(*flow, *to, &reply(payload, 0, &[STRANGER])))]
        }
        _ => Vec::new(),
    });
    assert_eq!(answers(&trace), [(1, ProbeAnswer::Dns { rcode: 0, addresses: vec![STRANGER] })]);
    let kinds: Vec<_> = trace.observations.iter().map(|seen| seen.kind.clone()).collect();
    assert_eq!(kinds, vec![ProbeKind::Dns { query: DnsQuery::Invalid }; 2]);
}

#[test]
fn a_silent_server_takes_three_seconds_and_expected_silence_one() {
    let trace = put(&ask(DnsQuery::Known), silence);
    assert_eq!((sent_at(&trace), done_ms(&trace)), (vec![0, 1_500], 3_000));
    let trace = put(&ask(DnsQuery::NoServer), silence);
    assert_eq!((sent_at(&trace), done_ms(&trace)), (vec![0], 1_200));
}

#[test]
fn a_lost_query_is_asked_again_under_another_id() {
    let mut queries = Vec::new();
    let trace = put(&ask(DnsQuery::Known), |_, action| match action {
        FlowAction::SendUdp { flow, to, payload, .. } => {
            queries.push(payload.clone());
            let is_lost = queries.len() == 1;
            let answer = reply(payload, 0, &[STRANGER]);
            (!is_lost).then(|| (10, datagram(*flow, *to, &answer))).into_iter().collect()
        }
        _ => Vec::new(),
    });
    assert_eq!(answers(&trace), [(2, ProbeAnswer::Dns { rcode: 0, addresses: vec![STRANGER] })]);
    assert_ne!(queries[0][..2], queries[1][..2]);
    assert_eq!(queries[0][2..], queries[1][2..]);
}

/// What is not the answer to the question asked, by how it is made of a good one.
#[test]
fn hostile_and_foreign_answers_are_garbage() {
    let good = |query: &[u8]| reply(query, 0, &[STRANGER]);
    let after = |query: &[u8]| query.len();
    let with = |query: &[u8], at: usize, value: u8| {
        let mut bytes = good(query);
        bytes[at] ^= value;
        bytes
    };
    let rewritten = |query: &[u8], tail: &[u8]| {
        let mut bytes = good(query);
        bytes.truncate(after(query));
        bytes.extend(tail);
        bytes
    };
    // A pointer to itself; two that point at each other; a label that runs on; types cut off.
    let own = |query: &[u8]| u8::try_from(after(query)).unwrap();
    let table: Vec<(&str, Vec<u8>)> = {
        let query = query().bytes();
        let here = own(&query);
        vec![
            ("another id", with(&query, 0, 1)),
            ("the query itself", query.clone()),
            ("another name", with(&query, 14, 1)),
            ("another type", with(&query, query.len() - 3, 1)),
            ("a pointer to itself", rewritten(&query, &[0xc0, here])),
            ("a loop of two", rewritten(&query, &[0xc0, here + 2, 0xc0, here])),
            ("a pointer ahead", rewritten(&query, &[0xc0, 0xff])),
            ("a pointer out of it", rewritten(&query, &[0xff, 0xff])),
            ("a label that runs on", rewritten(&query, &[63, b'a', b'b'])),
            ("an address of 3 bytes", {
                let mut bytes = good(&query);
                bytes.pop();
                bytes
            }),
            ("65,535 answers, none there", {
                let mut bytes = query.clone();
                bytes[2] |= 0x80;
                bytes[6..12].fill(0xff);
                bytes
            }),
            ("65,535 questions, one there", {
                let mut bytes = good(&query);
                bytes[4..6].fill(0xff);
                bytes
            }),
            ("data without the question", {
                let mut bytes = query[..12].to_vec();
                bytes[2..8].copy_from_slice(&[0x81, 0x80, 0, 0, 0, 1]);
                bytes.extend([0, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
                bytes
            }),
            ("an HTTP answer", b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            ("nothing", Vec::new()),
        ]
    };
    for (what, bytes) in table {
        assert!(read(&bytes, &query()).is_err(), "{what}");
    }
}

fn query() -> DnsAddressQuery {
    DnsAddressQuery { id: 0x1234, name: name(), family: IpFamily::V4 }
}

#[test]
fn garbage_is_recorded_once_a_try_and_the_true_answer_still_counts() {
    let trace = served(|_| b"garbage".to_vec());
    assert_eq!((garbage(&trace), done_ms(&trace)), (2, 3_000));
    let trace = put(&ask(DnsQuery::Known), |_, action| match action {
        FlowAction::SendUdp { flow, to, payload, .. } => {
            let mut flood: Vec<_> =
                (0..500).map(|_| (5, datagram(*flow, *to, b"garbage"))).collect();
            flood.push((20, datagram(*flow, *to, &reply(payload, 0, &[STRANGER]))));
            flood
        }
        _ => Vec::new(),
    });
    assert_eq!((garbage(&trace), answers(&trace).len(), done_ms(&trace)), (1, 2, 20));
}

#[test]
fn who_was_not_asked_does_not_answer() {
    for from in [SocketAddr::new(STRANGER, PORT), SocketAddr::new(SERVER, PORT + 1)] {
        let trace = put(&ask(DnsQuery::Known), |_, action| match action {
            FlowAction::SendUdp { flow, payload, .. } => {
                vec![(5, datagram(*flow, from, &reply(payload, 0, &[STRANGER])))]
            }
            _ => Vec::new(),
        });
        assert_eq!((answers(&trace), done_ms(&trace)), (Vec::new(), 3_000), "{from}");
    }
}

#[test]
fn a_server_may_change_the_case_and_leave_the_question_out_of_an_error() {
    let query = query();
    let asked = query.bytes();
    let mut shouted = reply(&asked, 0, &[STRANGER]);
    shouted[12..asked.len() - 4].make_ascii_uppercase();
    assert_eq!(read(&shouted, &query), Ok(DnsResponse { rcode: 0, addresses: vec![STRANGER] }));
    let mut bare = reply(&asked, 2, &[]);
    bare.truncate(12);
    bare[4..6].fill(0);
    assert_eq!(read(&bare, &query), Ok(DnsResponse { rcode: 2, addresses: Vec::new() }));
}

#[test]
fn an_answer_with_thousands_of_addresses_does_not_fill_the_record() {
    let query = query();
    let bytes = reply(&query.bytes(), 0, &vec![STRANGER; 3_000]);
    assert_eq!(read(&bytes, &query).unwrap().addresses.len(), MAX_ADDRESSES);
}

#[test]
fn addresses_behind_an_alias_are_found() {
    let query = query();
    let mut bytes = reply(&query.bytes(), 0, &[STRANGER]);
    let answer = bytes.split_off(query.bytes().len());
    bytes[7] = 2;
    // An alias (type 5) to the root, then the address.
    bytes.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 1, 0]);
    bytes.extend(answer);
    assert_eq!(read(&bytes, &query).unwrap().addresses, [STRANGER]);
}

#[test]
fn names_are_checked_when_they_are_read() {
    let long = vec!["a".repeat(63); 4].join(".");
    let table = [
        ("pool.ntp.org", true),
        ("pool.ntp.org.", true),
        ("_dns.Resolver-1.arpa", true),
        ("", false),
        (".", false),
        ("a..b", false),
        ("a.b..", false),
        ("a b", false),
        ("a/b", false),
        ("\u{1b}[31m", false),
        ("b\u{fc}cher.example", false),
        (&"a".repeat(63), true),
        (&"a".repeat(64), false),
        (&long[..253], true),
        (&long, false),
    ];
    for (text, is_name) in table {
        assert_eq!(text.parse::<DnsName>().is_ok(), is_name, "{text:?}");
    }
}

fn any_name() -> impl Strategy<Value = DnsName> {
    "[a-zA-Z0-9_-]{1,63}(\\.[a-zA-Z0-9_-]{1,20}){0,4}".prop_map(|text| text.parse().unwrap())
}

proptest! {
    /// Any name we can ask for comes back as ours, in either family: written by hand, read by
    /// another's code.
    #[test]
    fn the_honest_answer_to_any_query_is_taken(id: u16, name in any_name(), is_v6: bool) {
        let family = if is_v6 { IpFamily::V6 } else { IpFamily::V4 };
        let query = DnsAddressQuery { id, name, family };
        let reply = reply(&query.bytes(), 0, &[STRANGER]);
        prop_assert_eq!(read(&reply, &query), Ok(DnsResponse { rcode: 0, addresses: vec![STRANGER] }));
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(reply) = read(&bytes, &query()) {
            prop_assert!(reply.addresses.len() <= MAX_ADDRESSES);
        }
    }

    #[test]
    fn a_damaged_answer_is_read_without_harm(
        damage in proptest::collection::vec((0_usize..80, any::<u8>()), 1..6), cut in 0_usize..120,
    ) {
        let mut bytes = reply(&query().bytes(), 0, &addresses(&["192.0.2.1", "2001:db8::1"]));
        for (at, value) in damage {
            if let Some(byte) = bytes.get_mut(at) { *byte = value; }
        }
        bytes.truncate(cut);
        let _ = read(&bytes, &query());
    }

    #[test]
    fn no_text_breaks_the_reader_of_names(text: String) {
        if let Ok(name) = text.parse::<DnsName>() {
            prop_assert!(name.as_str().len() <= 253);
            prop_assert_eq!(name.as_str().parse::<DnsName>(), Ok(name));
        }
    }
}
