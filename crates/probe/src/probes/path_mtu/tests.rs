use std::net::SocketAddr;

use nix::libc::EHOSTUNREACH;
use pontoon_model::observation::{ObservedEvent, ProbeAnswer, ProbeKind};
use proptest::prelude::*;

use super::*;
use crate::flows::twin::{MachineTrace, run};
use crate::probes::ProbeQuestion;
use crate::probes::tests::{SERVER, STRANGER, answers, datagram, done_ms, put, template};

const AT: SocketAddr = SocketAddr::new(SERVER, 7);

/// How a path treats what is too long for it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum OversizePolicy {
    /// A black hole.
    Silent,
    /// RFC 1191.
    Reported,
    /// The own link is the narrow one.
    Refused,
}

fn ask(to: SocketAddr, bytes: u32) -> ProbeQuestion {
    ProbeQuestion::PathMtu { to, bytes }
}

/// Asks over a path through which packets of `limit` bytes pass; `is_lost` says which of those
/// that would pass are lost, by their number.
fn over(
    to: SocketAddr,
    from_bytes: u32,
    limit: u32,
    excess: OversizePolicy,
    is_lost: fn(usize) -> bool,
) -> MachineTrace {
    let mut passed = 0;
    put(&ask(to, from_bytes), |_, action| {
        let FlowAction::SendUdp { flow, way, to, payload } = action else { return Vec::new() };
        assert!(way.is_whole && payload.starts_with(b"pntn"), "{action:?}");
        let flow = *flow;
        let headers = if to.is_ipv4() { 28 } else { 48 };
        if u32::try_from(payload.len()).unwrap() + headers <= limit {
            passed += 1;
            let answer = (30, datagram(flow, *to, b"x"));
            return (!is_lost(passed - 1)).then_some(answer).into_iter().collect();
        }
        let (kind, code) = if to.is_ipv4() { (3, 4) } else { (2, 0) };
        match excess {
            OversizePolicy::Silent => Vec::new(),
            OversizePolicy::Reported => {
                vec![(30, FlowEvent::Icmp { flow, kind, code, from: STRANGER })]
            }
            OversizePolicy::Refused => vec![(0, FlowEvent::Refused { flow, errno: EMSGSIZE })],
        }
    })
}

/// The largest packet that was answered.
fn largest(trace: &MachineTrace) -> Option<u32> {
    let passed = trace.observations.iter().filter(|seen| seen.answer == Some(ProbeAnswer::Reply));
    passed
        .filter_map(
            |seen| if let ProbeKind::Size { bytes } = seen.kind { Some(bytes) } else { None },
        )
        .max()
}

fn sends(trace: &MachineTrace) -> usize {
    trace.observations.iter().filter(|seen| seen.direction == ObservedEvent::Sent).count()
}

#[test]
fn one_packet_is_enough_where_the_whole_mtu_passes() {
    let trace = over(AT, 1_500, 1_500, OversizePolicy::Silent, |_| false);
    assert_eq!((largest(&trace), sends(&trace), done_ms(&trace)), (Some(1_500), 1, 30));
}

#[test]
fn the_narrowest_place_is_found_whether_it_speaks_or_not() {
    let v6 = SocketAddr::new("2001:db8::7".parse().unwrap(), 7);
    // The path, and what is found: the largest usual size that fits it.
    let table = [
        (1_500, 1_500),
        (1_499, 1_492),
        (1_480, 1_480),
        (1_450, 1_420),
        (1_400, 1_400),
        (1_280, 1_280),
        (1_279, 1_200),
    ];
    for to in [AT, v6] {
        for (limit, found) in table {
            for excess in
                [OversizePolicy::Silent, OversizePolicy::Reported, OversizePolicy::Refused]
            {
                let trace = over(to, 1_500, limit, excess, |_| false);
                assert_eq!(largest(&trace), Some(found), "{to} {limit} {excess:?}");
                if excess != OversizePolicy::Silent {
                    assert!(sends(&trace) <= 4, "nothing is repeated that was answered");
                }
            }
        }
    }
}

#[test]
fn one_lost_answer_does_not_narrow_a_path() {
    for is_lost in [|nth| nth == 0, |nth| nth == 1, |nth| nth < 2] as [fn(usize) -> bool; 3] {
        let trace = over(AT, 1_500, 1_400, OversizePolicy::Silent, is_lost);
        assert_eq!(largest(&trace), Some(1_400));
    }
}

/// The size that was tried most often, and how often.
fn most_tried(trace: &MachineTrace) -> (u32, usize) {
    let mut tries = std::collections::BTreeMap::new();
    for seen in trace.observations.iter().filter(|seen| seen.direction == ObservedEvent::Sent) {
        if let ProbeKind::Size { bytes } = seen.kind {
            *tries.entry(bytes).or_insert(0) += 1;
        }
    }
    tries.into_iter().max_by_key(|(_, count)| *count).unwrap()
}

