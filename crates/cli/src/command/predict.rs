//! `pontoon predict`: which address each component of Kubernetes will take.

mod captured;

use std::collections::BTreeMap;
use std::process::ExitCode;

use pontoon_model::facts::{Facts, HostFacts, Intent};
use pontoon_model::kubernetes::prediction::Prediction;
use pontoon_model::record::Record;
use pontoon_model::record::merge::merge;
use pontoon_probe::edge::clock::unix_s;
use pontoon_probe::key::Key;
use pontoon_probe::node_name;
use pontoon_probe::snapshot::{self, Sources};
use pontoon_probe::survey::{Options, OwnNames};

use crate::arguments::Keeping;
use crate::arguments::predict::PredictArguments;
use crate::command::check::local;
use crate::command::{fleet, judge, mesh, records};
use crate::failure::Failure;
use crate::output;
use crate::render::style::Style;
use crate::render::{json, prediction};

/// Gathers, foretells, shows.
pub(crate) fn run(arguments: &PredictArguments) -> Result<ExitCode, Failure> {
    let record = if !arguments.facts.is_empty() {
        let all = arguments.facts.iter().map(|path| captured::read(path));
        together(all.collect::<Result<_, _>>()?)?
    } else if arguments.hosts.is_empty() {
        this_host()?
    } else {
        let fleet = fleet::Fleet::of(&arguments.hosts, &arguments.reaching)?;
        let options =
            Options { is_offline: true, own_names: OwnNames::Asked, ..Options::default() };
        match mesh::survey(&fleet, &arguments.agent, &Intent::default(), &options)? {
            Ok((record, _)) => record,
            Err(code) => return Ok(code),
        }
    };
    if arguments.record.is_some() {
        let keeping = Keeping { record: arguments.record.clone(), redact: false };
        let key = Key::random().map_err(|error| Failure::System {
            what: "no key could be made",
            source: std::io::Error::other(error),
        })?;
        records::keep(&record, &keeping, &key)?;
    }
    let report = judge::report(&record);
    let prediction = Prediction::of(&record, &report.pairs, &arguments.components());
    let shown = if arguments.json {
        json::pretty(&prediction)?
    } else {
        prediction::page(&prediction, Style::of_stdout(arguments.verbose))
    };
    output::data(&shown)?;
    Ok(ExitCode::from(prediction.exit().code()))
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
