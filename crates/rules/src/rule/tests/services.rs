//! What a host's uplink gives: names, pages, time, sizes, ports; and networks that overlap.

use super::fixture::ProbeFate::{self, Answered, Arrives, Lost};
use super::fixture::{TestFacts, host_name, ip, seen};
use pontoon_model::observation::{
    ClockSource, DnsQuery, Observation, ObservedEvent, ProbeAnswer, ProbeKind,
};
use pontoon_model::snapshot::HostsLine;
use pontoon_model::untrusted::Untrusted;

/// pi1 asked `to` by wlan0, as often as there are answers.
fn ask(bench: &mut TestFacts, to: &str, kind: &ProbeKind, answers: &[Option<ProbeAnswer>]) {
    for (round, answer) in (1..).zip(answers) {
        let sent = Observation {
            address: Some(ip(to)),
            ..seen("pi1", None, Some("wlan0"), round, ObservedEvent::Sent, kind.clone())
        };
        if let Some(answer) = answer {
            bench.see(Observation {
                direction: ObservedEvent::Answered,
                answer: Some(answer.clone()),
                ..sent.clone()
            });
        }
        bench.see(sent);
    }
}

#[expect(clippy::unnecessary_wraps, reason = "rows of tables have no answer, too")]
fn dns(rcode: u16, addresses: &[&str]) -> Option<ProbeAnswer> {
    Some(ProbeAnswer::Dns { rcode, addresses: addresses.iter().map(|text| ip(text)).collect() })
}

const SERVER: &str = "203.0.113.53";
const KNOWN: ProbeKind = ProbeKind::Dns { query: DnsQuery::Known };
const INVALID: ProbeKind = ProbeKind::Dns { query: DnsQuery::Invalid };

#[test]
fn a_server_is_dead_when_it_resolves_nothing() {
    let garbage = Some(ProbeAnswer::Garbage { what: Untrusted::new("rubbish") });
    let table = [
        ("silence", vec![None, None], Some("likely")),
        ("rubbish", vec![garbage.clone(), None], Some("confirmed")),
        ("SERVFAIL", vec![dns(2, &[])], Some("confirmed")),
        ("an empty answer", vec![dns(0, &[])], Some("confirmed")),
        ("an answer", vec![dns(0, &["192.0.2.1"])], None),
        ("an answer at last", vec![None, dns(0, &["192.0.2.1"])], None),
        ("rubbish, then an answer", vec![garbage, dns(0, &["192.0.2.1"])], None),
        ("not asked", vec![], None),
    ];
    for (case, answers, level) in table {
        let mut bench = TestFacts::wifi_only(1);
        ask(&mut bench, SERVER, &KNOWN, &answers);
        let expected: Vec<_> =
            level.iter().map(|level| format!("dns-dead pi1>{SERVER} {level}")).collect();
        assert_eq!(bench.found(), expected, "{case}");
    }
}

#[test]
fn invented_names_and_stolen_queries_are_told_apart() {
    let no_server = ProbeKind::Dns { query: DnsQuery::NoServer };
    let icmp = Some(ProbeAnswer::Icmp { kind: 3, code: 3, from: ip(SERVER) });
    let table = [
        (&INVALID, dns(3, &[]), None),
        (&INVALID, dns(0, &[]), None),
        (&INVALID, dns(0, &["192.0.2.1"]), Some("dns-rewritten pi1 confirmed")),
        (&INVALID, None, None),
        (&no_server, None, None),
        (&no_server, icmp, None),
        (&no_server, dns(5, &[]), Some("dns-intercepted pi1 confirmed")),
    ];
    for (kind, answer, expected) in table {
        let mut bench = TestFacts::wifi_only(1);
        ask(&mut bench, SERVER, kind, std::slice::from_ref(&answer));
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(bench.found(), expected, "{kind:?} {answer:?}");
    }
}

#[expect(clippy::unnecessary_wraps, reason = "rows of tables have no answer, too")]
fn page(status: u16, location: Option<&str>, is_expected: bool) -> Option<ProbeAnswer> {
    Some(ProbeAnswer::Http { status, location: location.map(Untrusted::new), is_expected })
}

fn portal() -> ProbeKind {
    ProbeKind::Portal { url: Untrusted::new("http://check.example/generate_204") }
}

