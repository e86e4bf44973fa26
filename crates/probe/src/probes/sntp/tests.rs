use std::net::SocketAddr;

use pontoon_model::observation::ProbeAnswer;
use proptest::prelude::*;

use super::*;
use crate::flows::twin::MachineTrace;
use crate::probes::ProbeQuestion;
use crate::probes::tests::{
    NOW_S, SERVER, STRANGER, answers, datagram, done_ms, garbage, put, sent_at, silence,
};

const AT: SocketAddr = SocketAddr::new(SERVER, PORT);
const ASK: ProbeQuestion = ProbeQuestion::Sntp { server: AT };

/// What an honest server of stratum 2 says when its clock shows `unix_s`.
pub(in crate::probes) fn reply(request: &[u8], unix_s: i64) -> Vec<u8> {
    let mut bytes = vec![0; LENGTH];
    bytes[0] = 0x24;
    bytes[1] = 2;
    bytes[24..32].copy_from_slice(&request[40..48]);
    let seconds = u32::try_from((unix_s + UNIX_EPOCH).rem_euclid(ERA)).unwrap();
    bytes[40..44].copy_from_slice(&seconds.to_be_bytes());
    bytes
}

/// The server answers every request with what `change` makes of the honest answer, 40 ms later.
fn served(unix_s: i64, change: impl Fn(&mut Vec<u8>)) -> MachineTrace {
    put(&ASK, |_, action| match action {
        FlowAction::SendUdp { flow, to, payload, .. } => {
            let mut bytes = reply(payload, unix_s);
            change(&mut bytes);
            vec![(40, datagram(*flow, *to, &bytes))]
        }
        _ => Vec::new(),
    })
}

#[test]
fn the_offset_is_told_to_the_second() {
    // No real-time clock: 1970. A day behind, five years ahead, and beyond the era of 2036.
    for offset_s in [0, -1, -86_400, 5 * 365 * 86_400, 15 * 365 * 86_400] {
        let trace = served(NOW_S + offset_s, |_| {});
        assert_eq!(answers(&trace), [(1, ProbeAnswer::Clock { offset_s })]);
        assert_eq!(done_ms(&trace), 40);
    }
}

#[test]
fn a_host_that_believes_it_is_1970_learns_how_far_off_it_is() {
    let context = ProbeContext::new(crate::probes::tests::template());
    let mut sntp = probe(context, AT, WallClockReading::new(12), 7);
    let trace = crate::flows::twin::run(&mut sntp, |_, action| match action {
        FlowAction::SendUdp { flow, to, payload, .. } => {
            vec![(40, datagram(*flow, *to, &reply(payload, NOW_S)))]
        }
        _ => Vec::new(),
    });
    assert_eq!(answers(&trace), [(1, ProbeAnswer::Clock { offset_s: NOW_S - 12 })]);
}

#[test]
fn time_that_passes_while_asking_is_no_offset() {
    let mut clock = WallClockReading::new(1_000);
    clock.begin(RunInstant(500));
    assert_eq!(clock.offset_s(RunInstant(500), 1_000), 0);
    assert_eq!(clock.offset_s(RunInstant(3_700), 1_003), 0);
}

#[test]
fn what_fails_the_checks_of_the_standard_is_garbage() {
    let table: [(&str, fn(&mut Vec<u8>)); 9] = [
        ("a kiss of death", |bytes| {
            bytes[1] = 0;
            bytes[12..16].copy_from_slice(b"RATE");
        }),
        ("an answer to another request", |bytes| bytes[31] ^= 1),
        ("a client's message", |bytes| bytes[0] = CLIENT),
        ("a broadcast", |bytes| bytes[0] = 0x25),
        ("a server that is not synchronised", |bytes| bytes[0] |= 0xc0),
        ("a stratum that does not exist", |bytes| bytes[1] = 16),
        ("no time", |bytes| bytes[40..48].fill(0)),
        ("47 bytes", |bytes| bytes.truncate(47)),
        ("nothing", Vec::clear),
    ];
    for (what, change) in table {
        let trace = served(NOW_S, change);
        assert_eq!((garbage(&trace), answers(&trace).len()), (2, 2), "{what}");
        assert_eq!(done_ms(&trace), 1_500, "{what}");
    }
}

#[test]
fn extensions_and_a_signature_after_the_message_do_no_harm() {
    let trace = served(NOW_S, |bytes| bytes.resize(1_400, 0xff));
    assert_eq!(answers(&trace), [(1, ProbeAnswer::Clock { offset_s: 0 })]);
}

#[test]
fn silence_ends_in_a_second_and_a_half() {
    let trace = put(&ASK, silence);
    assert_eq!((sent_at(&trace), done_ms(&trace)), (vec![0, 750], 1_500));
    assert_eq!(answers(&trace), []);
}

#[test]
fn who_was_not_asked_does_not_tell_the_time() {
    for from in [SocketAddr::new(STRANGER, PORT), SocketAddr::new(SERVER, 1_123)] {
        let trace = put(&ASK, |_, action| match action {
            FlowAction::SendUdp { flow, payload, .. } => {
                vec![(5, datagram(*flow, from, &reply(payload, NOW_S)))]
            }
            _ => Vec::new(),
        });
        assert_eq!(answers(&trace), [], "{from}");
    }
}

#[test]
fn the_request_tells_a_stranger_nothing() {
    let mut requests = Vec::new();
    put(&ASK, |_, action| {
        if let FlowAction::SendUdp { payload, .. } = action {
            requests.push(payload.clone());
        }
        Vec::new()
    });
    for request in &requests {
        assert_eq!((request.len(), request[0]), (48, 0x23));
        assert_eq!(request[1..40], [0; 39], "no clock, no reference, nothing to tell hosts apart");
    }
    assert_ne!(requests[0][40..], requests[1][40..], "a nonce for each try");
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = unix_time(&bytes, 7);
    }

    /// From 1968 to 2104: the years that the highest bit tells apart.
    #[test]
    fn every_second_of_both_eras_is_read_as_written(unix_s in -61_505_152_i64..4_233_462_144) {
        let expected = if (unix_s + UNIX_EPOCH).rem_euclid(ERA) == 0 { None } else { Some(unix_s) };
        prop_assert_eq!(unix_time(&reply(&request(9), unix_s), 9).ok(), expected);
    }
}
