//! Frames between two hosts.

use super::fixture::ProbeFate::{Answered, Arrives, Lost};
use super::fixture::{GATEWAY, TestFacts, host_name, link_name, seen};
use pontoon_diagnosis::evidence::{ArpProxy, Evidence, FrameEvidence, LinkEvidence};
use pontoon_model::code;
use pontoon_model::facts::AgentOutcome;
use pontoon_model::net::Mac;
use pontoon_model::observation::{
    FrameDestination, Observation, ObservedEvent, ProbeAnswer, ProbeKind,
};
use pontoon_model::snapshot::WifiAssociation;
use pontoon_model::untrusted::Untrusted;

const ARP: ProbeKind = ProbeKind::Neighbour { cast: FrameDestination::Group };
const PAIR: (&str, &str) = ("pi1", "pi2");

/// Two hosts whose wlan0 passes nothing, with good controls, for `rounds`.
fn isolated(rounds: u16) -> TestFacts {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1", "pi2"], 1..=rounds).both(PAIR, "wlan0", 1..=rounds, Lost);
    bench
}

#[test]
fn isolation_is_as_sure_as_its_rounds() {
    for (rounds, certainty) in [
        (1, "undecided"),
        (4, "undecided"),
        (5, "likely"),
        (9, "likely"),
        (10, "confirmed"),
        (12, "confirmed"),
    ] {
        let expected = format!("client-isolation pi1>pi2@wlan0 {certainty}");
        assert_eq!(isolated(rounds).found(), [expected], "{rounds} rounds");
    }
}

#[test]
fn isolation_says_whether_both_are_at_one_access_point() {
    let at = |ssid: &str, bssid: Option<u8>| WifiAssociation {
        ssid: Some(Untrusted::new(ssid)),
        bssid: bssid.map(|last| Mac([2, 0, 0x5e, 0, 0, last])),
        ..WifiAssociation::default()
    };
    let bssid = |last| Some(Mac([2, 0, 0x5e, 0, 0, last]));
    let same =
        |a_bssid, b_bssid| LinkEvidence::SameSsid { ssid: Untrusted::new("A"), a_bssid, b_bssid };
    let different = LinkEvidence::DifferentSsids {
        a: host_name("pi1"),
        a_ssid: Untrusted::new("A"),
        b: host_name("pi2"),
        b_ssid: Untrusted::new("B"),
    };
    let table = [
        (at("A", Some(1)), at("A", Some(1)), same(bssid(1), bssid(1))),
        (at("A", Some(1)), at("A", Some(2)), same(bssid(1), bssid(2))),
        (at("A", None), at("A", Some(2)), same(None, bssid(2))),
        (at("A", Some(1)), at("B", Some(2)), different),
    ];
    let of_radios = |bench: &TestFacts| {
        let evidence = bench.evidence(code::CLIENT_ISOLATION);
        evidence.into_iter().filter(|one| matches!(one, Evidence::Links(_))).collect::<Vec<_>>()
    };
    for (one, two, expected) in table {
        let mut bench = isolated(10);
        bench.link("pi1", "wlan0").radio = Some(one);
        bench.link("pi2", "wlan0").radio = Some(two);
        assert_eq!(of_radios(&bench), [expected.into()]);
    }
    // One that is not known, or in no network, is nothing to compare with.
    for radio in [None, Some(WifiAssociation::default())] {
        let mut bench = isolated(10);
        bench.link("pi1", "wlan0").radio = Some(at("A", Some(1)));
        bench.link("pi2", "wlan0").radio = radio;
        assert_eq!(of_radios(&bench), []);
    }
}

#[test]
fn a_round_without_its_controls_does_not_count() {
    let table = [
        // Rounds in which pi1's and pi2's gateways answered, of ten.
        (10, 10, "confirmed"),
        (10, 9, "likely"),
        (5, 10, "likely"),
        (10, 4, "undecided"),
    ];
    for (one, two, certainty) in table {
        let mut bench = TestFacts::wifi_only(2);
        bench.controls(&["pi1"], 1..=one).controls(&["pi2"], 1..=two);
        bench.both(PAIR, "wlan0", 1..=10, Lost);
        let expected = format!("client-isolation pi1>pi2@wlan0 {certainty}");
        assert_eq!(bench.found(), [expected], "{one} {two}");
    }
}

