//! Ports that Kubernetes needs: whose doing it is that one is not reached, and whose it is not.

use super::fixture::ProbeFate::{Answered, Arrives, Lost};
use super::fixture::{TestFacts, host_name, ip, seen};
use crate::report::ports;
use pontoon_model::code;
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::port::{PortAnswerer, PortListener};
use pontoon_model::snapshot::{BaseChain, FilterTable, NetfilterSnapshot};
use pontoon_model::untrusted::Untrusted;

const PAIR: (&str, &str) = ("pi1", "pi2");
const API: ProbeKind = ProbeKind::Tcp { port: 6443 };
const VXLAN: ProbeKind = ProbeKind::UdpPort { port: 8472 };

/// Two hosts between which all passes, of which pi2 has somebody on both ports.
fn open(answerer: &PortAnswerer) -> TestFacts {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1", "pi2"], 1..=5).both(PAIR, "wlan0", 1..=5, Answered);
    // Its rules could not be listed.
    bench.host("pi2").snapshot.netfilter = NetfilterSnapshot::default();
    for port in ["6443/tcp", "8472/udp"] {
        let listener = PortListener { port: port.parse().unwrap(), state: answerer.clone() };
        bench.host("pi2").listeners.push(listener);
    }
    bench
}

/// pi1 asks pi2 for a port, so many times; it arrives or not, and is answered so.
fn ask(
    bench: &mut TestFacts,
    kind: &ProbeKind,
    tries: u16,
    arrives: bool,
    answer: Option<ProbeAnswer>,
) {
    for round in 1..=tries {
        let sent =
            seen("pi1", Some("pi2"), Some("wlan0"), round, ObservedEvent::Sent, kind.clone());
        bench.see(Observation { address: Some(ip("172.20.5.2")), ..sent });
    }
    if arrives {
        bench.see(seen("pi2", Some("pi1"), Some("wlan0"), 1, ObservedEvent::Arrived, kind.clone()));
    }
    if let Some(answer) = answer {
        let back =
            seen("pi1", Some("pi2"), Some("wlan0"), tries, ObservedEvent::Answered, kind.clone());
        bench.see(Observation { answer: Some(answer), ..back });
    }
}

const fn icmp(from: std::net::IpAddr) -> ProbeAnswer {
    ProbeAnswer::Icmp { kind: 3, code: 13, from }
}

#[test]
fn whose_doing_it_is_follows_from_what_arrives_and_what_comes_back() {
    let (own, router) = (ip("172.20.5.2"), ip("172.20.0.1"));
    let reply = Some(ProbeAnswer::Reply);
    let eperm = Some(ProbeAnswer::Refused { errno: 1 });
    let table = [
        ("open", &API, 1, true, reply.clone(), None),
        ("open at last", &API, 3, true, reply, None),
        ("it arrives, three times", &API, 3, true, None, Some("port-blocked likely")),
        ("it arrives, twice", &API, 2, true, None, None),
        ("a datagram arrives", &VXLAN, 3, true, None, Some("port-blocked likely")),
        ("a reset", &API, 1, true, Some(ProbeAnswer::Reset), Some("port-blocked confirmed")),
        (
            "a reset of what the host never saw",
            &API,
            1,
            false,
            Some(ProbeAnswer::Reset),
            Some("port-filtered confirmed"),
        ),
        (
            "an error from the address of a host that never saw it",
            &VXLAN,
            1,
            false,
            Some(icmp(own)),
            Some("port-filtered confirmed"),
        ),
        ("the host prohibits", &VXLAN, 1, true, Some(icmp(own)), Some("port-blocked confirmed")),
        ("a router prohibits", &API, 1, false, Some(icmp(router)), Some("port-filtered confirmed")),
        ("it does not arrive", &API, 3, false, None, Some("port-filtered likely")),
        ("it does not arrive, twice", &VXLAN, 2, false, None, None),
        ("it may not leave", &VXLAN, 1, false, eperm, Some("port-filtered confirmed")),
        (
            "it has no way",
            &API,
            3,
            false,
            Some(ProbeAnswer::Refused { errno: 113 }),
            Some("port-filtered likely"),
        ),
    ];
    for (case, kind, tries, arrives, answer, expected) in table {
        let mut bench = open(&PortAnswerer::Agent);
        ask(&mut bench, kind, tries, arrives, answer);
        let expected = expected.map(|text| {
            let (code, level) = text.split_once(' ').unwrap();
            format!("{code} pi1>pi2@wlan0 {level}")
        });
        assert_eq!(bench.found(), expected.into_iter().collect::<Vec<_>>(), "{case}");
    }
}

