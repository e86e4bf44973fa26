//! A host that is another's gateway.

use super::fixture::{TestFacts, host_name, ip, link_name, route, seen};
use pontoon_diagnosis::evidence::{FilterEvidence, RoutingEvidence};
use pontoon_model::code;
use pontoon_model::observation::{ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::snapshot::{BaseChain, FilterOwner, FilterTable};
use pontoon_model::untrusted::Untrusted;

/// Gives a host a filter chain.
pub(super) fn filter(bench: &mut TestFacts, host: &str, hook: &str, is_policy_drop: bool) {
    let kind = if hook == "postrouting" { "nat" } else { "filter" };
    let chain = BaseChain {
        name: Untrusted::new("chain"),
        hook: Untrusted::new(hook),
        kind: Untrusted::new(kind),
        is_policy_drop,
        rules: 1,
        changes_source: hook == "postrouting",
    };
    bench.host(host).snapshot.netfilter.tables.push(FilterTable {
        family: Untrusted::new("ip"),
        name: Untrusted::new("table"),
        chains: vec![chain],
    });
}

/// pi2 has the switch only, and pi1 for its gateway. `answers` came to TTL 1, 2, 64.
fn gateway(answers: [Option<ProbeAnswer>; 3]) -> TestFacts {
    let mut bench = TestFacts::of(2);
    let pi2 = &mut bench.host("pi2").snapshot;
    pi2.links.retain(|link| link.name.as_str() == "eth0");
    pi2.routes = vec![
        route("0.0.0.0/0", Some("192.168.50.1"), "eth0"),
        route("192.168.50.0/24", None, "eth0"),
    ];
    bench.host("pi1").snapshot.forwarding.ipv4 = Some(true);
    for (ttl, answer) in [1, 2, 64].into_iter().zip(answers) {
        for round in 1..=2 {
            let kind = ProbeKind::Hop { ttl };
            let mut hop = seen("pi2", None, Some("eth0"), round, ObservedEvent::Sent, kind);
            hop.address = Some(ip("172.20.0.1"));
            bench.see(hop.clone());
            if round == 1 && answer.is_some() {
                hop.direction = ObservedEvent::Answered;
                hop.answer.clone_from(&answer);
                bench.see(hop);
            }
        }
    }
    bench
}

fn expired(from: &str) -> ProbeAnswer {
    ProbeAnswer::Icmp { kind: 11, code: 0, from: ip(from) }
}

/// The gateway's own word, and silence beyond it.
fn stuck() -> TestFacts {
    gateway([Some(expired("192.168.50.1")), None, None])
}

#[test]
fn a_gateway_that_carries_is_not_accused() {
    let whole = [Some(expired("192.168.50.1")), Some(ProbeAnswer::Reply), Some(ProbeAnswer::Reply)];
    assert!(gateway(whole).found().is_empty());
    // The next router answers, whatever is beyond it.
    let next = [Some(expired("192.168.50.1")), Some(expired("172.20.0.1")), None];
    assert!(gateway(next).found().is_empty());
    // Nothing was asked.
    let mut unasked = stuck();
    unasked.facts.observations.clear();
    assert!(unasked.found().is_empty(), "{:?}", unasked.found());
}

#[test]
fn the_kernel_says_whether_it_forwards() {
    let off = |answers| {
        let mut bench = gateway(answers);
        bench.host("pi1").snapshot.forwarding.ipv4 = Some(false);
        bench
    };
    assert_eq!(off([None, None, None]).found(), ["forwarding-off pi1 confirmed"]);
    let mut unasked = off([None, None, None]);
    unasked.facts.observations.clear();
    assert_eq!(unasked.found(), ["forwarding-off pi1 likely"]);
    // Something came through all the same.
    let through = [None, None, Some(ProbeAnswer::Reply)];
    assert!(off(through).found().is_empty());
    // The link's own switch counts, for questions and for answers.
    for link in ["eth0", "wlan0"] {
        let mut one = stuck();
        one.link("pi1", link).sysctls.forwarding = Some(0);
        assert_eq!(one.found(), ["forwarding-off pi1 confirmed"], "{link}");
    }
    let mut on = stuck();
    on.host("pi1").snapshot.forwarding.ipv4 = Some(false);
    for link in ["eth0", "wlan0"] {
        on.link("pi1", link).sysctls.forwarding = Some(1);
    }
    assert!(on.found().iter().all(|found| !found.starts_with(code::FORWARDING_OFF.as_str())));
}

#[test]
fn a_filter_that_drops_is_told_from_a_missing_masquerade() {
    // Docker: the policy drops, and there is a masquerade.
    let mut docker = stuck();
    filter(&mut docker, "pi1", "forward", true);
    filter(&mut docker, "pi1", "postrouting", false);
    docker.host("pi1").snapshot.netfilter.owners = vec![FilterOwner::Docker];
    assert_eq!(docker.found(), ["forward-drop pi1 confirmed"]);
    let remedies = docker.remedies(code::FORWARD_DROP);
    assert!(remedies[0].contains("DOCKER-USER"), "{remedies:?}");
    // Even the gateway itself is silent: the rest is only likely.
    let mut silent = gateway([None, None, None]);
    filter(&mut silent, "pi1", "forward", true);
    assert_eq!(silent.found(), ["forward-drop pi1 likely"]);
    // Nothing drops, nothing masquerades; wlan0 is a radio.
    assert_eq!(
        stuck().found(),
        ["missing-masquerade pi1@wlan0 likely", "source-guard pi1@wlan0 possible"]
    );
    // By wire there is no access point to guard sources.
    let mut wired = stuck();
    wired.link("pi1", "wlan0").name = link_name("eth1");
    for route in &mut wired.host("pi1").snapshot.routes {
        if route.link == Some(link_name("wlan0")) {
            route.link = Some(link_name("eth1"));
        }
    }
    assert_eq!(wired.found(), ["missing-masquerade pi1@eth1 likely"]);
    // It masquerades and drops nothing: the trouble is further up.
    let mut upstream = stuck();
    filter(&mut upstream, "pi1", "postrouting", false);
    assert!(upstream.found().is_empty(), "{:?}", upstream.found());
    // Older iptables tables masquerade, too.
    let mut legacy = stuck();
    legacy.host("pi1").snapshot.netfilter.legacy_tables = vec![Untrusted::new("nat")];
    assert!(legacy.found().is_empty(), "{:?}", legacy.found());
    // The rules could not be read.
    let mut unread = stuck();
    unread.host("pi1").snapshot.netfilter.is_readable = false;
    assert_eq!(unread.found(), ["forward-drop pi1 undecided"]);
}

#[test]
fn names_do_not_resolve_behind_a_gateway_that_is_stuck() {
    let mut bench = stuck();
    for round in 1..=2 {
        let kind = ProbeKind::Dns { query: pontoon_model::observation::DnsQuery::Known };
        let mut query = seen("pi2", None, Some("eth0"), round, ObservedEvent::Sent, kind);
        query.address = Some(ip("203.0.113.53"));
        bench.see(query);
    }
    assert!(bench.found().iter().all(|found| !found.starts_with("dns")), "{:?}", bench.found());
}

#[test]
fn one_client_that_comes_through_clears_the_gateway() {
    for through in ["pi2", "pi3"] {
        let mut bench = stuck();
        let mut third = TestFacts::of(3).facts.hosts.remove(&host_name("pi3")).unwrap();
        third.snapshot.links.retain(|link| link.name.as_str() == "eth0");
        third.snapshot.routes = vec![route("0.0.0.0/0", Some("192.168.50.1"), "eth0")];
        bench.facts.hosts.insert(host_name("pi3"), third);
        for host in ["pi2", "pi3"] {
            let kind = ProbeKind::Hop { ttl: 64 };
            let mut hop = seen(host, None, Some("eth0"), 3, ObservedEvent::Sent, kind);
            hop.address = Some(ip("172.20.0.1"));
            bench.see(hop.clone());
            if host == through {
                hop.direction = ObservedEvent::Answered;
                hop.answer = Some(ProbeAnswer::Reply);
                bench.see(hop);
            }
        }
        assert!(bench.found().is_empty(), "{through}: {:?}", bench.found());
    }
}

#[test]
fn only_what_was_sent_beyond_the_gateway_counts() {
    // TTL 1 ends at the gateway: its silence says nothing about what it forwards.
    let mut first = gateway([None, None, None]);
    first.facts.observations.retain(|seen| seen.kind == ProbeKind::Hop { ttl: 1 });
    filter(&mut first, "pi1", "forward", true);
    assert!(first.found().is_empty(), "{:?}", first.found());
    // A ladder towards a peer took another way.
    let mut peer = stuck();
    filter(&mut peer, "pi1", "forward", true);
    let mut hop = seen(
        "pi2",
        Some("pi1"),
        Some("eth0"),
        1,
        ObservedEvent::Answered,
        ProbeKind::Hop { ttl: 64 },
    );
    hop.answer = Some(ProbeAnswer::Reply);
    peer.see(hop);
    assert_eq!(peer.found(), ["forward-drop pi1 confirmed"]);
    // A chain that drops, and packets that come through all the same.
    let whole = [None, Some(ProbeAnswer::Reply), Some(ProbeAnswer::Reply)];
    let mut open = gateway(whole);
    filter(&mut open, "pi1", "forward", true);
    assert!(open.found().is_empty(), "{:?}", open.found());
}

#[test]
fn rules_that_may_drop_are_possible_and_their_owner_is_named() {
    let accepting = |rules: u32| {
        let mut bench = stuck();
        filter(&mut bench, "pi1", "forward", false);
        filter(&mut bench, "pi1", "postrouting", false);
        bench.host("pi1").snapshot.netfilter.tables[0].chains[0].rules = rules;
        bench
    };
    assert_eq!(accepting(1).found(), ["forward-drop pi1 possible"]);
    assert!(accepting(0).found().is_empty());
    // What drops only what comes in for the host itself forwards all the same.
    let mut input = stuck();
    filter(&mut input, "pi1", "input", true);
    input.host("pi1").snapshot.netfilter.is_readable = true;
    assert!(input.found().iter().all(|found| !found.starts_with(code::FORWARD_DROP.as_str())));

    let mut ufw = stuck();
    filter(&mut ufw, "pi1", "forward", true);
    ufw.host("pi1").snapshot.netfilter.owners = vec![FilterOwner::Other, FilterOwner::Ufw];
    let (pi1, pi2) = (host_name("pi1"), host_name("pi2"));
    assert_eq!(
        ufw.evidence(code::FORWARD_DROP)[1..],
        [
            FilterEvidence::ForwardPolicyDrop {
                host: pi1.clone(),
                chain: Untrusted::new("chain"),
                owner: Some(FilterOwner::Ufw),
            }
            .into(),
            RoutingEvidence::NoReplyBeyond {
                gateway: pi1,
                client: pi2,
                sent: 4,
                reports_expiry: true,
            }
            .into(),
        ]
    );
    let remedies = ufw.remedies(code::FORWARD_DROP);
    assert!(remedies[0].contains("ufw route allow in on eth0 out on wlan0"), "{remedies:?}");
}

#[test]
fn names_of_who_is_not_behind_that_gateway_are_judged() {
    let mut bench = stuck();
    for round in 1..=2 {
        let kind = ProbeKind::Dns { query: pontoon_model::observation::DnsQuery::Known };
        let mut query = seen("pi1", None, Some("wlan0"), round, ObservedEvent::Sent, kind);
        query.address = Some(ip("203.0.113.53"));
        bench.see(query);
    }
    assert!(bench.found().contains(&"dns-dead pi1>203.0.113.53 likely".to_owned()));
}