#[test]
fn without_a_gateway_a_third_host_is_the_control() {
    let mut alone = TestFacts::of(2);
    alone.both(PAIR, "eth0", 1..=10, Lost);
    assert_eq!(alone.found(), ["client-isolation pi1>pi2@eth0 likely"]);
    let mut three = TestFacts::of(3);
    three.both(PAIR, "eth0", 1..=10, Lost);
    for third in [("pi1", "pi3"), ("pi2", "pi3")] {
        three.both(third, "eth0", 1..=10, Answered);
    }
    assert_eq!(three.found(), ["client-isolation pi1>pi2@eth0 confirmed"]);
}

#[test]
fn one_kind_of_probe_alone_does_not_confirm() {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1", "pi2"], 1..=10);
    bench.put(PAIR, "wlan0", &ProbeKind::Udp, 1..=10, Lost);
    bench.put(("pi2", "pi1"), "wlan0", &ProbeKind::Udp, 1..=10, Lost);
    assert_eq!(bench.found(), ["client-isolation pi1>pi2@wlan0 likely"]);
}

#[test]
fn what_is_not_isolation_is_not_called_so() {
    let nothing: [&str; 0] = [];
    // Nobody watched at the other end.
    let mut blind = isolated(10);
    blind.host("pi2").watches.iter_mut().for_each(|watch| watch.sees_frames = false);
    assert_eq!(blind.found(), nothing);
    // The witness was too busy to see every frame.
    let mut busy = isolated(10);
    busy.host("pi2").watches.iter_mut().for_each(|watch| watch.lost = 1);
    assert_eq!(busy.found(), nothing);
    // The witness died.
    let mut dead = isolated(10);
    dead.host("pi2").ending = AgentOutcome::Died { why: "gone".to_owned() };
    assert_eq!(dead.found(), nothing);
    // A single frame arrived.
    let mut stray = isolated(10);
    stray.put(PAIR, "wlan0", &ProbeKind::Udp, 11..=11, Arrives);
    assert_eq!(stray.found(), nothing);
    // Nothing was asked.
    assert_eq!(TestFacts::of(2).found(), nothing);
    // All is well.
    let mut open = TestFacts::wifi_only(2);
    open.controls(&["pi1", "pi2"], 1..=3).both(PAIR, "wlan0", 1..=3, Answered);
    assert_eq!(open.found(), nothing);
}

#[test]
fn a_packet_in_a_frame_to_all_is_no_arrival() {
    let mut bench = isolated(10);
    bench.see_all((1..=10).map(|round| Observation {
        cast: Some(FrameDestination::Group),
        ..seen("pi2", Some("pi1"), Some("wlan0"), round, ObservedEvent::Arrived, ProbeKind::Udp)
    }));
    assert_eq!(bench.found(), ["client-isolation pi1>pi2@wlan0 confirmed"]);
}

#[test]
fn broadcast_that_passes_does_not_make_it_open() {
    let mut bench = isolated(10);
    bench.group(PAIR, 1..=10, Arrives);
    assert_eq!(bench.found(), ["client-isolation pi1>pi2@wlan0 confirmed"]);
}

#[test]
fn a_gateway_that_relays_is_no_isolation() {
    let mut bench = isolated(10);
    for pair in [PAIR, ("pi2", "pi1")] {
        bench.put(pair, "wlan0", &ProbeKind::RoutedUdp, 1..=3, Answered);
    }
    assert_eq!(bench.found(), ["peers-via-gateway pi1>pi2@wlan0 confirmed"]);
    // Relayed one way only: still isolated.
    let mut half = isolated(10);
    half.put(PAIR, "wlan0", &ProbeKind::RoutedUdp, 1..=3, Arrives);
    assert_eq!(half.found(), ["client-isolation pi1>pi2@wlan0 confirmed"]);
}

