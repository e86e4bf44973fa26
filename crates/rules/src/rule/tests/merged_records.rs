//! Records of hosts that had no coordinator in common.

use pontoon_model::facts::Facts;
use pontoon_model::observation::{
    ClockSource, Observation, ObservedEvent, ProbeAnswer, ProbeKind, RunId,
};
use pontoon_model::record::Record;
use pontoon_model::record::merge::{MergeError, merge};

use super::fixture::ProbeFate::Lost;
use super::fixture::{TestFacts, host_name, ip, seen};
use crate::rule::diagnose;

/// Two hosts whose wlan0 passes nothing, seen by each for itself: pi1 in `one`, pi2 in `two`.
fn apart(one: std::ops::RangeInclusive<u16>, two: std::ops::RangeInclusive<u16>) -> [Record; 2] {
    [("pi1", "pi2", one), ("pi2", "pi1", two)].map(|(own, other, rounds)| {
        let mut bench = TestFacts::wifi_only(2);
        bench.controls(&[own], rounds.clone()).way((own, other), "wlan0", rounds, Lost);
        // A time server says that the clock is right.
        let kind = ProbeKind::Clock { source: ClockSource::Sntp };
        let mut clock = seen(own, None, Some("wlan0"), 1, ObservedEvent::Answered, kind);
        clock.answer = Some(ProbeAnswer::Clock { offset_s: 1 });
        bench.see(clock);
        let mut facts = bench.facts;
        facts.hosts.remove(&host_name(other));
        Record { facts, ..Record::default() }
    })
}

fn found(records: [Record; 2]) -> Vec<String> {
    let record = merge(records).unwrap();
    let findings = diagnose(&record.facts);
    findings.iter().map(|finding| format!("{} {:?}", finding.code, finding.certainty)).collect()
}

#[test]
fn rounds_count_in_which_both_were_there() {
    let table = [
        (1..=10, 1..=10, vec!["client-isolation Confirmed"]),
        // Pings are put in early rounds only: one kind of probe is left.
        (1..=40, 21..=32, vec!["client-isolation Likely"]),
        (1..=20, 15..=26, vec!["client-isolation Likely"]),
        (1..=20, 18..=29, vec!["client-isolation Undecided"]),
        (1..=10, 11..=20, vec![]),
    ];
    for (one, two, expected) in table {
        let case = format!("{one:?} {two:?}");
        assert_eq!(found(apart(one, two)), expected, "{case}");
    }
}

#[test]
fn misses_count_only_where_both_clocks_are_known_to_be_right() {
    for (offset, synchronised, is_sure) in [
        (Some(1), None, true),
        (Some(-2), None, true),
        (Some(3), None, false),
        (None, None, false),
        (None, Some(false), false),
        (None, Some(true), true),
    ] {
        let mut records = apart(1..=10, 1..=10);
        let facts = &mut records[1].facts;
        let is_clock = |seen: &Observation| matches!(seen.kind, ProbeKind::Clock { .. });
        facts.observations = std::mem::take(&mut facts.observations)
            .into_iter()
            .filter(|seen| !is_clock(seen) || offset.is_some())
            .map(|mut seen| {
                if is_clock(&seen) {
                    seen.answer = offset.map(|offset_s| ProbeAnswer::Clock { offset_s });
                }
                seen
            })
            .collect();
        let host = facts.hosts.get_mut(&host_name("pi2")).unwrap();
        host.snapshot.clock.is_synchronised = synchronised;
        let findings = found(records);
        // Without a clock to trust it is open, and said to be.
        let level = if is_sure { "Confirmed" } else { "Undecided" };
        let expected = format!("client-isolation {level}");
        assert_eq!(findings, [expected], "{offset:?} {synchronised:?}");
    }
}

#[test]
fn an_arrival_counts_whatever_the_clocks_say_and_learns_its_link() {
    let mut records = apart(1..=3, 11..=13);
    for record in &mut records {
        record.facts.observations.retain(|seen| !matches!(seen.kind, ProbeKind::Clock { .. }));
    }
    // pi2 saw what pi1 sent, and could not know what pi1 calls its link.
    for round in 1..=3 {
        let mut arrival =
            seen("pi2", Some("pi1"), None, round, ObservedEvent::Arrived, ProbeKind::Udp);
        arrival.link = Some("wlan0".parse().unwrap());
        records[1].facts.observations.insert(arrival);
    }
    let facts = merge(records).unwrap().facts;
    let arrived = |seen: &&Observation| seen.direction == ObservedEvent::Arrived;
    let links: Vec<_> = facts.observations.iter().filter(arrived).map(|s| &s.asked_link).collect();
    assert_eq!(links, [&Some("wlan0".parse().unwrap()); 3]);
    let sent = |host: &str| {
        let kinds = facts.observations.iter().filter(|seen| seen.host == host_name(host));
        kinds.filter(|seen| seen.direction == ObservedEvent::Sent && seen.peer.is_some()).count()
    };
    // UDP in three rounds and a ping in the second, all of rounds of which something arrived.
    assert_eq!((sent("pi1"), sent("pi2")), (4, 0));
}

#[test]
fn what_one_coordinator_saw_is_left_as_it_is() {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1", "pi2"], 1..=10).both(("pi1", "pi2"), "wlan0", 1..=10, Lost);
    let record = Record { facts: bench.facts, ..Record::default() };
    assert_eq!(merge([record.clone()]).unwrap(), record);
    assert_eq!(merge([record.clone(), record.clone()]).unwrap(), record);
}

#[test]
fn a_peer_known_by_its_address_gets_its_name() {
    let [one, mut two] = apart(1..=10, 1..=10);
    two.facts.intent.one_ended = vec![host_name("172.20.5.1")];
    two.facts.observations = std::mem::take(&mut two.facts.observations)
        .into_iter()
        .map(|mut seen| {
            if seen.peer.is_some() {
                seen.peer = Some(host_name("172.20.5.1"));
                seen.address = Some(ip("172.20.5.1"));
            }
            seen
        })
        .collect();
    assert_eq!(found([one.clone(), two.clone()]), ["client-isolation Confirmed"]);
    assert!(merge([one, two]).unwrap().facts.intent.one_ended.is_empty());
}

#[test]
fn records_of_different_runs_are_refused() {
    let [one, mut two] = apart(1..=1, 1..=1);
    two.facts.run = RunId(2);
    assert!(matches!(merge([one, two]), Err(MergeError::DifferentRuns { .. })));
    assert_eq!(merge([]), Err(MergeError::Nothing));
}

#[test]
fn two_machines_of_one_name_stay_two() {
    let [one, mut two] = apart(1..=1, 1..=1);
    let host = two.facts.hosts.remove(&host_name("pi2")).unwrap();
    two.facts = Facts { run: RunId(1), ..Facts::default() };
    two.facts.hosts.insert(host_name("pi1"), host);
    let names: Vec<_> = merge([one.clone(), two]).unwrap().facts.hosts.into_keys().collect();
    assert_eq!(names, [host_name("pi1"), host_name("pi1-2")]);
    // One machine that tells two stories is a mistake.
    let mut other = one.clone();
    let host = other.facts.hosts.get_mut(&host_name("pi1")).unwrap();
    host.counters.insert("Ip.InReceives".to_owned(), 1);
    assert!(matches!(merge([one, other]), Err(MergeError::TwoStories { .. })));
}
