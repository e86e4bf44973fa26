//! What hosts of one network should have alike: packet sizes, link names, time.

use super::fixture::ProbeFate::{Answered, Lost};
use super::fixture::{ProbeFate, TestFacts, address, link_name};
use pontoon_model::code;
use pontoon_model::observation::{ClockSource, Observation, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::snapshot::ClockDifference;

/// Hosts among which frames on the switch have this fate.
fn switched(hosts: u8, fate: ProbeFate) -> TestFacts {
    let mut bench = TestFacts::of(hosts);
    for a in 1..=hosts {
        for b in a + 1..=hosts {
            let (a, b) = (format!("pi{a}"), format!("pi{b}"));
            bench.both((&a, &b), "eth0", 1..=3, fate);
        }
    }
    bench
}

#[test]
fn packet_sizes_that_differ_in_one_network_are_told() {
    let table: [(&str, &[u32], &[&str]); 5] = [
        ("all alike", &[1500, 1500, 1500], &[]),
        ("all large", &[9000, 9000, 9000], &[]),
        ("one is larger", &[1500, 9000, 1500], &["mtu-differs pi2@eth0 confirmed"]),
        ("one is smaller", &[9000, 9000, 1400], &["mtu-differs pi3@eth0 confirmed"]),
        ("of two, the larger", &[9000, 1500], &["mtu-differs pi1@eth0 confirmed"]),
    ];
    for (case, sizes, expected) in table {
        let mut bench = switched(u8::try_from(sizes.len()).unwrap(), Answered);
        for (number, mtu) in (1..).zip(sizes) {
            bench.link(&format!("pi{number}"), "eth0").mtu = *mtu;
        }
        assert_eq!(bench.found(), expected, "{case}");
    }
}

#[test]
fn other_networks_have_other_sizes() {
    // No frame passed: two homes with the same addresses.
    let mut apart = switched(2, Lost);
    apart.link("pi1", "eth0").mtu = 9000;
    assert!(!apart.found().iter().any(|found| found.starts_with("mtu")), "{:?}", apart.found());
    // The WiFi's size is its own.
    let mut wifi = switched(2, Answered);
    for host in ["pi1", "pi2"] {
        wifi.link(host, "wlan0").mtu = 2304;
    }
    assert!(wifi.found().is_empty());
    // Another network on a link of the same name.
    let mut other = switched(1, Answered);
    other.facts.hosts.extend(TestFacts::of(2).facts.hosts);
    other.link("pi2", "eth0").addresses = vec![address("10.9.9.2/24")];
    other.link("pi2", "eth0").mtu = 9000;
    assert!(other.found().is_empty());
}

#[test]
fn link_names_that_differ_in_one_network_are_noted() {
    let named = |names: [&str; 3], fate: ProbeFate| {
        let mut bench = TestFacts::of(3);
        for (number, name) in (1..).zip(names) {
            let host = format!("pi{number}");
            bench.link(&host, "eth0").name = link_name(name);
        }
        for (a, b) in [("pi1", "pi2"), ("pi1", "pi3"), ("pi2", "pi3")] {
            let mut renamed = TestFacts::of(3);
            renamed.both((a, b), "eth0", 1..=3, fate);
            let name = |host: &str| names[usize::from(host.as_bytes()[2] - b'1')];
            bench.see_all(renamed.facts.observations.into_iter().map(|seen| {
                let asker = match (&seen.direction, &seen.peer) {
                    (ObservedEvent::Arrived, Some(peer)) => peer.clone(),
                    _ => seen.host.clone(),
                };
                Observation {
                    link: Some(link_name(name(seen.host.as_str()))),
                    asked_link: Some(link_name(name(asker.as_str()))),
                    ..seen
                }
            }));
        }
        bench.noted()
    };
    let nothing: [&str; 0] = [];
    assert_eq!(named(["eth0", "eth0", "eth0"], Answered), nothing);
    let odd = named(["eth0", "end0", "eth0"], Answered);
    assert_eq!(odd, ["link-names-differ pi2@end0 confirmed"]);
    assert_eq!(named(["eth0", "end0", "eth0"], Lost), nothing, "they may be two networks");
}

fn clocks(offsets: &[(i64, u32)]) -> TestFacts {
    let mut bench = TestFacts::wifi_only(u8::try_from(offsets.len()).unwrap());
    for (number, (offset_ms, uncertainty_ms)) in (1..).zip(offsets) {
        let difference = ClockDifference { offset_ms: *offset_ms, uncertainty_ms: *uncertainty_ms };
        bench.host(&format!("pi{number}")).snapshot.clock.difference = Some(difference);
    }
    bench
}

#[test]
fn clocks_that_are_apart_are_told_beyond_all_uncertainty() {
    let table: [(&str, &[(i64, u32)], &[&str]); 8] = [
        ("alike", &[(0, 5), (20, 5)], &[]),
        ("less than a second", &[(0, 5), (900, 5)], &[]),
        ("not surely a second", &[(0, 300), (1500, 300)], &[]),
        ("a slow path", &[(0, 5), (4000, 5000)], &[]),
        ("the leader's own clock is wrong", &[(90_000, 5), (90_010, 5)], &[]),
        (
            "of two, the earlier",
            &[(0, 5), (3000, 5)],
            &["clock-skew-between-hosts pi1>pi2 confirmed"],
        ),
        (
            "of three, the odd one",
            &[(0, 5), (3000, 5), (10, 5)],
            &["clock-skew-between-hosts pi2>pi3 confirmed"],
        ),
        ("alone", &[(100_000, 5)], &[]),
    ];
    for (case, offsets, expected) in table {
        assert_eq!(clocks(offsets).found(), expected, "{case}");
    }
    let extreme = clocks(&[(i64::MIN, u32::MAX), (i64::MAX, 0)]);
    assert_eq!(extreme.found().len(), 1);
}

#[test]
fn a_time_server_says_it_better() {
    for (offset_s, code) in [(600, code::CLOCK_SKEW), (200_000, code::CLOCK_OFF)] {
        let mut bench = clocks(&[(-1000 * offset_s, 5), (0, 5)]);
        let kind = ProbeKind::Clock { source: ClockSource::Sntp };
        bench.see(Observation {
            answer: Some(ProbeAnswer::Clock { offset_s }),
            ..super::fixture::seen("pi1", None, None, 1, ObservedEvent::Answered, kind)
        });
        assert_eq!(bench.found(), [format!("{code} pi1 likely")]);
    }
}
