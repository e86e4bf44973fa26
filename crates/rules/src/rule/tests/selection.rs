//! Which address Kubernetes would take.

use super::fixture::ProbeFate::{Answered, Arrives, Lost};
use super::fixture::{TestFacts, ip, route, seen};
use pontoon_model::observation::{ObservedEvent, ProbeKind};

const PAIR: (&str, &str) = ("pi1", "pi2");

/// The campus: WiFi isolates, the switch is open.
fn campus() -> TestFacts {
    let mut bench = TestFacts::of(2);
    bench.controls(&["pi1", "pi2"], 1..=10).both(PAIR, "wlan0", 1..=10, Lost);
    bench.both(PAIR, "eth0", 1..=3, Answered);
    bench
}

fn selections(bench: &TestFacts) -> Vec<String> {
    bench.found().into_iter().filter(|found| found.starts_with("dual-homed")).collect()
}

#[test]
fn the_campus_misleads_kubeadm() {
    let expected =
        ["dual-homed-selection pi1@wlan0 confirmed", "dual-homed-selection pi2@wlan0 confirmed"];
    assert_eq!(selections(&campus()), expected);
}

#[test]
fn where_nothing_is_better_nothing_is_said() {
    let nothing: [&str; 0] = [];
    // Isolated, and no other link.
    let mut wifi = TestFacts::wifi_only(2);
    wifi.controls(&["pi1", "pi2"], 1..=10).both(PAIR, "wlan0", 1..=10, Lost);
    assert_eq!(selections(&wifi), nothing);
    // The other link is not open either.
    let mut both = TestFacts::of(2);
    both.controls(&["pi1", "pi2"], 1..=10).both(PAIR, "wlan0", 1..=10, Lost);
    both.both(PAIR, "eth0", 1..=10, Lost);
    assert_eq!(selections(&both), nothing);
    // The default route leads over the good link.
    let mut good = campus();
    for host in ["pi1", "pi2"] {
        good.host(host).snapshot.routes[0] = route("0.0.0.0/0", Some("192.168.50.254"), "eth0");
    }
    assert_eq!(selections(&good), nothing);
    // A firewall on the host: the address is right, the filter is wrong.
    let mut filtered = TestFacts::of(2);
    filtered.controls(&["pi1", "pi2"], 1..=5).group(PAIR, 1..=5, Arrives);
    filtered.both(PAIR, "wlan0", 1..=5, Arrives).both(PAIR, "eth0", 1..=3, Answered);
    assert_eq!(selections(&filtered), nothing);
    // The gateway relays what is sent to the address.
    let mut relayed = campus();
    for pair in [PAIR, ("pi2", "pi1")] {
        relayed.put(pair, "wlan0", &ProbeKind::RoutedUdp, 1..=3, Answered);
    }
    assert_eq!(selections(&relayed), nothing);
    // Too few rounds to say that the WiFi isolates.
    let mut short = TestFacts::of(2);
    short.controls(&["pi1", "pi2"], 1..=3).both(PAIR, "wlan0", 1..=3, Lost);
    short.both(PAIR, "eth0", 1..=3, Answered);
    assert_eq!(selections(&short), nothing);
}

#[test]
fn only_who_is_cut_off_is_misled() {
    // Frames to pi1 pass, frames to pi2 do not.
    let mut bench = TestFacts::of(2);
    bench.controls(&["pi1", "pi2"], 1..=10).both(PAIR, "eth0", 1..=3, Answered);
    bench.way(PAIR, "wlan0", 1..=10, Lost).way(("pi2", "pi1"), "wlan0", 1..=10, Answered);
    assert_eq!(selections(&bench), ["dual-homed-selection pi2@wlan0 confirmed"]);
}

