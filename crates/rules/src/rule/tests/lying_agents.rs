//! What one agent says or conceals against what the other end saw itself.

use pontoon_diagnosis::Certainty;
use pontoon_model::observation::{Observation, ObservedEvent};

use super::fixture::ProbeFate::Answered;
use super::fixture::TestFacts;
use crate::rule::diagnose;

/// Two hosts that reach each other on the WiFi.
fn open() -> TestFacts {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1", "pi2"], 1..=10).both(("pi1", "pi2"), "wlan0", 1..=10, Answered);
    bench
}

/// An answer to a probe proves that it arrived: where answers came back to one host, the other
/// cannot get the network blamed by saying that nothing came.
#[test]
fn an_agent_that_conceals_what_arrived_accuses_nobody() {
    let honest = diagnose(&open().facts);
    for liar in ["pi1", "pi2"] {
        let mut bench = open();
        let is_concealed = |seen: &Observation| {
            seen.host.as_str() == liar && seen.direction == ObservedEvent::Arrived
        };
        bench.facts.observations.retain(|seen| !is_concealed(seen));
        assert_eq!(diagnose(&bench.facts), honest, "{liar} conceals");
    }
}

/// An agent that conceals its own answers as well cannot be told from a network that drops them in
/// one direction, and from what it received there is nothing against it.
#[test]
fn what_one_end_saw_itself_is_not_denied_by_the_other() {
    for liar in ["pi1", "pi2"] {
        let mut bench = open();
        let is_concealed = |seen: &Observation| {
            seen.host.as_str() == liar && seen.direction != ObservedEvent::Sent
        };
        bench.facts.observations.retain(|seen| !is_concealed(seen));
        for diagnosis in diagnose(&bench.facts) {
            assert!(diagnosis.certainty <= Certainty::Possible, "{liar} conceals: {diagnosis:#?}");
        }
    }
}
