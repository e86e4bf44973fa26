//! What diagnoses carry: the evidence, and the command that fits.

use super::fixture::ProbeFate::{Answered, Arrives, Lost};
use super::fixture::{TestFacts, host_name, route};
use super::forwarding::filter;
use pontoon_diagnosis::Certainty::{Confirmed, Possible};
use pontoon_diagnosis::evidence::{
    ControlTarget, EndControl, FilterEvidence, FrameEvidence, RoundProbes, SenderRounds,
};
use pontoon_model::code;
use pontoon_model::observation::ProbeKind;
use pontoon_model::snapshot::FilterOwner;
use pontoon_model::untrusted::Untrusted;

const PAIR: (&str, &str) = ("pi1", "pi2");

fn nothing_arrived(from: &str, to: &str, with_working_links: usize) -> FrameEvidence {
    FrameEvidence::NoRoundArrived {
        from: host_name(from),
        to: host_name(to),
        sent: 10,
        probes: RoundProbes::UnicastUdpAndPing,
        with_working_links,
    }
}

#[test]
fn isolation_has_what_was_sent_and_what_worked_meanwhile() {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1"], 1..=10).controls(&["pi2"], 1..=9);
    bench.both(PAIR, "wlan0", 1..=10, Lost).group(PAIR, 1..=2, Lost);
    let end = |host, rounds| EndControl {
        host: host_name(host),
        reached: ControlTarget::Gateway { rounds },
    };
    assert_eq!(
        bench.evidence(code::CLIENT_ISOLATION),
        [
            nothing_arrived("pi1", "pi2", 9).into(),
            nothing_arrived("pi2", "pi1", 9).into(),
            FrameEvidence::ReachedMeanwhile { ends: vec![end("pi1", 10), end("pi2", 9)] }.into(),
        ]
    );
    // Broadcast that passes, and the way by the gateway, are evidence where they were seen.
    bench.controls(&["pi2"], 10..=10).group(PAIR, 3..=3, Arrives);
    bench.put(PAIR, "wlan0", &ProbeKind::Bounce, 1..=1, Arrives);
    let evidence = bench.evidence(code::CLIENT_ISOLATION);
    assert_eq!(evidence[0], nothing_arrived("pi1", "pi2", 10).into());
    assert!(evidence.contains(&FrameEvidence::OnlyUnicastDropped.into()), "{evidence:?}");
    assert!(evidence.contains(&FrameEvidence::RelayedByGateway.into()), "{evidence:?}");
}

#[test]
fn isolation_names_the_link_that_works() {
    let mut bench = TestFacts::of(2);
    bench.controls(&["pi1", "pi2"], 1..=10).both(PAIR, "wlan0", 1..=10, Lost);
    bench.both(PAIR, "eth0", 1..=3, Answered);
    let remedies = bench.remedies(code::CLIENT_ISOLATION);
    assert_eq!(remedies[0], "use eth0 between pi1 and pi2, where frames pass");
    assert!(remedies[1].contains("02:aa:00:00:01:02 and 02:aa:00:00:02:02"), "{remedies:?}");
}

#[test]
fn suppression_counts_what_it_compares() {
    let mut bench = TestFacts::wifi_only(2);
    bench.controls(&["pi1", "pi2"], 1..=5).both(PAIR, "wlan0", 1..=5, Arrives);
    bench.group(PAIR, 1..=4, Lost);
    let rounds = |from, sent, arrived| SenderRounds { from: host_name(from), sent, arrived };
    assert_eq!(
        bench.evidence(code::GROUP_SUPPRESSION),
        [
            FrameEvidence::UnicastRounds {
                by_sender: vec![rounds("pi1", 5, 5), rounds("pi2", 5, 5)]
            }
            .into(),
            FrameEvidence::NoGroupFrameArrived {
                by_sender: vec![rounds("pi1", 4, 0), rounds("pi2", 4, 0)]
            }
            .into(),
            FrameEvidence::ArpUnresolved.into(),
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
        let remedies = bench.remedies(code::HOST_FIREWALL);
        assert!(remedies[0].contains(word), "{remedies:?}");
        let (host, owners) = (host_name("pi2"), owner.into_iter().collect());
        let filtered = FilterEvidence::InputFiltered { host, owners };
        let evidence = bench.evidence(code::HOST_FIREWALL);
        assert!(evidence.contains(&filtered.into()), "{evidence:?}");
    }
}

#[test]
fn only_what_can_drop_what_comes_in_counts_as_a_filter() {
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
    for (hook, kind, drops, rules, certainty) in table {
        let mut bench = firewalled();
        filter(&mut bench, "pi2", hook, drops);
        let chain = &mut bench.host("pi2").snapshot.netfilter.tables[0].chains[0];
        chain.kind = Untrusted::new(kind);
        chain.rules = rules;
        let found = bench.diagnosis(code::HOST_FIREWALL).unwrap();
        assert_eq!(found.certainty, certainty, "{hook} {kind} {drops} {rules}");
    }
    for (table, certainty) in [("filter", Confirmed), ("nat", Possible)] {
        let mut bench = firewalled();
        bench.host("pi2").snapshot.netfilter.legacy_tables = vec![Untrusted::new(table)];
        let found = bench.diagnosis(code::HOST_FIREWALL).unwrap();
        assert_eq!(found.certainty, certainty, "{table}");
    }
}

#[test]
fn a_host_that_answers_by_another_way_is_not_filtered() {
    // Its route to the asker leads elsewhere, or nowhere.
    let mut elsewhere = firewalled();
    elsewhere.route("pi2", "172.20.5.1/32", None, "eth0");
    assert!(elsewhere.diagnosis(code::HOST_FIREWALL).is_none());
    let mut nowhere = firewalled();
    nowhere.host("pi2").snapshot.routes = vec![route("192.168.50.0/24", None, "eth0")];
    assert!(nowhere.diagnosis(code::HOST_FIREWALL).is_none());
    // The asker would drop the answer: its own strict filter, and a route that leads elsewhere.
    let mut drops = firewalled();
    drops.link("pi1", "wlan0").sysctls.rp_filter = Some(1);
    drops.route("pi1", "172.20.5.2/32", None, "eth0");
    assert!(drops.diagnosis(code::HOST_FIREWALL).is_none());
}