#[test]
fn a_service_is_asked_as_it_is() {
    let table = [
        ("it answers", &API, 1, true, Some(ProbeAnswer::Reply), None),
        ("it listens on another address", &API, 1, true, Some(ProbeAnswer::Reset), None),
        ("its datagrams arrive", &VXLAN, 3, true, None, None),
        ("its host keeps others out", &API, 3, true, None, Some(code::PORT_BLOCKED)),
        ("nothing arrives", &VXLAN, 3, false, None, Some(code::PORT_FILTERED)),
    ];
    for (case, kind, tries, arrives, answer, code) in table {
        let mut bench = open(&PortAnswerer::Service);
        ask(&mut bench, kind, tries, arrives, answer);
        let expected: Vec<_> =
            code.map(|code| format!("{code} pi1>pi2@wlan0 likely")).into_iter().collect();
        assert_eq!(bench.found(), expected, "{case}");
    }
}

#[test]
fn nobody_is_accused_where_nobody_listens_or_frames_are_lost() {
    let mut bench = open(&PortAnswerer::Nobody { why: "Permission denied".to_owned() });
    ask(&mut bench, &API, 3, true, Some(ProbeAnswer::Reset));
    assert_eq!(bench.found(), [""; 0], "nobody listens");

    let mut bench = open(&PortAnswerer::Agent);
    bench.host("pi2").listeners.clear();
    ask(&mut bench, &API, 3, true, Some(ProbeAnswer::Reset));
    assert_eq!(bench.found(), [""; 0], "it is not known who listens");

    for arrives in [false, true] {
        let mut bench = open(&PortAnswerer::Agent);
        bench.put(PAIR, "wlan0", &ProbeKind::Udp, 6..=6, Lost);
        ask(&mut bench, &API, 3, arrives, None);
        assert_eq!(bench.found(), [""; 0], "frames are lost");
    }

    let mut bench = open(&PortAnswerer::Agent);
    bench.host("pi2").watches.iter_mut().for_each(|watch| watch.sees_frames = false);
    ask(&mut bench, &API, 3, false, Some(ProbeAnswer::Reset));
    assert_eq!(bench.found(), [""; 0], "nobody saw whether what was refused arrived");

    let mut bench = open(&PortAnswerer::Agent);
    bench.see(seen("pi2", Some("pi1"), Some("wlan0"), 1, ObservedEvent::Arrived, API));
    assert!(ports::of(&bench.facts).is_empty(), "somebody else's connection");

    let mut bench = open(&PortAnswerer::Agent);
    bench.host("pi2").watches.iter_mut().for_each(|watch| watch.lost = 1);
    ask(&mut bench, &API, 3, false, None);
    assert_eq!(bench.found(), [""; 0], "the witness lost frames");

    let mut bench = open(&PortAnswerer::Agent);
    bench.host("pi2").watches.iter_mut().for_each(|watch| watch.withheld = 1);
    ask(&mut bench, &VXLAN, 3, true, None);
    assert_eq!(bench.found(), [""; 0], "the agent kept silent to save frames");
}

