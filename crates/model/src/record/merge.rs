//! Merges the records of several hosts of one run.

mod uncoordinated;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::facts::{Facts, HostFacts, RunParameters};
use crate::host::HostName;
use crate::net::Mac;
use crate::observation::{Observation, RunId};
use crate::record::{HOSTS_MAX, Record};

/// Records that cannot be merged.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// No record was given.
    #[error("there is no record to read")]
    Nothing,
    /// The records come from different runs.
    #[error(
        "the records come from different runs ({first} and {other}): start both hosts with the \
         same `--pair CODE`"
    )]
    DifferentRuns {
        /// The run of the first record.
        first: RunId,
        /// The run that differs.
        other: RunId,
    },
    /// Two records have different facts about the same machine.
    #[error("two records tell different things about {host} in the same run: leave one out")]
    TwoStories {
        /// The host that both records describe.
        host: HostName,
    },
    /// Together they have more than [`HOSTS_MAX`] hosts.
    #[error("together the records have more than {HOSTS_MAX} hosts")]
    ManyHosts,
}

/// Merges records of the same run.
///
/// Two machines with the same name (every fresh Pi is called `raspberrypi`) get different names:
/// the second becomes `raspberrypi-2`. A peer that one record knows only by address gets the name
/// that its own record has.
///
/// # Errors
///
/// See [`MergeError`].
pub fn merge(records: impl IntoIterator<Item = Record>) -> Result<Record, MergeError> {
    let mut records = records.into_iter();
    let Record { mut facts, mut unreached } = records.next().ok_or(MergeError::Nothing)?;
    let mut origins = RecordOrigins::new();
    note(&mut origins, 0, &facts);
    for (number, record) in (1..).zip(records) {
        if record.facts.run != facts.run {
            return Err(MergeError::DifferentRuns { first: facts.run, other: record.facts.run });
        }
        let record_facts = with_own_names(&facts, record.facts)?;
        note(&mut origins, number, &record_facts);
        add(&mut facts, record_facts);
        unreached.extend(record.unreached);
        if facts.hosts.len() > HOSTS_MAX {
            return Err(MergeError::ManyHosts);
        }
    }
    // Names first: hosts without a coordinator know each other by address only.
    let facts = uncoordinated::joined(named(facts), &origins);
    // A host that one record could not reach may have written a record itself.
    unreached.retain(|host, _| !facts.hosts.contains_key(host));
    Ok(Record { facts, unreached })
}

/// By host, the numbers of the records that have its snapshot.
type RecordOrigins = BTreeMap<HostName, BTreeSet<usize>>;

fn note(origins: &mut RecordOrigins, number: usize, facts: &Facts) {
    for host in facts.hosts.keys() {
        origins.entry(host.clone()).or_default().insert(number);
    }
}

fn add(whole: &mut Facts, record: Facts) {
    whole.hosts.extend(record.hosts);
    whole.observations.extend(record.observations);
    let RunParameters { pod_cidr, service_cidr, server, one_ended } = record.intent;
    let intent = &mut whole.intent;
    // The parameters of the first record that has them count.
    intent.pod_cidr = intent.pod_cidr.or(pod_cidr);
    intent.service_cidr = intent.service_cidr.or(service_cidr);
    intent.server = intent.server.take().or(server);
    intent.one_ended.extend(one_ended);
}

/// Renames those hosts of `record` whose names belong to other machines in `whole`.
fn with_own_names(whole: &Facts, record: Facts) -> Result<Facts, MergeError> {
    let mut names = BTreeMap::new();
    for (host, facts) in &record.hosts {
        let Some(known) = whole.hosts.get(host).filter(|known| *known != facts) else { continue };
        // A machine keeps its MAC addresses within a run, so a MAC in common means the same
        // machine.
        if !macs(known).is_disjoint(&macs(facts)) {
            return Err(MergeError::TwoStories { host: host.clone() });
        }
        let is_free =
            |name: &HostName| !whole.hosts.contains_key(name) && !record.hosts.contains_key(name);
        // With HOSTS_MAX hosts at most, one of these numbers is free.
        let free = (2..=HOSTS_MAX + 1)
            .map(|number| HostName::lossy(&format!("{host}-{number}")))
            .find(is_free)
            .ok_or(MergeError::ManyHosts)?;
        names.insert(host.clone(), free);
    }
    Ok(renamed(record, |name| names.get(name).cloned()))
}

fn macs(host: &HostFacts) -> BTreeSet<Mac> {
    host.snapshot.links.iter().filter_map(|link| link.mac).filter(|mac| *mac != Mac::ZERO).collect()
}

/// Replaces addresses by host names where another record has the name.
fn named(facts: Facts) -> Facts {
    let mut owners: BTreeMap<IpAddr, Option<HostName>> = BTreeMap::new();
    for (name, host) in &facts.hosts {
        let own = host.snapshot.links.iter().filter(|link| link.reaches_hosts());
        for address in own.flat_map(|link| &link.addresses) {
            let owner = owners.entry(address.prefix.address);
            // An address on two hosts identifies neither.
            owner.and_modify(|other| *other = None).or_insert_with(|| Some(name.clone()));
        }
    }
    let owner = |address: &IpAddr| owners.get(address).cloned().flatten();
    let hosts: BTreeSet<_> = facts.hosts.keys().cloned().collect();
    let mut aliases: BTreeMap<HostName, HostName> = BTreeMap::new();
    for seen in &facts.observations {
        let Some(peer) = seen.peer.as_ref().filter(|peer| !hosts.contains(*peer)) else { continue };
        // The peer's name is an address if the user typed one; else the probe's address identifies
        // it.
        let address = peer.as_str().parse().ok().or(seen.address);
        if let Some(name) = address.as_ref().and_then(owner).filter(|name| *name != seen.host) {
            aliases.insert(peer.clone(), name);
        }
    }
    let mut facts = renamed(facts, |name| aliases.get(name).cloned());
    facts.intent.one_ended.retain(|peer| {
        let is_owned = peer.as_str().parse().is_ok_and(|address| owner(&address).is_some());
        !is_owned && !aliases.contains_key(peer) && !hosts.contains(peer)
    });
    facts.intent.one_ended.sort();
    facts.intent.one_ended.dedup();
    facts
}

/// Renames hosts in all places of the facts.
fn renamed(facts: Facts, name: impl Fn(&HostName) -> Option<HostName>) -> Facts {
    let new = |old: HostName| name(&old).unwrap_or(old);
    let Facts { run, hosts, observations, intent } = facts;
    let rename = |mut seen: Observation| {
        // A peer with the sender's own name is another machine of that name.
        let is_namesake = seen.peer.as_ref() == Some(&seen.host);
        seen.host = new(seen.host);
        seen.peer = if is_namesake { seen.peer } else { seen.peer.map(&new) };
        seen
    };
    Facts {
        run,
        hosts: hosts.into_iter().map(|(host, facts)| (new(host), facts)).collect(),
        observations: observations.into_iter().map(rename).collect(),
        intent,
    }
}