#[test]
fn what_was_lost_is_tried_again_before_it_counts() {
    let hole = over(AT, 1_500, 1_400, OversizePolicy::Silent, |_| false);
    assert_eq!(most_tried(&hole), (1_420, 8));
    // Every try has a round of its own: records tell them apart.
    let rounds: std::collections::BTreeSet<_> = hole
        .observations
        .iter()
        .filter(|seen| seen.kind == ProbeKind::Size { bytes: 1_420 })
        .map(|seen| seen.round)
        .collect();
    assert_eq!(rounds.len(), 8);
    // Losses took the first three of the largest: the fourth passes and ends it.
    let lossy = over(AT, 1_500, 1_500, OversizePolicy::Silent, |nth| nth < 3);
    assert_eq!((largest(&lossy), most_tried(&lossy)), (Some(1_500), (1_500, 4)));
}

#[test]
fn a_drop_on_the_own_link_is_lost_like_any_other() {
    let trace = put(&ask(AT, 9_000), |_, action| {
        let FlowAction::SendUdp { flow, to, payload, .. } = action else { return Vec::new() };
        if payload.len() + 28 > 1_500 {
            return vec![(0, FlowEvent::Refused { flow: *flow, errno: ENOBUFS })];
        }
        vec![(30, datagram(*flow, *to, b"x"))]
    });
    assert_eq!((largest(&trace), most_tried(&trace)), (Some(1_500), (9_000, 8)));
    assert!(answers(&trace).iter().all(|(_, answer)| *answer == ProbeAnswer::Reply));
}

#[test]
fn a_peer_that_does_not_answer_at_all_is_left_in_time() {
    let trace = over(AT, 1_500, 0, OversizePolicy::Silent, |_| false);
    // Four sizes, three tries each.
    assert_eq!((answers(&trace), sends(&trace), done_ms(&trace)), (Vec::new(), 12, 4_000));
}

#[test]
fn another_answer_than_about_the_size_ends_it() {
    let from = SERVER;
    let table: [fn(FlowId) -> FlowEvent; 3] = [
        |flow| FlowEvent::Icmp { flow, kind: 3, code: 3, from: SERVER },
        |flow| FlowEvent::Icmp { flow, kind: 3, code: 13, from: STRANGER },
        |flow| FlowEvent::Refused { flow, errno: EHOSTUNREACH },
    ];
    for event in table {
        let trace = put(&ask(AT, 1_500), |_, action| match action {
            FlowAction::SendUdp { flow, .. } => vec![(0, event(*flow))],
            _ => Vec::new(),
        });
        assert_eq!((sends(&trace), answers(&trace).len(), done_ms(&trace)), (1, 1, 0), "{from}");
    }
}

#[test]
fn what_strangers_send_is_no_answer() {
    let trace = put(&ask(AT, 1_280), |_, action| match action {
        FlowAction::SendUdp { flow, .. } => {
            vec![(5, datagram(*flow, SocketAddr::new(STRANGER, 7), b"x"))]
        }
        _ => Vec::new(),
    });
    assert_eq!(answers(&trace), []);
}

#[test]
fn sizes_that_no_link_has_are_brought_into_bounds() {
    for (asked, tried) in [(0, 1_200), (576, 1_200), (9_216, 9_216), (u32::MAX, 9_216)] {
        let trace = over(AT, asked, u32::MAX, OversizePolicy::Silent, |_| false);
        assert_eq!(largest(&trace), Some(tried));
    }
}

#[test]
fn the_longest_prefix_fits_the_smallest_size() {
    let mut probe = PathMtuProbe::new(template(), AT, 1_200, vec![7; 1_452]);
    let trace = run(&mut probe, |_, action| {
        let FlowAction::SendUdp { payload, .. } = action else { return Vec::new() };
        assert_eq!(payload.len(), 1_200 - 28);
        Vec::new()
    });
    assert_eq!(sends(&trace), 3);
}

proptest! {
    #[test]
    fn every_path_is_found_within_the_budget(
        from_bytes in 1_200_u32..9_216, limit in 0_u32..9_300, is_silent: bool,
    ) {
        let excess = if is_silent { OversizePolicy::Silent } else { OversizePolicy::Reported };
        let trace = over(AT, from_bytes, limit, excess, |_| false);
        let fits = USUAL.into_iter().filter(|size| *size < from_bytes).chain([from_bytes]);
        prop_assert_eq!(largest(&trace), fits.filter(|size| *size <= limit).max());
        prop_assert!(sends(&trace) <= 20, "{}", sends(&trace));
        prop_assert!(done_ms(&trace) <= 7_000, "{}", done_ms(&trace));
    }
}
