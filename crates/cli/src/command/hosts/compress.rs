//! `pontoon hosts compress`.

use std::io::{self, Read as _};
use std::path::PathBuf;

use pontoon_fleet::hostlist::{WORD_BYTES_MAX, WORDS_MAX, compress};
use pontoon_model::host::HostName;

use super::parse_host_lists;
use crate::arguments::hosts::CompressArguments;
use crate::failure::CommandFailure;
use crate::output;

/// Most bytes of standard input: as many of the longest words as a list may have.
const INPUT_BYTES_MAX: usize = WORDS_MAX * WORD_BYTES_MAX;

/// Writes hosts as a list.
pub(super) fn run(arguments: &CompressArguments) -> Result<(), CommandFailure> {
    let mut names = Vec::new();
    for word in &arguments.hosts {
        if word == "-" {
            names.extend(standard_input()?);
        } else {
            names.extend(parse_host_lists(std::slice::from_ref(word))?);
        }
    }
    output::data(&format!("{}\n", compress(&names)))
}

/// A name or a list on each line; blanks around it and empty lines do not matter.
fn standard_input() -> Result<Vec<HostName>, CommandFailure> {
    let mut text = String::new();
    let limit = u64::try_from(INPUT_BYTES_MAX).unwrap_or(u64::MAX);
    io::stdin()
        .lock()
        .take(limit)
        .read_to_string(&mut text)
        .map_err(|source| CommandFailure::Read { path: PathBuf::from("-"), source })?;
    let mut names = Vec::new();
    for word in text.split_whitespace() {
        names.extend(parse_host_lists(&[word.to_owned()])?);
    }
    Ok(names)
}
