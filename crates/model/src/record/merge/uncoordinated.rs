//! What two hosts saw of each other when each kept its own record.
//!
//! A host that asks another without a common coordinator cannot know whether the other was there.
//! Both count rounds by the clock: a question counts only where the other host asked something,
//! too, in that round, and where both clocks are known to be right. Where they are not, and nothing
//! arrived, one round is left, so that the verdict is undecided and not that all is well.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::host::HostName;
use crate::net::IfName;
use crate::observation::{ClockSource, Observation, ObservedEvent, ProbeAnswer, ProbeKind};

use super::RecordOrigins;

/// Seconds by which a clock may be wrong: rounds are seconds, and the first host is there long
/// before and after the second.
const CLOCK_S: u64 = 2;

/// Keeps of such questions those that the other host could have missed.
pub(super) fn joined(facts: Facts, origins: &RecordOrigins) -> Facts {
    // Hosts without a record in common had no coordinator in common.
    let are_strangers = |one: &HostName, other: &HostName| {
        let records = |host| origins.get(host);
        records(one).zip(records(other)).is_some_and(|(one, other)| one.is_disjoint(other))
    };
    let Facts { run, hosts, observations, intent } = facts;
    let asked_links = asked_links(&observations);
    let rounds = rounds(&observations);
    let arrived: BTreeSet<_> = observations
        .iter()
        .filter(|seen| seen.direction == ObservedEvent::Arrived)
        .filter_map(|seen| Some((seen.peer.clone()?, seen.host.clone(), seen.round)))
        .collect();
    let known: BTreeSet<_> = hosts
        .iter()
        .filter(|(name, host)| {
            host.snapshot.clock.is_synchronised == Some(true) || is_right(name, &observations)
        })
        .map(|(name, _)| name.clone())
        .collect();
    let counts = |seen: &Observation| {
        let Some(peer) = &seen.peer else { return true };
        if seen.direction != ObservedEvent::Sent || !are_strangers(&seen.host, peer) {
            return true;
        }
        let was_there = rounds.get(peer).is_some_and(|rounds| rounds.contains(&seen.round));
        let is_timed = known.contains(&seen.host) && known.contains(peer);
        (was_there && is_timed)
            || arrived.contains(&(seen.host.clone(), peer.clone(), seen.round))
            || (was_there && is_first_of_silence(&rounds, &arrived, (&seen.host, peer), seen.round))
    };
    let link = |mut seen: Observation| {
        if seen.direction == ObservedEvent::Arrived && seen.asked_link.is_none() {
            let key = seen.peer.clone().map(|peer| (peer, seen.round, seen.kind.clone()));
            seen.asked_link = key.and_then(|key| asked_links.get(&key).cloned());
        }
        seen
    };
    let observations = observations.iter().filter(|seen| counts(seen)).cloned().map(link).collect();
    Facts { run, hosts, observations, intent }
}

/// Whether this is the first round that two hosts had in common, of which nothing arrived at all.
/// By clocks that may be wrong it proves nothing; left out, it would seem that nobody had asked. One
/// round keeps the question open: undecided.
fn is_first_of_silence(
    rounds: &BTreeMap<HostName, BTreeSet<u16>>,
    arrived: &BTreeSet<(HostName, HostName, u16)>,
    (one, other): (&HostName, &HostName),
    round: u16,
) -> bool {
    let is_between = |(from, to, _): &(HostName, HostName, u16)| {
        (from == one && to == other) || (from == other && to == one)
    };
    let (Some(of_one), Some(of_other)) = (rounds.get(one), rounds.get(other)) else { return false };
    of_one.intersection(of_other).next() == Some(&round) && !arrived.iter().any(is_between)
}

type QuestionKey = (HostName, u16, ProbeKind);

/// By which link each question left.
fn asked_links(observations: &BTreeSet<Observation>) -> BTreeMap<QuestionKey, IfName> {
    let sent = observations.iter().filter(|seen| seen.direction == ObservedEvent::Sent);
    sent.filter(|seen| seen.peer.is_some())
        .filter_map(|seen| {
            let key = (seen.host.clone(), seen.round, seen.kind.clone());
            Some((key, seen.asked_link.clone()?))
        })
        .collect()
}

/// Rounds in which a host asked another.
fn rounds(observations: &BTreeSet<Observation>) -> BTreeMap<HostName, BTreeSet<u16>> {
    let mut rounds: BTreeMap<HostName, BTreeSet<u16>> = BTreeMap::new();
    for seen in observations {
        if seen.direction == ObservedEvent::Sent && seen.peer.is_some() {
            rounds.entry(seen.host.clone()).or_default().insert(seen.round);
        }
    }
    rounds
}

/// Whether a time server said that a host's clock is right.
fn is_right(host: &HostName, observations: &BTreeSet<Observation>) -> bool {
    observations.iter().any(|seen| {
        seen.host == *host
            && seen.kind == ProbeKind::Clock { source: ClockSource::Sntp }
            && matches!(&seen.answer, Some(ProbeAnswer::Clock { offset_s }) if offset_s.unsigned_abs() <= CLOCK_S)
    })
}
