//! Facts for predictions and settings: collected now, recorded, or captured by hand.

mod facts_file;

use std::collections::BTreeMap;
use std::process::ExitCode;

use pontoon_model::facts::{Facts, HostFacts, RunParameters};
use pontoon_model::record::Record;
use pontoon_model::record::merge::merge;
use pontoon_probe::edge::clock::unix_s;
use pontoon_probe::node_name;
use pontoon_probe::snapshot::{self, SnapshotSources};
use pontoon_probe::survey::{OwnNameSource, SurveyOptions};

use crate::arguments::facts_source::FactsSourceArguments;
use crate::command::check::local_names;
use crate::command::{fleet, mesh};
use crate::failure::CommandFailure;

/// Collects facts from the named hosts, the files, or this host. If no host can be reached, returns
/// the exit code.
pub(crate) fn collect_facts(
    source: &FactsSourceArguments,
) -> Result<Result<Record, ExitCode>, CommandFailure> {
    if !source.facts.is_empty() {
        let all = source.facts.iter().map(|path| facts_file::read(path));
        return together(all.collect::<Result<_, _>>()?).map(Ok);
    }
    if source.hosts.is_empty() {
        return this_host().map(Ok);
    }
    let fleet = fleet::Fleet::of(&source.hosts, &source.reaching)?;
    let options = SurveyOptions {
        is_offline: true,
        own_names: OwnNameSource::Asked,
        ..SurveyOptions::default()
    };
    let found = mesh::survey(&fleet, &source.agent, &RunParameters::default(), &options)?;
    Ok(found.map(|(record, _)| record))
}

/// Merges records of one run, and adds hosts that were captured one by one.
fn together(all: Vec<facts_file::FactsFile>) -> Result<Record, CommandFailure> {
    let (mut records, mut hosts) = (Vec::new(), BTreeMap::new());
    for source in all {
        match source {
            facts_file::FactsFile::Record(record) => records.push(*record),
            facts_file::FactsFile::Host(snapshot) => {
                hosts.insert(snapshot.host_name.clone(), HostFacts::of(*snapshot));
            }
        }
    }
    let mut record = if records.is_empty() {
        Record::default()
    } else {
        merge(records).map_err(|source| CommandFailure::Merge { source })?
    };
    record.facts.hosts.extend(hosts);
    Ok(record)
}

fn this_host() -> Result<Record, CommandFailure> {
    let mut snapshot = snapshot::take(&SnapshotSources::live(unix_s(), std::env::vars_os()));
    node_name::complete(&mut snapshot);
    let hosts = BTreeMap::from([(local_names::host_name()?, HostFacts::of(snapshot))]);
    let facts = Facts { hosts, ..Facts::default() };
    Ok(Record { facts, ..Record::default() })
}