#[test]
fn whose_answers_do_not_come_back_is_cut_off_as_well() {
    // What pi2 sends arrives at pi1; what pi1 sends, answers too, does not arrive at pi2.
    let mut bench = TestFacts::of(2);
    bench.controls(&["pi1", "pi2"], 1..=10).both(PAIR, "eth0", 1..=3, Answered);
    bench.way(PAIR, "wlan0", 1..=10, Lost).way(("pi2", "pi1"), "wlan0", 1..=10, Arrives);
    let both =
        ["dual-homed-selection pi1@wlan0 confirmed", "dual-homed-selection pi2@wlan0 confirmed"];
    assert_eq!(selections(&bench), both);
    // An ordinary packet was answered by another way.
    bench.put(("pi2", "pi1"), "wlan0", &ProbeKind::RoutedUdp, 1..=1, Answered);
    assert_eq!(selections(&bench), ["dual-homed-selection pi2@wlan0 confirmed"]);
}

#[test]
fn a_peer_without_that_network_is_judged_by_its_routes() {
    // pi2 has the switch only; pi1's WiFi address is out of its reach.
    let switch_only = || {
        let mut bench = TestFacts::of(2);
        bench.host("pi2").snapshot.links.retain(|link| link.name.as_str() == "eth0");
        bench
            .host("pi2")
            .snapshot
            .routes
            .retain(|route| route.link.as_ref().is_some_and(|link| link.as_str() == "eth0"));
        bench.both(PAIR, "eth0", 1..=3, Answered);
        bench
    };
    assert_eq!(
        switch_only().found(),
        ["dual-homed-selection pi1@wlan0 confirmed", "no-default-route pi2 confirmed"]
    );
    // pi1 is its gateway: Linux takes what is for any of its addresses by any link.
    let mut gateway = switch_only();
    gateway.route("pi2", "0.0.0.0/0", Some("192.168.50.1"), "eth0");
    assert!(selections(&gateway).is_empty(), "{:?}", gateway.found());
    // Another gateway: nobody knows, unless it was tried.
    let mut other = switch_only();
    other.route("pi2", "0.0.0.0/0", Some("192.168.50.254"), "eth0");
    assert!(selections(&other).is_empty());
    for round in 1..=10 {
        let mut sent =
            seen("pi2", Some("pi1"), None, round, ObservedEvent::Sent, ProbeKind::RoutedUdp);
        sent.address = Some(ip("172.20.5.1"));
        other.see(sent);
    }
    assert_eq!(selections(&other), ["dual-homed-selection pi1@wlan0 likely"]);
}

#[test]
fn a_default_route_must_lead_somewhere() {
    let mut none = TestFacts::of(1);
    none.host("pi1").snapshot.routes.remove(0);
    assert_eq!(none.found(), ["no-default-route pi1 confirmed"]);
    let mut down = TestFacts::of(1);
    down.link("pi1", "wlan0").is_up = false;
    assert_eq!(down.found(), ["no-default-route pi1 confirmed"]);
    // The kernel clears the flags of a route after the carrier is back, not with it.
    let mut late = TestFacts::of(1);
    late.host("pi1").snapshot.routes[0].flags = 16;
    assert!(late.found().is_empty());
    // Of a link that is not told of, the flags are all there is.
    let mut dead = TestFacts::of(1);
    dead.host("pi1").snapshot.routes[0] = route("0.0.0.0/0", Some("10.0.0.1"), "ppp0");
    assert!(dead.found().is_empty());
    dead.host("pi1").snapshot.routes[0].flags = 16;
    assert_eq!(dead.found(), ["no-default-route pi1 confirmed"]);
    let mut policy = TestFacts::of(1);
    policy.host("pi1").snapshot.routes[0].table = 100;
    assert_eq!(policy.found(), ["no-default-route pi1 confirmed"]);
    let mut v6 = TestFacts::of(1);
    v6.host("pi1").snapshot.routes[0] = route("::/0", Some("fe80::1"), "wlan0");
    assert!(v6.found().is_empty(), "IPv6 alone is a default route");
    assert!(TestFacts::of(1).found().is_empty());
}