#[test]
fn one_way_is_told_with_its_direction() {
    for (fate, arrived) in [(Arrives, false), (Answered, true)] {
        let mut bench = TestFacts::wifi_only(2);
        bench.controls(&["pi1", "pi2"], 1..=10);
        bench.way(PAIR, "wlan0", 1..=10, fate).way(("pi2", "pi1"), "wlan0", 1..=10, Lost);
        assert_eq!(bench.found(), ["one-way-filter pi2>pi1@wlan0 confirmed"]);
        let replies =
            FrameEvidence::Replies { from: host_name("pi2"), to: host_name("pi1"), arrived };
        assert_eq!(bench.evidence(code::ONE_WAY_FILTER)[2], replies.into());
    }
    // Two arrivals may be strays: neither open nor shut.
    let mut thin = TestFacts::wifi_only(2);
    thin.controls(&["pi1", "pi2"], 1..=10);
    thin.way(PAIR, "wlan0", 1..=2, Arrives).way(("pi2", "pi1"), "wlan0", 1..=10, Lost);
    assert!(thin.found().is_empty(), "{:?}", thin.found());
}

#[test]
fn group_suppression_needs_open_frames_and_silent_arp() {
    let suppressed = |rounds: u16| {
        let mut bench = TestFacts::wifi_only(2);
        bench.controls(&["pi1", "pi2"], 1..=5).both(PAIR, "wlan0", 1..=5, Arrives);
        bench.group(PAIR, 1..=rounds, Lost);
        bench
    };
    assert_eq!(suppressed(4).found(), ["group-suppression pi1>pi2@wlan0 confirmed"]);
    assert_eq!(suppressed(3).found(), ["group-suppression pi1>pi2@wlan0 likely"]);
    // One frame may be lost.
    assert!(
        suppressed(1)
            .found()
            .iter()
            .all(|found| !found.starts_with(code::GROUP_SUPPRESSION.as_str()))
    );
    // Somebody answers ARP.
    let mut proxied = suppressed(4);
    proxied.put(PAIR, "wlan0", &ARP, 6..=6, Lost);
    let mut answer = seen("pi1", Some("pi2"), Some("wlan0"), 6, ObservedEvent::Answered, ARP);
    answer.answer = Some(ProbeAnswer::Reply);
    proxied.see(answer);
    assert!(
        proxied.found().iter().all(|found| !found.starts_with(code::GROUP_SUPPRESSION.as_str()))
    );
    assert_eq!(proxied.noted(), ["group-frames-filtered pi1>pi2@wlan0 likely"]);
    // Frames for one host are lost as well: a bad radio.
    let mut lossy = suppressed(4);
    lossy.put(PAIR, "wlan0", &ProbeKind::Udp, 6..=7, Lost);
    assert!(lossy.found().is_empty(), "{:?}", lossy.found());
    // Broadcast passes one way: not suppressed.
    let mut passes = suppressed(4);
    passes.put(PAIR, "wlan0", &ProbeKind::Multicast, 6..=6, Arrives);
    assert!(passes.found().iter().all(|found| !found.starts_with("group")), "{:?}", passes.found());
}

#[test]
fn two_gateways_at_one_address_raise_a_doubt() {
    let mut other = isolated(10);
    let seen = std::mem::take(&mut other.facts.observations);
    other.facts.observations = seen
        .into_iter()
        .map(|mut seen| {
            if seen.host.as_str() == "pi2" && seen.source_mac == Some(GATEWAY) {
                seen.source_mac = Some(Mac([2, 0xff, 0, 0, 0, 2]));
            }
            seen
        })
        .collect();
    assert_eq!(other.found(), ["client-isolation pi1>pi2@wlan0 possible"]);
    // Gateways at two addresses of one network, as where two routers share it.
    let mut two = other;
    for route in &mut two.host("pi2").snapshot.routes {
        route.gateway = route.gateway.map(|_| super::fixture::ip("172.20.0.2"));
    }
    let seen = std::mem::take(&mut two.facts.observations);
    two.facts.observations = seen
        .into_iter()
        .map(|mut seen| {
            if seen.host.as_str() == "pi2" && seen.peer.is_none() {
                seen.address = Some(super::fixture::ip("172.20.0.2"));
            }
            seen
        })
        .collect();
    assert_eq!(two.found(), ["client-isolation pi1>pi2@wlan0 confirmed"]);
    assert_eq!(isolated(10).found(), ["client-isolation pi1>pi2@wlan0 confirmed"]);
}