#[test]
fn a_portal_answers_in_the_name_of_others() {
    let login = Some("http://172.20.0.1/login");
    let table = [
        ("as it should be", page(204, None, true), None),
        ("a redirect", page(302, login, false), Some("likely")),
        ("another page", page(200, None, false), Some("likely")),
        ("511", page(511, None, false), Some("likely")),
        ("a server that fails", page(503, None, false), None),
        ("not found", page(404, None, false), None),
        ("silence", None, None),
        ("a reset", Some(ProbeAnswer::Reset), None),
    ];
    for (case, answer, level) in table {
        let mut bench = TestFacts::wifi_only(1);
        ask(&mut bench, "203.0.113.80", &portal(), &[answer]);
        let expected: Vec<_> =
            level.iter().map(|level| format!("captive-portal pi1@wlan0 {level}")).collect();
        assert_eq!(bench.found(), expected, "{case}");
    }
}

#[test]
fn a_portal_with_invented_names_is_sure_and_explains_them() {
    let mut bench = TestFacts::wifi_only(1);
    ask(&mut bench, "172.20.0.1", &portal(), &[page(302, Some("http://172.20.0.1/"), false)]);
    ask(&mut bench, SERVER, &INVALID, &[dns(0, &["172.20.0.1"])]);
    let date = ProbeKind::Clock { source: ClockSource::HttpDate };
    ask(&mut bench, "172.20.0.1", &date, &[Some(ProbeAnswer::Clock { offset_s: 9_000_000 })]);
    assert_eq!(bench.found(), ["captive-portal pi1@wlan0 confirmed"]);
}

#[test]
fn clocks_are_judged_by_sources_that_agree() {
    let clock = |sntp: Option<i64>, http: Option<i64>| {
        let mut bench = TestFacts::wifi_only(1);
        for (source, offset) in [(ClockSource::Sntp, sntp), (ClockSource::HttpDate, http)] {
            if let Some(offset_s) = offset {
                let answer = Some(ProbeAnswer::Clock { offset_s });
                ask(&mut bench, "203.0.113.123", &ProbeKind::Clock { source }, &[answer]);
            }
        }
        bench.found()
    };
    let nothing: [&str; 0] = [];
    assert_eq!(clock(Some(0), Some(-1)), nothing);
    assert_eq!(clock(Some(60), Some(60)), nothing);
    assert_eq!(clock(Some(61), Some(61)), ["clock-skew pi1 confirmed"]);
    assert_eq!(clock(Some(-61), None), ["clock-skew pi1 likely"]);
    assert_eq!(clock(Some(86_400), Some(86_400)), ["clock-skew pi1 confirmed"]);
    assert_eq!(clock(Some(86_401), Some(86_401)), ["clock-off pi1 confirmed"]);
    assert_eq!(clock(None, Some(-90_000)), ["clock-off pi1 likely"]);
    assert_eq!(clock(Some(300), Some(0)), ["clock-skew pi1 undecided"]);
    assert_eq!(clock(None, None), nothing);
}

/// UDP ports that were tried three times; which answered; what TCP 443 did.
fn ports(silent: &[u16], heard: &[u16], tcp: Option<ProbeAnswer>) -> Vec<String> {
    let mut bench = TestFacts::wifi_only(1);
    let server = "203.0.113.80";
    for port in silent {
        ask(&mut bench, server, &ProbeKind::UdpPort { port: *port }, &[None, None, None]);
    }
    for port in heard {
        ask(&mut bench, server, &ProbeKind::UdpPort { port: *port }, &[Some(ProbeAnswer::Reply)]);
    }
    ask(&mut bench, server, &ProbeKind::Tcp { port: 443 }, &[tcp]);
    bench.found()
}

