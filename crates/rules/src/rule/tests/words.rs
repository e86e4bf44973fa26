//! What findings say: the evidence, and the command that fits.

use super::fixture::ProbeFate::{Answered, Arrives, Lost};
use super::fixture::{TestFacts, route};
use super::forwarding::filter;
use crate::rule::diagnose;
use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::finding::Finding;
use pontoon_model::observation::ProbeKind;
use pontoon_model::snapshot::FilterOwner;
use pontoon_model::untrusted::Untrusted;

const PAIR: (&str, &str) = ("pi1", "pi2");

fn finding(bench: &TestFacts, code: DiagnosisCode) -> Option<Finding> {
    diagnose(&bench.facts).into_iter().find(|finding| finding.code == code)
}

#[test]
fn isolation_says_what_was_sent_and_what_worked_meanwhile() {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1"], 1..=10).controls(&["pi2"], 1..=9);
    bench.both(PAIR, "wlan0", 1..=10, Lost).group(PAIR, 1..=2, Lost);
    let because = finding(&bench, code::CLIENT_ISOLATION).unwrap().because;
    assert_eq!(
        because,
        [
            "0 of 10 rounds from pi1 to pi2 arrived (UDP and ping to its own MAC; in 9 of them \
             both ends reached their gateways)",
            "0 of 10 rounds from pi2 to pi1 arrived (UDP and ping to its own MAC; in 9 of them \
             both ends reached their gateways)",
            "meanwhile pi1 reached its gateway in 10 rounds, pi2 reached its gateway in 9 rounds",
        ]
    );
    // Broadcast that passes, and the way by the gateway, are told when they were seen.
    bench.controls(&["pi2"], 10..=10).group(PAIR, 3..=3, Arrives);
    bench.put(PAIR, "wlan0", &ProbeKind::Bounce, 1..=1, Arrives);
    let because = finding(&bench, code::CLIENT_ISOLATION).unwrap().because;
    assert_eq!(because[0], "0 of 10 rounds from pi1 to pi2 arrived (UDP and ping to its own MAC)");
    assert!(because.iter().any(|line| line.contains("only frames for one host")), "{because:?}");
    assert!(because.iter().any(|line| line.contains("filters frames, not packets")), "{because:?}");
}

#[test]
fn isolation_names_the_link_that_works() {
    let mut bench = TestFacts::of(2);
    bench.controls(&["pi1", "pi2"], 1..=10).both(PAIR, "wlan0", 1..=10, Lost);
    bench.both(PAIR, "eth0", 1..=3, Answered);
    let advice = finding(&bench, code::CLIENT_ISOLATION).unwrap().advice;
    assert_eq!(advice[0], "let pi1 and pi2 talk over eth0, where frames pass");
    assert!(advice[1].contains("02:aa:00:00:01:02 and 02:aa:00:00:02:02"), "{advice:?}");
}

#[test]
fn suppression_counts_what_it_compares() {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1", "pi2"], 1..=5).both(PAIR, "wlan0", 1..=5, Arrives);
    bench.group(PAIR, 1..=4, Lost);
    let because = finding(&bench, code::GROUP_SUPPRESSION).unwrap().because;
    assert_eq!(
        because,
        [
            "frames to one MAC arrive: 5 of 5 rounds from pi1, 5 of 5 from pi2",
            "broadcast, multicast and ARP requests do not: 0 of 4 from pi1, 0 of 4 from pi2",
            "so ARP finds nobody, and answers cannot be addressed",
        ]
    );
}

/// pi2 answers nothing on wlan0.
fn firewalled() -> TestFacts {
    let mut bench = TestFacts::of(2);
    bench.controls(&["pi1", "pi2"], 1..=5).group(PAIR, 1..=5, Arrives);
    bench.way(PAIR, "wlan0", 1..=5, Arrives).way(("pi2", "pi1"), "wlan0", 1..=5, Answered);
    bench
}

#[test]
fn a_firewall_is_opened_by_the_tool_that_keeps_it() {
    for (owner, word) in [
        (Some(FilterOwner::Ufw), "ufw allow from 172.20.0.0/16"),
        (Some(FilterOwner::Firewalld), "firewall-cmd --permanent --zone=trusted"),
        (None, "nft list ruleset"),
    ] {
        let mut bench = firewalled();
        filter(&mut bench, "pi2", "input", true);
        bench.host("pi2").snapshot.netfilter.owners = owner.into_iter().collect();
        let found = finding(&bench, code::HOST_FIREWALL).unwrap();
        assert!(found.advice[0].contains(word), "{:?}", found.advice);
        let name = match owner {
            Some(FilterOwner::Ufw) => "ufw",
            Some(FilterOwner::Firewalld) => "firewalld",
            _ => "rules of its own",
        };
        let line = format!("pi2 filters what comes in: {name}");
        assert!(found.because.contains(&line), "{:?}", found.because);
    }
}

#[test]
fn only_what_can_drop_what_comes_in_counts_as_a_filter() {
    use pontoon_model::finding::Level::{Confirmed, Possible};
    let table = [
        ("input", "filter", true, 0, Confirmed),
        ("input", "filter", false, 1, Confirmed),
        ("prerouting", "filter", false, 1, Confirmed),
        ("ingress", "filter", false, 1, Confirmed),
        ("input", "filter", false, 0, Possible),
        ("input", "nat", false, 1, Possible),
        ("forward", "filter", true, 1, Possible),
        ("output", "filter", true, 1, Possible),
    ];
    for (hook, kind, drops, rules, level) in table {
        let mut bench = firewalled();
        filter(&mut bench, "pi2", hook, drops);
        let chain = &mut bench.host("pi2").snapshot.netfilter.tables[0].chains[0];
        chain.kind = Untrusted::new(kind);
        chain.rules = rules;
        let found = finding(&bench, code::HOST_FIREWALL).unwrap();
        assert_eq!(found.level, level, "{hook} {kind} {drops} {rules}");
    }
    for (table, level) in [("filter", Confirmed), ("nat", Possible)] {
        let mut bench = firewalled();
        bench.host("pi2").snapshot.netfilter.legacy_tables = vec![Untrusted::new(table)];
        assert_eq!(finding(&bench, code::HOST_FIREWALL).unwrap().level, level, "{table}");
    }
}

#[test]
fn a_host_that_answers_by_another_way_is_not_filtered() {
    // Its route to the asker leads elsewhere, or nowhere.
    let mut elsewhere = firewalled();
    elsewhere.route("pi2", "172.20.5.1/32", None, "eth0");
    assert!(finding(&elsewhere, code::HOST_FIREWALL).is_none());
    let mut nowhere = firewalled();
    nowhere.host("pi2").snapshot.routes = vec![route("192.168.50.0/24", None, "eth0")];
    assert!(finding(&nowhere, code::HOST_FIREWALL).is_none());
    // The asker would drop the answer: its own strict filter, and a route that leads elsewhere.
    let mut drops = firewalled();
    drops.link("pi1", "wlan0").sysctls.rp_filter = Some(1);
    drops.route("pi1", "172.20.5.2/32", None, "eth0");
    assert!(finding(&drops, code::HOST_FIREWALL).is_none());
}
