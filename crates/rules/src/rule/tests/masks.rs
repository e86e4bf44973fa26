//! What one finding explains of others: never what other hosts measured.

use super::fixture::ProbeFate::{Answered, Lost};
use super::fixture::{TestFacts, host_name, ip, link_name, seen};
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::untrusted::Untrusted;

/// A campus on which pi3's MAC is not registered.
fn campus() -> TestFacts {
    let mut bench = TestFacts::of(3);
    bench.controls(&["pi1", "pi2"], 1..=10).control("pi3", "wlan0", 1..=10, false);
    for pair in [("pi1", "pi2"), ("pi1", "pi3"), ("pi2", "pi3")] {
        bench.both(pair, "wlan0", 1..=10, Lost).both(pair, "eth0", 1..=3, Answered);
    }
    bench
}

/// Gives a host's link another name, in its account and in everything that was seen.
fn rename(bench: &mut TestFacts, host: &str, from: &str, to: &str) {
    let (host, from, to) = (host_name(host), link_name(from), link_name(to));
    let new = |link: &mut Option<IfName>| {
        if link.as_ref() == Some(&from) {
            *link = Some(to.clone());
        }
    };
    let facts = bench.facts.hosts.get_mut(&host).unwrap();
    for link in facts.snapshot.links.iter_mut().filter(|link| link.name == from) {
        link.name = to.clone();
    }
    facts.snapshot.routes.iter_mut().for_each(|route| new(&mut route.link));
    for watch in facts.watches.iter_mut().filter(|watch| watch.link == from) {
        watch.link = to.clone();
    }
    let renamed = |mut seen: Observation| {
        let asker: &HostName = match seen.direction {
            ObservedEvent::Arrived => seen.peer.as_ref().unwrap(),
            ObservedEvent::Sent | ObservedEvent::Answered => &seen.host,
        };
        if *asker == host {
            new(&mut seen.asked_link);
        }
        if seen.host == host {
            new(&mut seen.link);
        }
        seen
    };
    let seen = std::mem::take(&mut bench.facts.observations);
    bench.facts.observations = seen.into_iter().map(renamed).collect();
}

#[test]
fn what_others_measured_stands_beside_one_hosts_trouble() {
    assert_eq!(
        campus().found(),
        [
            "client-isolation pi1>pi2@wlan0 confirmed",
            "dual-homed-selection pi1@wlan0 confirmed",
            "dual-homed-selection pi2@wlan0 confirmed",
            "no-l2-service pi3@wlan0 confirmed",
        ]
    );
}

#[test]
fn a_link_is_the_same_by_whatever_name_the_other_host_calls_it() {
    let mut bench = campus();
    rename(&mut bench, "pi3", "wlan0", "wlp2s0");
    assert_eq!(
        bench.found(),
        [
            "client-isolation pi1>pi2@wlan0 confirmed",
            "dual-homed-selection pi1@wlan0 confirmed",
            "dual-homed-selection pi2@wlan0 confirmed",
            "no-l2-service pi3@wlp2s0 confirmed",
        ]
    );
}

#[test]
fn a_portal_is_told_where_another_host_has_no_service() {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1"], 1..=10).control("pi2", "wlan0", 1..=10, false);
    let page = Observation {
        address: Some(ip("203.0.113.80")),
        answer: Some(ProbeAnswer::Http { status: 511, location: None, is_expected: false }),
        ..seen(
            "pi1",
            None,
            Some("wlan0"),
            1,
            ObservedEvent::Answered,
            ProbeKind::Portal { url: Untrusted::new("http://check.example/") },
        )
    };
    bench.see(page);
    assert_eq!(
        bench.found(),
        ["captive-portal pi1@wlan0 likely", "no-l2-service pi2@wlan0 confirmed"]
    );
}
