//! `pontoon hosts expand`.

use super::parse_host_lists;
use crate::arguments::hosts::ExpandArguments;
use crate::failure::CommandFailure;
use crate::output;

/// Writes each host on a line.
pub(super) fn run(arguments: &ExpandArguments) -> Result<(), CommandFailure> {
    let names = parse_host_lists(&arguments.targets.hosts)?;
    output::data(&names.iter().map(|name| format!("{name}\n")).collect::<String>())
}