#[test]
fn a_firewall_is_told_by_arrivals_without_answers() {
    let firewalled = || {
        let mut bench = TestFacts::wifi_only(2);
        bench.controls(&["pi1", "pi2"], 1..=5).group(PAIR, 1..=5, Arrives);
        bench.way(PAIR, "wlan0", 1..=5, Arrives).way(("pi2", "pi1"), "wlan0", 1..=5, Answered);
        bench
    };
    // The rules could be read, and there are none.
    assert_eq!(firewalled().found(), ["host-firewall pi1>pi2@wlan0 possible"]);
    // The agent itself left questions without an answer, so as not to send too much.
    let mut withheld = firewalled();
    withheld.host("pi2").watches.iter_mut().for_each(|watch| watch.withheld = 1);
    assert!(withheld.found().is_empty());
    let mut unread = firewalled();
    unread.host("pi2").snapshot.netfilter.is_readable = false;
    assert_eq!(unread.found(), ["host-firewall pi1>pi2@wlan0 likely"]);
    let mut filtering = firewalled();
    super::forwarding::filter(&mut filtering, "pi2", "input", true);
    assert_eq!(filtering.found(), ["host-firewall pi1>pi2@wlan0 confirmed"]);
    // Only ping is ignored.
    let mut pingless = TestFacts::wifi_only(2);
    pingless.controls(&["pi1", "pi2"], 1..=3).group(PAIR, 1..=3, Arrives);
    pingless.put(PAIR, "wlan0", &ProbeKind::Udp, 1..=3, Answered);
    pingless.put(PAIR, "wlan0", &ProbeKind::Echo, 1..=3, Arrives);
    pingless.way(("pi2", "pi1"), "wlan0", 1..=3, Answered);
    assert!(pingless.found().is_empty());
    assert_eq!(pingless.noted(), ["ping-ignored pi1>pi2@wlan0 likely"]);
}

#[test]
fn losses_are_no_firewall() {
    // With losses, eight unanswered arrivals are needed; pings count where none is answered.
    let table = [
        (7, 0, Arrives, 0),
        (8, 0, Arrives, 1),
        (5, 3, Arrives, 1),
        (5, 3, Answered, 0),
        (2, 9, Arrives, 0),
    ];
    for (arrivals, pings, ping, expected) in table {
        let mut bench = TestFacts::wifi_only(2);
        bench.controls(&["pi1", "pi2"], 1..=12).group(PAIR, 1..=5, Arrives);
        bench.put(PAIR, "wlan0", &ProbeKind::Udp, 1..=arrivals, Arrives);
        bench.put(PAIR, "wlan0", &ProbeKind::Udp, arrivals + 1..=12, Lost);
        bench.put(PAIR, "wlan0", &ProbeKind::Echo, 1..=pings, ping);
        bench.put(("pi2", "pi1"), "wlan0", &ProbeKind::Udp, 1..=12, Answered);
        assert_eq!(bench.found().len(), expected, "{arrivals} {pings}: {:?}", bench.found());
    }
}

