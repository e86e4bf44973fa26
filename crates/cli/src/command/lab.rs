//! `pontoon lab`: hostile networks made of network namespaces.

use std::process::ExitCode;

use crate::arguments::LabCommand;
use crate::failure::Failure;

/// Does what the command line says.
pub(crate) fn run(_: LabCommand) -> Result<ExitCode, Failure> {
    Ok(ExitCode::FAILURE)
}
