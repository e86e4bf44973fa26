//! Clocks that are wrong: certificates look expired or not yet valid, tokens are refused.

use std::collections::BTreeMap;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::ServiceEvidence;
use pontoon_diagnosis::{Certainty, DiagnosisScope, DistinguishingCheck, Remedy};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::observation::{ClockSource, ObservedEvent, ProbeAnswer, ProbeKind};

use super::rule_context::RuleContext;

/// Seconds of difference that are reported: tokens of Kubernetes are checked with less leeway.
const SKEW_S: u64 = 60;
/// Difference in seconds with which certificates fail: a day.
const OFF_S: u64 = 86_400;

/// A clock that is off by more than a day.
pub(super) fn clock_off(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    judged(facts, |offset| offset > OFF_S)
}

/// A clock that is off by more than a minute.
pub(super) fn clock_skew(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    judged(facts, |offset| (SKEW_S + 1..=OFF_S).contains(&offset))
}

/// Milliseconds beyond which etcd says `prober found high clock drift` of a member
/// (`monitorProbingStatus` in etcd's `server/etcdserver/api/rafthttp/probing_status.go`).
const DRIFT_MS: u64 = 1_000;

/// Clocks of two hosts that differ by more than a second, whichever is right.
pub(super) fn clock_skew_between_hosts(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let hosts = case.facts.hosts.iter();
    let mut clocks: Vec<_> = hosts
        .filter_map(|(name, host)| Some((host.snapshot.clock.difference?, name, host)))
        .collect();
    clocks.sort_by_key(|(clock, name, _)| (clock.offset_ms, *name));
    // Of two, the later: without a clock chip a host starts in the past.
    let Some((usual, middle, of_middle)) = clocks.get(clocks.len() / 2).copied() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (clock, host, facts) in &clocks {
        let apart = clock.offset_ms.abs_diff(usual.offset_ms);
        let unsure = u64::from(clock.uncertainty_ms) + u64::from(usual.uncertainty_ms);
        if *host == middle || apart.saturating_sub(unsure) <= DRIFT_MS {
            continue;
        }
        let mut evidence = vec![ServiceEvidence::ClocksApart {
            host: (*host).clone(),
            other: middle.clone(),
            ahead_ms: clock.offset_ms.saturating_sub(usual.offset_ms),
            uncertainty_ms: unsure,
        }];
        for (name, facts) in [(*host, *facts), (middle, of_middle)] {
            if facts.snapshot.clock.is_synchronised == Some(false) {
                evidence.push(ServiceEvidence::ClockUnsynchronised { host: name.clone() });
            }
        }
        let scope = DiagnosisScope { to: Some(middle.clone()), ..DiagnosisScope::host(host) };
        found.push(RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([
            Remedy::command(SYNCHRONISE).to("on both, with the same time servers for all nodes"),
            Remedy::action(format!(
                "without internet: let chrony on {middle} serve the time to the others"
            )),
        ]));
    }
    found
}

/// What turns on NTP on a host with systemd.
const SYNCHRONISE: &str = "sudo timedatectl set-ntp true";

fn judged(facts: &Facts, is_wrong: impl Fn(u64) -> bool) -> Vec<RuleMatch> {
    let mut found = Vec::new();
    for (host, offsets) in offsets(facts) {
        let Some(first) = offsets.values().copied().find(|offset| is_wrong(offset.unsigned_abs()))
        else {
            continue;
        };
        let agree = offsets.values().all(|other| other.abs_diff(first) <= SKEW_S);
        let certainty = match (agree, offsets.len()) {
            (true, 2..) => Certainty::Confirmed,
            (true, _) => Certainty::Likely,
            (false, _) => Certainty::Undecided,
        };
        let evidence = offsets.iter().map(|(source, offset)| ServiceEvidence::ClockOffset {
            host: host.clone(),
            source: *source,
            behind_s: *offset,
        });
        found.push(
            RuleMatch::new(DiagnosisScope::host(host), certainty, evidence)
                .with_remedies([
                    Remedy::on(host, SYNCHRONISE)
                        .to("wait afterwards until timedatectl reports it as synchronized"),
                    Remedy::on(host, "sudo date -u -s 'YYYY-MM-DD HH:MM:SS'")
                        .to("set it once by hand; a Pi has no clock chip"),
                ])
                .distinguished_by(DistinguishingCheck::by_fact(
                    "a second source of time that agrees (--server, or a page with a Date header)",
                )),
        );
    }
    found
}

/// The offset of each host's clock by each source: the smallest that was measured, because a slow
/// answer makes it larger.
fn offsets(facts: &Facts) -> BTreeMap<&HostName, BTreeMap<ClockSource, i64>> {
    let mut offsets: BTreeMap<&HostName, BTreeMap<ClockSource, i64>> = BTreeMap::new();
    for seen in &facts.observations {
        if let (
            ProbeKind::Clock { source },
            ObservedEvent::Answered,
            Some(ProbeAnswer::Clock { offset_s }),
        ) = (&seen.kind, seen.direction, &seen.answer)
        {
            let told = offsets.entry(&seen.host).or_default().entry(*source).or_insert(*offset_s);
            if offset_s.unsigned_abs() < told.unsigned_abs() {
                *told = *offset_s;
            }
        }
    }
    offsets
}