#[test]
fn a_reverse_path_filter_is_no_firewall() {
    let mut bench = TestFacts::of(2);
    bench.controls(&["pi1", "pi2"], 1..=5).group(PAIR, 1..=5, Arrives);
    bench.both(PAIR, "wlan0", 1..=5, Arrives).both(PAIR, "eth0", 1..=3, Answered);
    bench.route("pi2", "172.20.5.1/32", None, "eth0");
    bench.link("pi2", "wlan0").sysctls.rp_filter = Some(1);
    assert_eq!(bench.found(), ["rp-filter-drop pi1>pi2@wlan0 likely"]);
    bench.host("pi2").counters.insert("TcpExt.IPReversePathFilter".to_owned(), 5);
    assert_eq!(bench.found(), ["rp-filter-drop pi1>pi2@wlan0 confirmed"]);
    // Loose filters drop nothing of it: then it is something else.
    bench.link("pi2", "wlan0").sysctls.rp_filter = Some(2);
    assert!(bench.found().iter().all(|found| !found.starts_with("rp-filter")));
    // `all` counts, too; the larger of the two decides.
    bench.host("pi2").snapshot.all_links.rp_filter = Some(1);
    assert!(bench.found().iter().all(|found| !found.starts_with("rp-filter")));
    bench.link("pi2", "wlan0").sysctls.rp_filter = Some(0);
    assert_eq!(bench.found(), ["rp-filter-drop pi1>pi2@wlan0 confirmed"]);
}

#[test]
fn answers_by_another_link_are_asymmetric() {
    use super::fixture::ProbeFate::AnsweredBy;
    let asymmetric = || {
        let mut bench = TestFacts::of(2);
        bench.controls(&["pi1", "pi2"], 1..=3).both(PAIR, "eth0", 1..=3, Answered);
        bench.way(("pi2", "pi1"), "wlan0", 1..=3, Answered);
        bench
    };
    let mut guessed = asymmetric();
    guessed.way(PAIR, "wlan0", 1..=3, AnsweredBy("eth0"));
    assert_eq!(guessed.found(), ["asymmetric-return pi1>pi2@wlan0 likely"]);
    guessed.route("pi2", "172.20.5.1/32", None, "eth0");
    assert_eq!(guessed.found(), ["asymmetric-return pi1>pi2@wlan0 confirmed"]);
    // One such answer may be an echo of something else.
    let mut once = asymmetric();
    once.put(PAIR, "wlan0", &ProbeKind::Udp, 1..=1, AnsweredBy("eth0"));
    once.put(PAIR, "wlan0", &ProbeKind::Udp, 2..=3, Answered);
    assert!(once.found().is_empty(), "{:?}", once.found());
    // Pings are answered by kernels, whose second link may be in the same network.
    let mut pings = asymmetric();
    pings.put(PAIR, "wlan0", &ProbeKind::Udp, 1..=3, Answered);
    pings.put(PAIR, "wlan0", &ProbeKind::Echo, 1..=3, AnsweredBy("eth0"));
    assert!(pings.found().is_empty(), "{:?}", pings.found());
}

#[test]
fn losses_are_noted_and_accuse_nobody() {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1", "pi2"], 1..=10);
    for pair in [PAIR, ("pi2", "pi1")] {
        bench.put(pair, "wlan0", &ProbeKind::Udp, 1..=5, Answered);
        bench.put(pair, "wlan0", &ProbeKind::Udp, 6..=10, Lost);
    }
    assert!(bench.found().is_empty(), "{:?}", bench.found());
    assert_eq!(bench.noted(), ["lossy-path pi1>pi2@wlan0 likely"]);
}

#[test]
fn who_answers_arp_is_told_and_proves_nothing() {
    for (mac, by) in
        [(Mac([2, 0xaa, 0, 0, 2, 2]), ArpProxy::AccessPoint), (GATEWAY, ArpProxy::Gateway)]
    {
        let mut bench = isolated(10);
        bench.put(PAIR, "wlan0", &ARP, 1..=1, Lost);
        let mut answer = seen("pi1", Some("pi2"), Some("wlan0"), 1, ObservedEvent::Answered, ARP);
        answer.answer = Some(ProbeAnswer::Reply);
        answer.source_mac = Some(mac);
        answer.link = Some(link_name("wlan0"));
        bench.see(answer);
        assert_eq!(bench.found(), ["client-isolation pi1>pi2@wlan0 confirmed"]);
        let proxied = FrameEvidence::ProxyArp { target: host_name("pi2"), mac, by };
        let evidence = bench.evidence(code::CLIENT_ISOLATION);
        assert!(evidence.contains(&proxied.into()), "{evidence:?}");
    }
}