#[test]
fn udp_is_blocked_only_where_tcp_works() {
    let nothing: [&str; 0] = [];
    let tcp = || Some(ProbeAnswer::Reply);
    assert_eq!(ports(&[443, 3478, 51820], &[], tcp()), ["udp-blocked pi1 confirmed"]);
    assert_eq!(ports(&[443, 3478, 51820], &[53, 123], tcp()), ["udp-blocked pi1 confirmed"]);
    assert_eq!(
        ports(&[443, 3478, 51820], &[], Some(ProbeAnswer::Reset)),
        ["udp-blocked pi1 likely"]
    );
    assert_eq!(ports(&[443, 3478, 51820], &[], None), nothing, "the server is off");
    assert_eq!(ports(&[443, 3478, 51820], &[4500], tcp()), nothing, "one port passes");
    assert_eq!(ports(&[443, 3478], &[], tcp()), nothing, "too few ports");
    assert_eq!(ports(&[53, 123, 443], &[], tcp()), nothing, "names and time prove nothing");
}

#[test]
fn a_server_is_not_dead_where_frames_are_lost() {
    let silent = || {
        let mut bench = TestFacts::wifi_only(2);
        bench.controls(&["pi1", "pi2"], 1..=4).both(("pi1", "pi2"), "wlan0", 1..=3, Answered);
        ask(&mut bench, SERVER, &KNOWN, &[None, None, None, None]);
        bench
    };
    let dead = format!("dns-dead pi1>{SERVER} likely");
    assert_eq!(silent().found(), [dead.as_str()]);
    // Of what went to the gateway, one got no answer, and the next one did.
    let mut gateway = silent();
    gateway.control("pi1", "wlan0", 5..=5, false).control("pi1", "wlan0", 6..=6, true);
    assert!(gateway.found().is_empty(), "{:?}", gateway.found());
    // The last may still be on its way.
    let mut last = silent();
    last.control("pi1", "wlan0", 5..=5, false);
    assert_eq!(last.found(), [dead.as_str()]);
    // A way to another host is open and loses frames.
    let mut lossy = silent();
    lossy.put(("pi2", "pi1"), "wlan0", &ProbeKind::Udp, 4..=4, Lost);
    assert!(lossy.found().is_empty(), "{:?}", lossy.found());
    // A way that is shut is not lossy.
    let mut shut = TestFacts::wifi_only(2);
    shut.controls(&["pi1", "pi2"], 1..=10).both(("pi1", "pi2"), "wlan0", 1..=10, Lost);
    ask(&mut shut, SERVER, &KNOWN, &[None, None, None, None]);
    assert_eq!(shut.found(), ["client-isolation pi1>pi2@wlan0 confirmed", dead.as_str()]);
}

/// Sizes with the tries they took, and whether the last was answered.
fn sizes(tries: &[(u32, usize, bool)]) -> Vec<String> {
    let mut bench = TestFacts::wifi_only(1);
    bench.controls(&["pi1"], 1..=3);
    for (bytes, times, is_answered) in tries {
        let mut answers = vec![None; *times];
        answers[*times - 1] = is_answered.then_some(ProbeAnswer::Reply);
        ask(&mut bench, "203.0.113.80", &ProbeKind::Size { bytes: *bytes }, &answers);
    }
    bench.found()
}

#[test]
fn large_packets_that_vanish_are_told_from_losses() {
    let nothing: [&str; 0] = [];
    let hole = [(1500, 3, false), (1420, 8, false), (1280, 1, true)];
    assert_eq!(sizes(&hole), ["mtu-black-hole pi1 confirmed"]);
    let near = [(1500, 8, false), (1492, 1, true)];
    assert_eq!(sizes(&near), ["mtu-black-hole pi1 likely"]);
    assert_eq!(sizes(&[(1500, 1, true)]), nothing, "all pass");
    assert_eq!(sizes(&[(1500, 2, false), (1280, 1, true)]), nothing, "too few tries");
    assert_eq!(sizes(&[(1500, 7, false), (1280, 1, true)]), nothing, "losses may have taken seven");
    assert_eq!(sizes(&[(1500, 8, true), (1280, 1, true)]), nothing, "the eighth passed");
    assert_eq!(sizes(&[(1500, 8, false), (1280, 8, false)]), nothing, "nothing passes");
    assert_eq!(sizes(&[(1500, 8, false), (1280, 2, true)]), nothing, "small ones are lost as well");
    assert_eq!(sizes(&[(1500, 1, true), (1400, 8, false)]), nothing, "only smaller ones are lost");
    // A router says so.
    let mut told = TestFacts::wifi_only(1);
    let too_big = Some(ProbeAnswer::Icmp { kind: 3, code: 4, from: ip("172.20.0.1") });
    ask(
        &mut told,
        "203.0.113.80",
        &ProbeKind::Size { bytes: 1500 },
        &[None, None, None, None, None, None, None, too_big],
    );
    ask(&mut told, "203.0.113.80", &ProbeKind::Size { bytes: 1280 }, &[Some(ProbeAnswer::Reply)]);
    assert!(told.found().is_empty());
}

