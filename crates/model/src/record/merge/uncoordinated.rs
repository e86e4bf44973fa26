//! Merges observations of two hosts that each kept its own record.
//!
//! Without a common coordinator a host cannot know whether its peer was running. Both derive round
//! numbers from the clock, so a probe counts only if the peer sent something in that round, too,
//! and both clocks are known to be right. If they are not, and nothing arrived, one round is kept,
//! so that the verdict is undecided instead of good.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::host::HostName;
use crate::net::IfName;
use crate::observation::{ClockSource, Observation, ObservedEvent, ProbeAnswer, ProbeKind};

use super::RecordOrigins;

/// Largest accepted clock error in seconds. Rounds are one second each, and the first host runs
/// long before and after the second.
const CLOCK_S: u64 = 2;

/// Drops the probes between uncoordinated hosts that the peer was not able to receive.
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
        // A loss counts only if the peer was running in that round by a clock that is right. What
        // arrived was sent, whatever the clocks show.
        let was_there = rounds.get(peer).is_some_and(|rounds| rounds.contains(&seen.round));
        let is_timed = known.contains(&seen.host) && known.contains(peer);
        (was_there && is_timed)
            || arrived.contains(&(seen.host.clone(), peer.clone(), seen.round))
            || (was_there && is_first_of_silence(&rounds, &arrived, (&seen.host, peer), seen.round))
    };
    let link = |mut seen: Observation| {
        // A receiver without coordinator does not know the sender's link; the sender's record has
        // it.
        if seen.direction == ObservedEvent::Arrived && seen.asked_link.is_none() {
            let key = seen.peer.clone().map(|peer| (peer, seen.round, seen.kind.clone()));
            seen.asked_link = key.and_then(|key| asked_links.get(&key).cloned());
        }
        seen
    };
    let observations = observations.iter().filter(|seen| counts(seen)).cloned().map(link).collect();
    Facts { run, hosts, observations, intent }
}

/// Whether this is the first round that two hosts have in common and nothing arrived in any round.
/// Wrong clocks make it no evidence of a loss; but if it were dropped, it would look as if nothing
/// had been sent. One round keeps the verdict undecided.
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

/// The link on which each probe left its sender.
fn asked_links(observations: &BTreeSet<Observation>) -> BTreeMap<QuestionKey, IfName> {
    let sent = observations.iter().filter(|seen| seen.direction == ObservedEvent::Sent);
    sent.filter(|seen| seen.peer.is_some())
        .filter_map(|seen| {
            let key = (seen.host.clone(), seen.round, seen.kind.clone());
            Some((key, seen.asked_link.clone()?))
        })
        .collect()
}

/// By host, the rounds in which it sent a probe to a peer.
fn rounds(observations: &BTreeSet<Observation>) -> BTreeMap<HostName, BTreeSet<u16>> {
    let mut rounds: BTreeMap<HostName, BTreeSet<u16>> = BTreeMap::new();
    for seen in observations {
        if seen.direction == ObservedEvent::Sent && seen.peer.is_some() {
            rounds.entry(seen.host.clone()).or_default().insert(seen.round);
        }
    }
    rounds
}

/// Whether an SNTP server confirmed a host's clock within [`CLOCK_S`].
fn is_right(host: &HostName, observations: &BTreeSet<Observation>) -> bool {
    observations.iter().any(|seen| {
        seen.host == *host
            && seen.kind == ProbeKind::Clock { source: ClockSource::Sntp }
            && matches!(&seen.answer, Some(ProbeAnswer::Clock { offset_s }) if offset_s.unsigned_abs() <= CLOCK_S)
    })
}