/// Two hosts that only routers connect: pi1 asks pi2 by no link in particular.
fn routed(
    passes: bool,
    kind: &ProbeKind,
    arrives: bool,
    answer: Option<ProbeAnswer>,
) -> Vec<String> {
    let mut bench = open(&PortAnswerer::Agent);
    bench.facts.observations.clear();
    for host in ["pi1", "pi2"] {
        bench.link(host, "wlan0").addresses.clear();
    }
    let put = |bench: &mut TestFacts,
               (from, to): (&str, &str),
               kind: &ProbeKind,
               tries,
               arrives,
               answer: Option<ProbeAnswer>| {
        for round in 1..=tries {
            bench.see(seen(from, Some(to), None, round, ObservedEvent::Sent, kind.clone()));
        }
        if arrives {
            // The far witness knows the asker's link by its address.
            let asked_link = Some(super::fixture::link_name("wlan0"));
            let seen = seen(to, Some(from), Some("wlan0"), 1, ObservedEvent::Arrived, kind.clone());
            let is_routed = *kind == ProbeKind::RoutedUdp;
            let asked_link = asked_link.filter(|_| !is_routed);
            bench.see(Observation { asked_link, ..seen });
        }
        if let Some(answer) = answer {
            let seen = seen(from, Some(to), None, 1, ObservedEvent::Answered, kind.clone());
            bench.see(Observation { answer: Some(answer), ..seen });
        }
    };
    for pair in [("pi1", "pi2"), ("pi2", "pi1")] {
        let answer = passes.then_some(ProbeAnswer::Reply);
        put(&mut bench, pair, &ProbeKind::RoutedUdp, 1, passes, answer);
    }
    put(&mut bench, PAIR, kind, 3, arrives, answer);
    let found = bench.found();
    found.into_iter().filter(|found| found.starts_with("port-")).collect()
}

#[test]
fn ports_behind_routers_are_judged_as_others_are() {
    let forged = Some(ProbeAnswer::Reset);
    let table = [
        ("the router drops it", true, false, None, Some("port-filtered pi1>pi2 likely")),
        ("the router resets it", true, false, forged, Some("port-filtered pi1>pi2 confirmed")),
        ("the host drops it", true, true, None, Some("port-blocked pi1>pi2 likely")),
        ("nothing passes at all", false, false, None, None),
    ];
    for (case, passes, arrives, answer, expected) in table {
        let expected: Vec<_> = expected.map(str::to_owned).into_iter().collect();
        assert_eq!(routed(passes, &API, arrives, answer), expected, "{case}");
    }
}

#[test]
fn a_filter_that_is_seen_makes_it_sure_and_names_the_port() {
    let chain = BaseChain {
        name: Untrusted::new("input"),
        hook: Untrusted::new("input"),
        kind: Untrusted::new("filter"),
        is_policy_drop: true,
        rules: 3,
        changes_source: false,
    };
    let table = FilterTable {
        family: Untrusted::new("inet"),
        name: Untrusted::new("filter"),
        chains: vec![chain],
    };
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1", "pi2"], 1..=5);
    bench.way(("pi2", "pi1"), "wlan0", 1..=5, Answered).way(PAIR, "wlan0", 1..=5, Arrives);
    bench.host("pi2").snapshot.netfilter = NetfilterSnapshot {
        is_readable: true,
        tables: vec![table],
        ..NetfilterSnapshot::default()
    };
    let found = bench.found();
    assert_eq!(found, ["host-firewall pi1>pi2@wlan0 confirmed"]);
    let listener = PortListener { port: "6443/tcp".parse().unwrap(), state: PortAnswerer::Agent };
    bench.host("pi2").listeners.push(listener);
    ask(&mut bench, &API, 3, true, None);
    let found = bench.found();
    assert_eq!(
        found,
        ["host-firewall pi1>pi2@wlan0 confirmed", "port-blocked pi1>pi2@wlan0 confirmed"]
    );
    let remedies = bench.remedies(code::PORT_BLOCKED);
    let rule = "sudo nft insert rule inet filter input tcp dport 6443 accept";
    assert!(remedies.iter().any(|line| line.contains(rule)), "{remedies:?}");
}

#[test]
fn the_table_of_ports_says_who_reaches_what() {
    let mut bench = open(&PortAnswerer::Agent);
    assert!(ports::of(&bench.facts).is_empty(), "nobody asked");
    ask(&mut bench, &API, 3, true, None);
    ask(&mut bench, &VXLAN, 1, true, Some(ProbeAnswer::Reply));
    let rows = ports::of(&bench.facts);
    let shown: Vec<_> = rows
        .iter()
        .map(|row| (row.port.to_string(), row.open_from.len(), row.blocked_from.len()))
        .collect();
    assert_eq!(shown, [("6443/tcp".to_owned(), 0, 1), ("8472/udp".to_owned(), 1, 0)]);
    assert!(rows.iter().all(|row| row.host == host_name("pi2")));
}
