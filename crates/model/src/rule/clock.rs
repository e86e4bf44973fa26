//! Clocks that are wrong: certificates look expired or not yet valid, tokens are refused.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::finding::{Level, Proven, Scope};
use crate::host::HostName;
use crate::observation::{Answer, ClockSource, Direction, Kind};

use super::case::Case;

/// Seconds of difference worth a word: tokens of Kubernetes are checked with less leeway.
const SKEW_S: u64 = 60;
/// Seconds with which certificates fail: a day.
const OFF_S: u64 = 86_400;

/// More than a day.
pub(super) fn clock_off(case: &Case<'_>) -> Vec<Proven> {
    let facts = case.facts;
    judged(facts, |offset| offset > OFF_S)
}

/// More than a minute.
pub(super) fn clock_skew(case: &Case<'_>) -> Vec<Proven> {
    let facts = case.facts;
    judged(facts, |offset| (SKEW_S + 1..=OFF_S).contains(&offset))
}

fn judged(facts: &Facts, is_wrong: impl Fn(u64) -> bool) -> Vec<Proven> {
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
            Proven::new(Scope::host(host), level, because)
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
        if let (Kind::Clock { source }, Direction::Answered, Some(Answer::Clock { offset_s })) =
            (&seen.kind, seen.direction, &seen.answer)
        {
            let told = offsets.entry(&seen.host).or_default().entry(*source).or_insert(*offset_s);
            if offset_s.unsigned_abs() < told.unsigned_abs() {
                *told = *offset_s;
            }
        }
    }
    offsets
}
