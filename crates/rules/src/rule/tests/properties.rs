//! What holds for all facts.

use pontoon_model::code;
use proptest::prelude::*;

use super::fixture::{ProbeFate, TestFacts, host_name, link_name, seen};
use crate::rule::{RULES, diagnose};
use pontoon_diagnosis::Certainty;
use pontoon_model::facts::Facts;
use pontoon_model::observation::{
    ClockSource, DnsQuery, FrameDestination, Observation, ObservedEvent, ProbeAnswer, ProbeKind,
};
use pontoon_model::untrusted::{Untrusted, is_harmful};

/// Every kind of probe: a rule is not tested with a kind that is missing here.
fn kinds() -> impl Strategy<Value = ProbeKind> {
    prop_oneof![
        Just(ProbeKind::Udp),
        Just(ProbeKind::Echo),
        Just(ProbeKind::Broadcast),
        Just(ProbeKind::Multicast),
        Just(ProbeKind::Bounce),
        Just(ProbeKind::RoutedUdp),
        Just(ProbeKind::RoutedEcho),
        Just(ProbeKind::OwnAddress),
        Just(ProbeKind::Neighbour { cast: FrameDestination::Group }),
        Just(ProbeKind::Neighbour { cast: FrameDestination::Unicast }),
        Just(ProbeKind::Hop { ttl: 2 }),
        Just(ProbeKind::Tcp { port: 22 }),
        (1..5_u16).prop_map(|port| ProbeKind::UdpPort { port: port * 1000 }),
        (0..3_u32).prop_map(|step| ProbeKind::Size { bytes: 1280 + step * 100 }),
        Just(ProbeKind::Dns { query: DnsQuery::Known }),
        Just(ProbeKind::Dns { query: DnsQuery::Invalid }),
        Just(ProbeKind::Dns { query: DnsQuery::NoServer }),
        Just(ProbeKind::Clock { source: ClockSource::Sntp }),
        Just(ProbeKind::Clock { source: ClockSource::HttpDate }),
        ".{0,12}".prop_map(|url| ProbeKind::Portal { url: Untrusted::new(&url) }),
    ]
}

/// Every kind of answer.
fn answers() -> impl Strategy<Value = Option<ProbeAnswer>> {
    prop_oneof![
        Just(None),
        Just(Some(ProbeAnswer::Reply)),
        Just(Some(ProbeAnswer::Reset)),
        Just(Some(ProbeAnswer::Refused { errno: 101 })),
        Just(Some(ProbeAnswer::Dns { rcode: 0, addresses: vec!["192.0.2.1".parse().unwrap()] })),
        Just(Some(ProbeAnswer::Icmp { kind: 3, code: 1, from: "172.20.0.1".parse().unwrap() })),
        any::<i64>().prop_map(|offset_s| Some(ProbeAnswer::Clock { offset_s })),
        ".{0,12}".prop_map(|what| Some(ProbeAnswer::Garbage { what: Untrusted::new(&what) })),
        ".{0,12}".prop_map(|text| Some(ProbeAnswer::Http {
            status: 302,
            location: Some(Untrusted::new(&text)),
            is_expected: false
        })),
    ]
}

fn observations() -> impl Strategy<Value = Observation> {
    let hosts = prop::sample::select(vec!["pi1", "pi2", "pi3"]);
    let peers = prop::sample::select(vec![None, Some("pi1"), Some("pi2"), Some("pi9")]);
    let links = prop::sample::select(vec![None, Some("wlan0"), Some("eth0")]);
    let directions = prop::sample::select(vec![
        ObservedEvent::Sent,
        ObservedEvent::Arrived,
        ObservedEvent::Answered,
    ]);
    let addresses = prop::sample::select(vec![None, Some("172.20.0.1"), Some("172.20.5.2")]);
    let place = (hosts, peers, links, 1..13_u16, directions, addresses);
    (place, kinds(), answers()).prop_map(|(place, kind, answer)| {
        let (host, peer, link, round, direction, address) = place;
        Observation {
            address: address.map(|text| text.parse().unwrap()),
            answer,
            ..seen(host, peer, link, round, direction, kind)
        }
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    prop::collection::vec(observations(), 0..60).prop_map(|observations| {
        let mut bench = TestFacts::of(3);
        bench.facts.intent.one_ended = vec![host_name("pi9")];
        bench.see_all(observations);
        bench.facts
    })
}

proptest! {
    #[test]
    fn every_diagnosis_can_be_read_and_acted_on(facts in facts()) {
        for one in diagnose(&facts) {
            prop_assert!(!one.evidence.is_empty(), "{}", one.code);
            prop_assert!(!one.remedies.is_empty(), "{}", one.code);
            prop_assert_eq!(
                one.distinguished_by.is_some(),
                one.certainty < Certainty::Confirmed,
                "{} {:?}", one.code, one.certainty
            );
            let evidence = one.evidence.iter().map(ToString::to_string);
            let remedies = one.remedies.iter().map(ToString::to_string);
            let check = one.distinguished_by.iter().map(ToString::to_string);
            for line in evidence.chain(remedies).chain(check) {
                prop_assert!(!line.is_empty(), "{}", one.code);
                prop_assert!(!line.chars().any(is_harmful), "{}: {:?}", one.code, line);
            }
        }
    }

    #[test]
    fn order_does_not_matter(facts in facts()) {
        let mut backwards = Facts { observations: std::collections::BTreeSet::new(), ..facts.clone() };
        backwards.observations.extend(facts.observations.iter().rev().cloned());
        prop_assert_eq!(diagnose(&facts), diagnose(&backwards));
    }

    #[test]
    fn nothing_is_found_that_stands_in_no_rule(facts in facts()) {
        for finding in diagnose(&facts) {
            prop_assert!(RULES.iter().any(|rule| rule.code == finding.code));
        }
    }

    #[test]
    fn an_arrival_never_strengthens_isolation(
        facts in facts(), round in 1..13_u16, back: bool,
    ) {
        let sure = |facts: &Facts| {
            let findings = diagnose(facts);
            let of_pair = findings.iter().filter(|finding| {
                finding.code == code::CLIENT_ISOLATION
                    && finding.scope.link == Some(link_name("wlan0"))
                    && finding.scope.from == Some(host_name("pi1"))
                    && finding.scope.to == Some(host_name("pi2"))
            });
            of_pair.map(|finding| finding.certainty).max()
        };
        let before = sure(&facts);
        let mut bench = TestFacts { facts };
        let pair = if back { ("pi2", "pi1") } else { ("pi1", "pi2") };
        bench.put(pair, "wlan0", &ProbeKind::Udp, round..=round, ProbeFate::Arrives);
        prop_assert!(sure(&bench.facts).is_none_or(|after| Some(after) <= before));
    }
}
