//! `pontoon replay`: diagnoses recorded runs again, without a network.

use std::io;
use std::process::ExitCode;

use pontoon_model::record::merge::merge;

use crate::arguments::ReplayArguments;
use crate::command::{records, survey_report};
use crate::failure::CommandFailure;
use pontoon_probe::run_key::RunKey;

/// Reads and merges records, diagnoses, shows.
pub(crate) fn run(arguments: &ReplayArguments) -> Result<ExitCode, CommandFailure> {
    let all: Vec<_> =
        arguments.files.iter().map(|path| records::read(path)).collect::<Result<_, _>>()?;
    let record = merge(all).map_err(|source| CommandFailure::Merge { source })?;
    // Old pseudonyms cannot be made again without the old key; new ones hide as well.
    let key = RunKey::random().map_err(|error| CommandFailure::System {
        what: "no key for the pseudonyms could be made",
        source: io::Error::other(error),
    })?;
    survey_report::conclude(&record, &key, &arguments.recording, &arguments.output)
}
