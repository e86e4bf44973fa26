//! `pontoon hosts expand`.

use super::named;
use crate::arguments::hosts::ExpandArguments;
use crate::failure::Failure;
use crate::output;

/// Writes each host on a line.
pub(super) fn run(arguments: &ExpandArguments) -> Result<(), Failure> {
    let names = named(&arguments.hosts)?;
    output::data(&names.iter().map(|name| format!("{name}\n")).collect::<String>())
}
