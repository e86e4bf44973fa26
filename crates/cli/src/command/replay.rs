//! `pontoon replay`: judges recorded runs again, without a network.

use std::io;
use std::process::ExitCode;

use pontoon_model::record::merge::merge;

use crate::arguments::ReplayArguments;
use crate::command::{judge, records};
use crate::failure::Failure;
use crate::output;
use pontoon_probe::key::Key;

/// Reads, merges, judges.
pub(crate) fn run(arguments: &ReplayArguments) -> Result<ExitCode, Failure> {
    let all: Vec<_> =
        arguments.files.iter().map(|path| records::read(path)).collect::<Result<_, _>>()?;
    let record = merge(all).map_err(|source| Failure::Merge { source })?;
    // Old pseudonyms cannot be made again without the old key; new ones hide as well.
    let key = Key::random().map_err(|error| Failure::System {
        what: "no key for the pseudonyms could be made",
        source: io::Error::other(error),
    })?;
    records::keep(&record, &arguments.keeping, &key)?;
    let report = judge::report(&record);
    output::data(&judge::shown(&report, &record, &arguments.showing)?)?;
    Ok(ExitCode::from(report.verdict.exit))
}