#[test]
fn sizes_between_hosts_are_judged_by_arrival_on_a_path_without_losses() {
    let between = |lost: bool, fate: ProbeFate| {
        let mut bench = TestFacts::wifi_only(2);
        bench.controls(&["pi1", "pi2"], 1..=5).both(("pi1", "pi2"), "wlan0", 1..=3, Answered);
        if lost {
            bench.put(("pi1", "pi2"), "wlan0", &ProbeKind::Udp, 4..=4, Lost);
        }
        bench.put(("pi1", "pi2"), "wlan0", &ProbeKind::Size { bytes: 1500 }, 1..=8, fate);
        bench.put(("pi1", "pi2"), "wlan0", &ProbeKind::Size { bytes: 1280 }, 1..=1, Answered);
        bench.found()
    };
    assert_eq!(between(false, Lost), ["mtu-black-hole pi1>pi2@wlan0 likely"]);
    assert!(between(true, Lost).is_empty());
    // pi2 had more to answer than it may.
    assert!(between(false, Arrives).is_empty());
}

#[test]
fn networks_in_use_are_not_for_pods() {
    let with = |own: &str, pods: Option<&str>, services: Option<&str>| {
        let mut bench = TestFacts::wifi_only(1);
        bench.link("pi1", "wlan0").addresses = vec![super::fixture::address(own)];
        bench.facts.intent.pod_cidr = pods.map(|text| text.parse().unwrap());
        bench.facts.intent.service_cidr = services.map(|text| text.parse().unwrap());
        bench
    };
    let nothing: [&str; 0] = [];
    let wanted = Some("10.244.0.0/16");
    assert_eq!(with("10.244.5.1/24", wanted, None).found(), ["cidr-overlap pi1 confirmed"]);
    assert_eq!(with("10.0.0.1/8", wanted, None).found(), ["cidr-overlap pi1 confirmed"]);
    assert_eq!(with("10.244.5.1/24", None, None).found(), ["cidr-overlap pi1 possible"]);
    assert_eq!(with("10.244.5.1/24", Some("10.42.0.0/16"), None).found(), nothing);
    assert_eq!(with("10.245.5.1/24", wanted, None).found(), nothing);
    assert_eq!(
        with("10.97.5.1/24", wanted, Some("10.96.0.0/12")).found(),
        ["cidr-overlap pi1 confirmed"]
    );
    assert_eq!(with("10.97.5.1/24", wanted, None).found(), nothing);
    let noted = with("10.97.5.1/24", wanted, None).noted();
    assert_eq!(noted, ["default-service-cidr-overlap pi1 possible"]);
    // A route counts as well as an address; one of a container network does not.
    let mut routed = TestFacts::wifi_only(1);
    routed.route("pi1", "10.244.0.0/24", Some("172.20.0.9"), "wlan0");
    assert_eq!(routed.found(), ["cidr-overlap pi1 possible"]);
    let mut cni = TestFacts::wifi_only(1);
    cni.route("pi1", "10.244.0.0/24", None, "cni0");
    assert_eq!(cni.found(), nothing);
}

#[test]
fn a_name_that_leads_to_loopback_is_noted() {
    for (address, name, count) in [
        ("127.0.1.1", "pi1", 1),
        ("127.0.1.1", "PI1", 1),
        ("::1", "pi1", 1),
        ("127.0.0.1", "localhost", 0),
        ("172.20.5.1", "pi1", 0),
        ("127.0.1.1", "pi2", 0),
    ] {
        let mut bench = TestFacts::wifi_only(1);
        bench.host("pi1").snapshot.host_name = host_name("pi1");
        let line = HostsLine { address: ip(address), names: vec![Untrusted::new(name)] };
        bench.host("pi1").snapshot.hosts_file = vec![line];
        assert_eq!(bench.noted().len(), count, "{address} {name}");
    }
}
