//! What the report makes of facts: states of pairs, and the verdict.

use super::SurveyReport;
use super::pairs::PairReachability;
use super::verdict::SurveyStatus;
use crate::rule::diagnose;
use crate::rule::tests::fixture::ProbeFate::{Answered, Arrives, Lost};
use crate::rule::tests::fixture::TestFacts;
use pontoon_model::facts::AgentOutcome;
use pontoon_model::observation::ProbeKind;
use pontoon_model::record::Record;

const PAIR: (&str, &str) = ("pi1", "pi2");

fn report(bench: &TestFacts) -> SurveyReport {
    let record = Record { facts: bench.facts.clone(), ..Record::default() };
    SurveyReport::new(&record, diagnose(&record.facts))
}

fn states(bench: &TestFacts) -> Vec<PairReachability> {
    report(bench).pairs.iter().map(|pair| pair.state).collect()
}

#[test]
fn a_pair_is_open_when_both_ways_are() {
    for (there, back, state) in [
        (3, 3, PairReachability::Open),
        (3, 2, PairReachability::Undecided),
        (2, 3, PairReachability::Undecided),
        (0, 3, PairReachability::Undecided),
    ] {
        let mut bench = TestFacts::wifi_only(2);
        bench.controls(&["pi1", "pi2"], 1..=3);
        for (pair, arrived) in [(PAIR, there), (("pi2", "pi1"), back)] {
            bench.way(pair, "wlan0", 1..=arrived, Answered);
            bench.way(pair, "wlan0", arrived + 1..=3, Lost);
        }
        assert_eq!(states(&bench), [state], "{there} {back}");
    }
}

#[test]
fn between_two_networks_one_packet_each_way_is_enough() {
    for (there, back, state) in
        [(Answered, Arrives, PairReachability::Open), (Answered, Lost, PairReachability::Undecided)]
    {
        let mut bench = TestFacts::wifi_only(2);
        bench.put(PAIR, "wlan0", &ProbeKind::RoutedUdp, 1..=1, there);
        bench.put(("pi2", "pi1"), "wlan0", &ProbeKind::RoutedUdp, 1..=1, back);
        assert_eq!(states(&bench), [state]);
    }
}

#[test]
fn a_pair_has_the_state_of_its_finding() {
    let mut isolated = TestFacts::of(2);
    isolated.controls(&["pi1", "pi2"], 1..=10).both(PAIR, "wlan0", 1..=10, Lost);
    isolated.both(PAIR, "eth0", 1..=3, Answered);
    assert_eq!(states(&isolated), [PairReachability::Open, PairReachability::Isolated]);
    let mut one_way = TestFacts::wifi_only(2);
    one_way.controls(&["pi1", "pi2"], 1..=10);
    one_way.way(PAIR, "wlan0", 1..=10, Arrives).way(("pi2", "pi1"), "wlan0", 1..=10, Lost);
    assert_eq!(states(&one_way), [PairReachability::OneWay]);
    // Undecided findings decide nothing.
    let mut short = TestFacts::wifi_only(2);
    short.controls(&["pi1", "pi2"], 1..=3).both(PAIR, "wlan0", 1..=3, Lost);
    assert_eq!(states(&short), [PairReachability::Undecided]);
}

#[test]
fn a_missing_right_is_told_only_when_nothing_could_be_seen() {
    let blind = |also_open: bool| {
        let mut bench = TestFacts::of(2);
        bench.controls(&["pi1", "pi2"], 1..=10).both(PAIR, "wlan0", 1..=10, Lost);
        for host in ["pi1", "pi2"] {
            bench.host(host).watches[1].sees_frames = false;
        }
        if also_open {
            bench.both(PAIR, "eth0", 1..=3, Answered);
        }
        report(&bench).verdict.exit
    };
    assert_eq!(blind(false), 5);
    assert_eq!(blind(true), 4);
}

/// What was asked and not decided, or not asked at all, is no good news.
#[test]
fn only_what_was_tested_and_decided_is_well() {
    let open = || {
        let mut bench = TestFacts::wifi_only(2);
        bench.controls(&["pi1", "pi2"], 1..=3).both(PAIR, "wlan0", 1..=3, Answered);
        bench
    };
    assert_eq!(report(&open()).verdict.exit, 0);
    let mut undecided = TestFacts::wifi_only(2);
    undecided.controls(&["pi1", "pi2"], 1..=3).both(PAIR, "wlan0", 1..=1, Answered);
    let verdict = report(&undecided).verdict;
    assert_eq!((verdict.exit, verdict.standing), (4, SurveyStatus::Warned), "{verdict:?}");
    let mut untested = TestFacts::wifi_only(3);
    untested.controls(&["pi1", "pi2"], 1..=3).both(PAIR, "wlan0", 1..=3, Answered);
    let verdict = report(&untested).verdict;
    assert_eq!(verdict.exit, 4, "{verdict:?}");
    assert!(verdict.sentence.contains("between pi1, pi2 and pi3 was tested"), "{verdict:?}");
}

#[test]
fn a_host_that_died_is_told_before_warnings_and_after_errors() {
    let mut died = TestFacts::wifi_only(2);
    died.controls(&["pi1", "pi2"], 1..=3).both(PAIR, "wlan0", 1..=3, Answered);
    died.host("pi2").ending = AgentOutcome::Died { why: "gone".to_owned() };
    let report = report(&died);
    assert_eq!(report.verdict.exit, 6);
    assert!(report.verdict.sentence.contains("pi2 could not be asked"), "{:?}", report.verdict);
}
