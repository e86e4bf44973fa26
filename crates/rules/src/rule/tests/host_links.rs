//! A host's own legs, and peers without an agent.

use super::fixture::ProbeFate::{Answered, Lost};
use super::fixture::{TestFacts, host_name, ip, link_name, seen};
use crate::rule::diagnose;
use pontoon_diagnosis::evidence::{LinkDownState, LinkEvidence};
use pontoon_model::code;
use pontoon_model::observation::{FrameDestination, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::snapshot::WifiAssociation;

#[test]
fn a_silent_gateway_is_no_service() {
    for (rounds, expected) in [
        (2, None),
        (3, Some("no-l2-service pi1@wlan0 likely")),
        (5, Some("no-l2-service pi1@wlan0 confirmed")),
    ] {
        let mut bench = TestFacts::wifi_only(1);
        bench.control("pi1", "wlan0", 1..=rounds, false);
        assert_eq!(bench.found(), expected.into_iter().collect::<Vec<_>>(), "{rounds}");
    }
}

#[test]
fn one_answer_of_the_gateway_is_service_enough() {
    let mut bench = TestFacts::wifi_only(1);
    bench.control("pi1", "wlan0", 1..=9, false).control("pi1", "wlan0", 10..=10, true);
    assert!(bench.found().is_empty(), "{:?}", bench.found());
    // A link without a gateway is not dead.
    assert!(TestFacts::of(1).found().is_empty());
}

#[test]
fn a_gateway_that_is_silent_among_others_is_told_apart() {
    let mut bench = TestFacts::wifi_only(2);
    for host in ["pi1", "pi2"] {
        bench.control(host, "wlan0", 1..=5, false);
    }
    bench.both(("pi1", "pi2"), "wlan0", 1..=5, Answered);
    let silent = ["gateway-silent pi1@wlan0 likely", "gateway-silent pi2@wlan0 likely"];
    assert_eq!(bench.found(), silent);
    // It answers another host by the same address: it may be this host that it does not know.
    bench.control("pi2", "wlan0", 6..=6, true);
    assert_eq!(bench.found(), ["gateway-silent pi1@wlan0 possible"]);
}

#[test]
fn pings_alone_leave_a_silent_gateway_possible() {
    let mut bench = TestFacts::wifi_only(1);
    for round in 1..=5 {
        let mut ping =
            seen("pi1", None, Some("wlan0"), round, ObservedEvent::Sent, ProbeKind::RoutedEcho);
        ping.address = Some(ip("172.20.0.1"));
        bench.see(ping);
    }
    assert_eq!(bench.found(), ["no-l2-service pi1@wlan0 possible"]);
}

#[test]
fn pings_that_were_never_sent_say_nothing_of_a_gateway() {
    // EPERM: no right to ping. EHOSTUNREACH: the kernel asked by ARP and nobody answered.
    for (errno, expected) in [(1, None), (113, Some("no-l2-service pi1@wlan0 possible"))] {
        let mut bench = TestFacts::wifi_only(1);
        for round in 1..=5 {
            let mut ping =
                seen("pi1", None, Some("wlan0"), round, ObservedEvent::Sent, ProbeKind::RoutedEcho);
            ping.address = Some(ip("172.20.0.1"));
            bench.see(ping.clone());
            ping.direction = ObservedEvent::Answered;
            ping.answer = Some(ProbeAnswer::Refused { errno });
            bench.see(ping);
        }
        assert_eq!(bench.found(), expected.into_iter().collect::<Vec<_>>(), "{errno}");
    }
}

#[test]
fn without_service_nothing_is_said_about_isolation() {
    let mut bench = TestFacts::wifi_only(3);
    bench.controls(&["pi1", "pi3"], 1..=10).control("pi2", "wlan0", 1..=10, false);
    for pair in [("pi1", "pi2"), ("pi2", "pi3"), ("pi1", "pi3")] {
        bench.both(pair, "wlan0", 1..=10, Lost);
    }
    // What is true between pi1 and pi3 is not hidden by pi2's trouble.
    assert_eq!(
        bench.found(),
        ["client-isolation pi1>pi3@wlan0 confirmed", "no-l2-service pi2@wlan0 confirmed"]
    );
}

#[test]
fn a_link_that_is_down_is_told_by_its_host() {
    for (is_up, has_carrier, found) in [(false, false, 1), (true, false, 1), (true, true, 0)] {
        let mut bench = TestFacts::of(2);
        bench.link("pi2", "eth0").is_up = is_up;
        bench.link("pi2", "eth0").has_carrier = has_carrier;
        let expected = vec!["peer-link-down >pi2@eth0 confirmed"; found];
        assert_eq!(bench.found(), expected, "{is_up} {has_carrier}");
    }
}

#[test]
fn a_radio_has_no_cable_to_check() {
    for (link, is_up, state, remedy) in [
        ("eth0", true, LinkDownState::NoCarrier, "check the cable"),
        ("wlan0", true, LinkDownState::NotAssociated, "iw dev wlan0 link"),
        ("eth0", false, LinkDownState::AdminDown, "sudo ip link set eth0 up"),
        ("wlan0", false, LinkDownState::AdminDown, "sudo ip link set wlan0 up"),
    ] {
        let mut bench = TestFacts::of(2);
        bench.link("pi2", link).is_up = is_up;
        bench.link("pi2", link).has_carrier = false;
        let evidence = bench.evidence(code::PEER_LINK_DOWN);
        let prefix = bench.link("pi2", link).addresses[0].prefix;
        let (host, link) = (host_name("pi2"), link_name(link));
        assert_eq!(evidence[0], LinkEvidence::LinkDown { host, link, prefix, state }.into());
        let remedies = bench.remedies(code::PEER_LINK_DOWN);
        assert!(remedies[0].contains(remedy), "{remedies:?}");
    }
}

#[test]
fn a_link_that_goes_down_while_it_is_asked_is_no_isolation() {
    let mut bench = TestFacts::of(2);
    bench.both(("pi1", "pi2"), "eth0", 1..=10, Lost);
    bench.host("pi2").watches[0].went_down = true;
    assert_eq!(bench.found(), ["peer-link-down >pi2@eth0 confirmed"]);
    // The switch between them, or the access point, ends.
    bench.host("pi1").watches[0].went_down = true;
    let found = diagnose(&bench.facts);
    for (one, peer) in found.iter().zip(["pi2", "pi1"].map(host_name)) {
        assert_eq!(one.code, code::PEER_LINK_DOWN);
        assert_eq!(one.evidence[1], LinkEvidence::NeighbourLinkWentDown { peer }.into());
    }
    assert_eq!(found.len(), 2);
}

#[test]
fn a_link_that_nobody_needs_may_be_down() {
    // No address there.
    let mut bare = TestFacts::of(2);
    bare.link("pi2", "eth0").is_up = false;
    bare.link("pi2", "eth0").addresses.clear();
    assert!(bare.found().is_empty());
    // Nobody else is in that network.
    let mut alone = TestFacts::of(2);
    alone.link("pi2", "eth0").is_up = false;
    alone.link("pi2", "eth0").addresses = vec![super::fixture::address("10.9.9.9/24")];
    assert!(alone.found().is_empty());
    // The others' links are down as well.
    let mut all = TestFacts::of(2);
    all.link("pi1", "eth0").is_up = false;
    all.link("pi2", "eth0").is_up = false;
    assert!(all.found().is_empty());
    // One host alone has no peers.
    let mut one = TestFacts::of(1);
    one.link("pi1", "eth0").is_up = false;
    assert!(one.found().is_empty());
}

/// pi1 has asked a peer without an agent; `answer` came to the last question.
fn one_ended(kind: &ProbeKind, answer: Option<ProbeAnswer>) -> TestFacts {
    let mut bench = TestFacts::wifi_only(1);
    bench.facts.intent.one_ended = vec![host_name("pi9")];
    let mut sent = seen("pi1", Some("pi9"), None, 1, ObservedEvent::Sent, kind.clone());
    sent.address = Some(ip("172.20.5.9"));
    bench.see(sent.clone());
    if answer.is_some() {
        sent.direction = ObservedEvent::Answered;
        sent.answer = answer;
        bench.see(sent);
    }
    bench
}

#[test]
fn silence_of_a_peer_is_never_more_than_possible() {
    let icmp = |from: &str, kind, code| Some(ProbeAnswer::Icmp { kind, code, from: ip(from) });
    let tcp = ProbeKind::Tcp { port: 22 };
    let arp = ProbeKind::Neighbour { cast: FrameDestination::Group };
    let table = [
        ("nothing", &tcp, None, true),
        ("ARP only", &arp, Some(ProbeAnswer::Reply), true),
        ("a router's error", &tcp, icmp("172.20.0.1", 3, 1), true),
        ("a connection", &tcp, Some(ProbeAnswer::Reply), false),
        ("a reset", &tcp, Some(ProbeAnswer::Reset), false),
        ("an echo", &ProbeKind::RoutedEcho, Some(ProbeAnswer::Reply), false),
        ("its own error", &tcp, icmp("172.20.5.9", 3, 13), false),
    ];
    for (case, kind, answer, is_found) in table {
        let found = one_ended(kind, answer).found();
        let expected = vec!["peer-unanswered pi1>pi9 possible"; usize::from(is_found)];
        assert_eq!(found, expected, "{case}");
    }
    // Nobody asked.
    let mut unasked = TestFacts::wifi_only(1);
    unasked.facts.intent.one_ended = vec![host_name("pi9")];
    assert!(unasked.found().is_empty());
}

#[test]
fn radios_that_doze_are_noted() {
    for (power_save, count) in [(Some(true), 1), (Some(false), 0), (None, 0)] {
        let mut bench = TestFacts::wifi_only(1);
        bench.link("pi1", "wlan0").radio =
            Some(WifiAssociation { power_save, ..WifiAssociation::default() });
        assert_eq!(bench.noted().len(), count, "{power_save:?}");
        assert!(bench.found().is_empty());
    }
}

#[test]
fn only_arp_and_ping_to_the_gateway_are_controls() {
    let ask = |kind: ProbeKind, address: &str, answer: Option<ProbeAnswer>| {
        let mut bench = TestFacts::wifi_only(1);
        bench.control("pi1", "wlan0", 1..=5, false);
        let mut asked = seen("pi1", None, Some("wlan0"), 6, ObservedEvent::Sent, kind);
        asked.address = Some(ip(address));
        bench.see(asked.clone());
        asked.direction = ObservedEvent::Answered;
        asked.answer = answer;
        bench.see(asked);
        bench.found().len()
    };
    let arp = || ProbeKind::Neighbour { cast: FrameDestination::Group };
    let icmp = Some(ProbeAnswer::Icmp { kind: 3, code: 1, from: ip("172.20.5.1") });
    assert_eq!(ask(arp(), "172.20.0.1", Some(ProbeAnswer::Reply)), 0);
    assert_eq!(ask(ProbeKind::RoutedEcho, "172.20.0.1", Some(ProbeAnswer::Reply)), 0);
    assert_eq!(ask(arp(), "172.20.0.9", Some(ProbeAnswer::Reply)), 1, "somebody else");
    assert_eq!(ask(ProbeKind::RoutedEcho, "172.20.0.1", icmp), 1, "an error is no answer");
    // Names that the gateway does not resolve say nothing about the link.
    let mut names = TestFacts::wifi_only(1);
    for round in 1..=5 {
        let kind = ProbeKind::Dns { query: pontoon_model::observation::DnsQuery::Invalid };
        let mut query = seen("pi1", None, Some("wlan0"), round, ObservedEvent::Sent, kind);
        query.address = Some(ip("172.20.0.1"));
        names.see(query);
    }
    assert!(names.found().is_empty(), "{:?}", names.found());
}

#[test]
fn a_third_host_is_heard_by_its_answers_too() {
    for (answer, level) in [
        (ProbeAnswer::Reply, "confirmed"),
        (ProbeAnswer::Icmp { kind: 3, code: 3, from: ip("192.168.50.3") }, "likely"),
    ] {
        let mut bench = TestFacts::of(3);
        bench.both(("pi1", "pi2"), "eth0", 1..=10, Lost);
        for asker in ["pi1", "pi2"] {
            for round in 1..=10 {
                let mut answered = seen(
                    asker,
                    Some("pi3"),
                    Some("eth0"),
                    round,
                    ObservedEvent::Answered,
                    ProbeKind::Udp,
                );
                answered.answer = Some(answer.clone());
                bench.see(answered);
            }
        }
        assert_eq!(bench.found(), [format!("client-isolation pi1>pi2@eth0 {level}")]);
    }
}

#[test]
fn what_is_only_possible_hides_nothing_that_is_sure() {
    // A gateway that ignores pings, and a name server that answers rubbish.
    let mut bench = TestFacts::wifi_only(1);
    for round in 1..=5 {
        let mut ping =
            seen("pi1", None, Some("wlan0"), round, ObservedEvent::Sent, ProbeKind::RoutedEcho);
        ping.address = Some(ip("172.20.0.1"));
        bench.see(ping);
    }
    let kind = ProbeKind::Dns { query: pontoon_model::observation::DnsQuery::Known };
    let mut query = seen("pi1", None, Some("wlan0"), 1, ObservedEvent::Sent, kind);
    query.address = Some(ip("203.0.113.53"));
    bench.see(query.clone());
    query.direction = ObservedEvent::Answered;
    query.answer = Some(ProbeAnswer::Dns { rcode: 2, addresses: Vec::new() });
    bench.see(query);
    assert_eq!(
        bench.found(),
        ["dns-dead pi1>203.0.113.53 confirmed", "no-l2-service pi1@wlan0 possible"]
    );
}