#[test]
fn routers_between_two_networks_are_judged_by_arrivals() {
    // pi1 and pi2 behind routers of their own.
    let apart = |there: u16, back: u16, arrives: bool| {
        let mut bench = TestFacts::wifi_only(2);
        bench.link("pi2", "wlan0").addresses = vec![super::fixture::address("172.21.5.2/16")];
        bench.host("pi2").snapshot.routes = vec![
            route("0.0.0.0/0", Some("172.21.0.1"), "wlan0"),
            route("172.21.0.0/16", None, "wlan0"),
        ];
        bench.controls(&["pi1", "pi2"], 1..=3);
        for (from, to, tries) in [("pi1", "pi2", there), ("pi2", "pi1", back)] {
            for round in 1..=tries {
                bench.see(seen(
                    from,
                    Some(to),
                    None,
                    round,
                    ObservedEvent::Sent,
                    ProbeKind::RoutedUdp,
                ));
                if arrives {
                    let mut arrival = seen(
                        to,
                        Some(from),
                        None,
                        round,
                        ObservedEvent::Arrived,
                        ProbeKind::RoutedUdp,
                    );
                    arrival.link = Some(super::fixture::link_name("wlan0"));
                    bench.see(arrival);
                }
            }
        }
        bench
    };
    assert_eq!(apart(10, 10, false).found(), ["routed-path-blocked pi1>pi2 confirmed"]);
    assert_eq!(apart(5, 5, false).found(), ["routed-path-blocked pi1>pi2 likely"]);
    assert_eq!(apart(4, 10, false).found(), ["routed-path-blocked pi2>pi1 confirmed"]);
    assert!(apart(10, 10, true).found().is_empty());
    assert!(apart(4, 4, false).found().is_empty());
    // Where the two meet on a link of their own, it does not matter.
    let mut meets = apart(10, 10, false);
    for (host, last) in [("pi1", 1), ("pi2", 2)] {
        let mut eth = TestFacts::of(2);
        let link = eth.link(&format!("pi{last}"), "eth0").clone();
        meets.host(host).snapshot.links.push(link);
    }
    meets.both(PAIR, "eth0", 1..=3, Answered);
    assert!(meets.found().iter().all(|found| !found.starts_with("routed")), "{:?}", meets.found());
    // A host whose own gateway is dead proves nothing.
    let mut dead = TestFacts::wifi_only(2);
    dead.facts = apart(10, 10, false).facts;
    dead.facts.observations.retain(|seen| seen.peer.is_some() || seen.host.as_str() == "pi1");
    assert!(dead.found().is_empty(), "{:?}", dead.found());
}

/// What is diagnosed is what kubeadm really takes: half of the internet counts as a default route
/// there, and its kernel's files have it first.
#[test]
fn half_of_the_internet_leads_kubeadm_as_a_default_route_does() {
    let mut bench = TestFacts::of(2);
    bench.controls(&["pi1", "pi2"], 1..=10);
    bench.both(("pi1", "pi2"), "wlan0", 1..=10, Lost).both(("pi1", "pi2"), "eth0", 1..=3, Answered);
    let cut_off = ["pi1", "pi2"].map(|host| format!("dual-homed-selection {host}@wlan0 confirmed"));
    for found in &cut_off {
        assert!(bench.found().contains(found), "{:?}", bench.found());
    }
    // As OpenVPN's def1 does it, here by the wire.
    let halves = "eth0\t00000000\t0132A8C0\t0003\nwlan0\t00000000\t010014AC\t0003\n";
    bench.host("pi1").snapshot.node.proc_net_route = Some(halves.to_owned());
    bench.host("pi1").snapshot.node.proc_net_ipv6_route = Some(String::new());
    assert!(!bench.found().contains(&cut_off[0]), "{:?}", bench.found());
    assert!(bench.found().contains(&cut_off[1]), "{:?}", bench.found());
}
