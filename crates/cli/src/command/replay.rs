//! `pontoon replay`: judges recorded runs again, without a network.

use std::io;
use std::process::ExitCode;

use pontoon_model::record::merge::merge;

use crate::arguments::ReplayArguments;
use crate::command::{judge, records};
use crate::failure::Failure;
use crate::parts::key::Key;

/// Reads, merges, judges.
pub(crate) fn run(arguments: &ReplayArguments) -> Result<ExitCode, Failure> {
    let records: Vec<_> =
        arguments.files.iter().map(|path| records::read(path)).collect::<Result<_, _>>()?;
    let facts = merge(records).map_err(|source| Failure::Merge { source })?;
    // Old pseudonyms cannot be made again without the old key; new ones hide as well.
    let key = Key::random().map_err(|error| Failure::System {
        what: "no key for the pseudonyms could be made",
        source: io::Error::other(error),
    })?;
    records::keep(&facts, &arguments.keeping, &key)?;
    judge::show(&facts, &arguments.showing)
}
