//! Addresses and masks.

use super::fixture::ProbeFate::{Answered, Arrives, Lost};
use super::fixture::{GATEWAY, TestFacts, address, ip, link_name, seen};
use pontoon_model::code;
use pontoon_model::net::Mac;
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};

#[test]
fn two_links_in_one_network_are_told() {
    let table = [
        ("172.20.6.1/16", true),
        ("172.20.5.200/24", true),
        ("172.16.0.1/12", true),
        ("172.21.6.1/16", false),
        ("172.20.6.1/32", false),
        ("169.254.7.7/16", false),
    ];
    for (prefix, is_shared) in table {
        let mut bench = TestFacts::of(1);
        bench.link("pi1", "eth0").addresses = vec![address(prefix)];
        let expected = vec!["same-subnet pi1 confirmed"; usize::from(is_shared)];
        assert_eq!(bench.found(), expected, "{prefix}");
    }
    // A link that is down speaks for nobody.
    let mut down = TestFacts::of(1);
    down.link("pi1", "eth0").addresses = vec![address("172.20.6.1/16")];
    down.link("pi1", "eth0").has_carrier = false;
    assert!(down.found().is_empty());
    // Link-local addresses are on every link.
    let mut local = TestFacts::of(1);
    local.link("pi1", "eth0").addresses = vec![address("fe80::1/64")];
    local.link("pi1", "wlan0").addresses.push(address("fe80::2/64"));
    assert!(local.found().is_empty());
}

#[test]
fn masks_that_disagree_are_told_where_frames_pass() {
    let disagreeing = |length: &str| {
        let mut bench = TestFacts::of(2);
        bench.link("pi2", "eth0").addresses = vec![address(&format!("192.168.50.130/{length}"))];
        bench
    };
    let mut wrong = disagreeing("25");
    wrong.both(("pi1", "pi2"), "eth0", 1..=5, Arrives);
    assert_eq!(wrong.found(), ["wrong-mask pi1>pi2@eth0 confirmed"]);
    // No frame passes: they may be two networks.
    assert!(disagreeing("25").found().is_empty());
    // A /32 is meant.
    let mut own = disagreeing("32");
    own.both(("pi1", "pi2"), "eth0", 1..=5, Arrives);
    assert!(
        own.found().iter().all(|found| !found.starts_with(code::WRONG_MASK.as_str())),
        "{:?}",
        own.found()
    );
    // Different lengths that agree about each other.
    let mut fine = TestFacts::of(2);
    fine.link("pi2", "eth0").addresses = vec![address("192.168.50.2/25")];
    fine.both(("pi1", "pi2"), "eth0", 1..=5, Answered);
    assert!(fine.found().is_empty(), "{:?}", fine.found());
}

fn own_address(round: u16, answerer: Option<Mac>) -> Vec<Observation> {
    let mut sent =
        seen("pi1", None, Some("wlan0"), round, ObservedEvent::Sent, ProbeKind::OwnAddress);
    sent.address = Some(ip("172.20.5.1"));
    let answer = answerer.map(|mac| Observation {
        direction: ObservedEvent::Answered,
        source_mac: Some(mac),
        answer: Some(ProbeAnswer::Reply),
        ..sent.clone()
    });
    [sent].into_iter().chain(answer).collect()
}

#[test]
fn somebody_else_with_the_same_address_is_told() {
    let stranger = Mac([2, 0xbb, 0, 0, 0, 9]);
    let peer = Mac([2, 0xaa, 0, 0, 2, 2]);
    let own_second = Mac([2, 0xaa, 0, 0, 1, 1]);
    let table: &[(&str, &[Option<Mac>], Option<&str>)] = &[
        ("nobody", &[None, None], None),
        ("an unknown host, once", &[Some(stranger)], Some("likely")),
        ("an unknown host, twice", &[Some(stranger), Some(stranger)], Some("confirmed")),
        ("a host of the run", &[Some(peer)], Some("confirmed")),
        ("its own second link", &[Some(own_second), Some(own_second)], None),
        ("its gateway, for all", &[Some(GATEWAY), Some(GATEWAY)], None),
    ];
    for (case, answers, level) in table {
        let mut bench = TestFacts::of(2);
        bench.controls(&["pi1", "pi2"], 1..=3).both(("pi1", "pi2"), "wlan0", 1..=3, Answered);
        for (round, answer) in (1..).zip(*answers) {
            bench.see_all(own_address(round, *answer));
        }
        let expected: Vec<_> =
            level.iter().map(|level| format!("duplicate-address pi1@wlan0 {level}")).collect();
        assert_eq!(bench.found(), expected, "{case}");
    }
}

#[test]
fn a_doubled_address_explains_answers_that_go_astray() {
    let mut bench = TestFacts::of(2);
    bench.controls(&["pi1", "pi2"], 1..=5).group(("pi1", "pi2"), 1..=5, Arrives);
    bench.way(("pi1", "pi2"), "wlan0", 1..=5, Arrives);
    bench.way(("pi2", "pi1"), "wlan0", 1..=5, Answered);
    bench.see_all(own_address(1, Some(Mac([2, 0xaa, 0, 0, 2, 2]))));
    assert_eq!(bench.found(), ["duplicate-address pi1@wlan0 confirmed"]);
}

#[test]
fn a_finding_hides_its_consequences_only() {
    // pi1 has two links in one network; pi2 and pi3 are kept apart by the switch.
    let mut bench = TestFacts::of(3);
    bench.link("pi1", "eth0").addresses = vec![address("172.20.6.1/16")];
    bench.link("pi1", "eth0").name = link_name("eth1");
    bench.both(("pi2", "pi3"), "eth0", 1..=10, Lost);
    assert_eq!(
        bench.found(),
        ["client-isolation pi2>pi3@eth0 likely", "same-subnet pi1 confirmed"]
    );
}
