//! Clocks that are wrong: certificates look expired or not yet valid, tokens are refused.

use std::collections::BTreeMap;

use super::row::RuleMatch;
use pontoon_model::facts::Facts;
use pontoon_model::finding::{DiagnosisScope, Level};
use pontoon_model::host::HostName;
use pontoon_model::observation::{ClockSource, ObservedEvent, ProbeAnswer, ProbeKind};

use super::rule_context::RuleContext;

/// Smallest reported difference in seconds: Kubernetes checks tokens with less leeway.
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
        let side = if clock.offset_ms < usual.offset_ms { "behind" } else { "ahead of" };
        let mut because = vec![format!(
            "{host}'s clock is {} s {side} {middle}'s, give or take {} s",
            tenths(apart),
            tenths(unsure)
        )];
        for (name, facts) in [(*host, *facts), (middle, of_middle)] {
            if facts.snapshot.clock.is_synchronised == Some(false) {
                because.push(format!("{name}'s kernel says that nobody keeps its clock"));
            }
        }
        let scope = DiagnosisScope { to: Some(middle.clone()), ..DiagnosisScope::host(host) };
        found.push(
            RuleMatch::new(scope, Level::Confirmed, because).advise([
                "on both: sudo timedatectl set-ntp true, and the same time servers for all nodes"
                    .to_owned(),
                format!("without internet: let chrony on {middle} serve the time to the others"),
            ]),
        );
    }
    found
}

/// Seconds with one digit behind the point.
fn tenths(ms: u64) -> String {
    let tenths = ms.saturating_add(50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn judged(facts: &Facts, is_wrong: impl Fn(u64) -> bool) -> Vec<RuleMatch> {
    let mut found = Vec::new();
    for (host, offsets) in offsets(facts) {
        let Some(first) = offsets.values().copied().find(|offset| is_wrong(offset.unsigned_abs()))
        else {
            continue;
        };
        let agree = offsets.values().all(|other| other.abs_diff(first) <= SKEW_S);
        let level = match (agree, offsets.len()) {
            (true, 2..) => Level::Confirmed,
            (true, _) => Level::Likely,
            (false, _) => Level::Undecided,
        };
        let because = offsets.iter().map(|(source, offset)| said(host, *source, *offset)).collect();
        found.push(
            RuleMatch::new(DiagnosisScope::host(host), level, because)
                .advise([
                    format!("on {host}: sudo timedatectl set-ntp true, and wait until timedatectl says synchronized"),
                    format!("or once by hand on {host}: sudo date -u -s '...'; a Pi has no clock chip"),
                ])
                .or_decide("a second source of time that agrees (--server, or a page with a Date header)"),
        );
    }
    found
}

fn said(host: &HostName, source: ClockSource, offset: i64) -> String {
    let who = match source {
        ClockSource::Sntp => "a time server (SNTP)",
        ClockSource::HttpDate => "a web server's Date header",
    };
    let side = if offset > 0 { "behind" } else { "ahead" };
    format!("by {who}, {host}'s clock is {} {side}", span(offset.unsigned_abs()))
}

/// A span in the largest unit that fits twice.
fn span(seconds: u64) -> String {
    match seconds {
        172_800.. => format!("{} days", seconds / 86_400),
        7_200.. => format!("{} hours", seconds / 3_600),
        120.. => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}

/// What each source says of each host's clock: the smallest difference it told, for a slow answer
/// makes it larger.
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
