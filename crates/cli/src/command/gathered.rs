//! Facts for what is foretold or written down: of hosts asked now, recorded, or captured by hand.

mod captured;

use std::collections::BTreeMap;
use std::process::ExitCode;

use pontoon_model::facts::{Facts, HostFacts, Intent};
use pontoon_model::record::Record;
use pontoon_model::record::merge::merge;
use pontoon_probe::edge::clock::unix_s;
use pontoon_probe::node_name;
use pontoon_probe::snapshot::{self, Sources};
use pontoon_probe::survey::{Options, OwnNames};

use crate::arguments::gathered::Source;
use crate::command::check::local;
use crate::command::{fleet, mesh};
use crate::failure::Failure;

/// Asks the hosts that are named, reads the files, or looks at this host. Where nobody could be
/// asked the number to end with comes back.
pub(crate) fn record(source: &Source) -> Result<Result<Record, ExitCode>, Failure> {
    if !source.facts.is_empty() {
        let all = source.facts.iter().map(|path| captured::read(path));
        return together(all.collect::<Result<_, _>>()?).map(Ok);
    }
    if source.hosts.is_empty() {
        return this_host().map(Ok);
    }
    let fleet = fleet::Fleet::of(&source.hosts, &source.reaching)?;
    let options = Options { is_offline: true, own_names: OwnNames::Asked, ..Options::default() };
    let found = mesh::survey(&fleet, &source.agent, &Intent::default(), &options)?;
    Ok(found.map(|(record, _)| record))
}

/// Records of one run are merged; hosts that were captured one by one stand side by side.
fn together(all: Vec<captured::Source>) -> Result<Record, Failure> {
    let (mut records, mut hosts) = (Vec::new(), BTreeMap::new());
    for source in all {
        match source {
            captured::Source::Record(record) => records.push(*record),
            captured::Source::Host(snapshot) => {
                hosts.insert(snapshot.host_name.clone(), HostFacts::of(*snapshot));
            }
        }
    }
    let mut record = if records.is_empty() {
        Record::default()
    } else {
        merge(records).map_err(|source| Failure::Merge { source })?
    };
    record.facts.hosts.extend(hosts);
    Ok(record)
}

fn this_host() -> Result<Record, Failure> {
    let mut snapshot = snapshot::take(&Sources::live(unix_s(), std::env::vars_os()));
    node_name::complete(&mut snapshot);
    let hosts = BTreeMap::from([(local::host_name()?, HostFacts::of(snapshot))]);
    let facts = Facts { hosts, ..Facts::default() };
    Ok(Record { facts, ..Record::default() })
}
