//! `pontoon agent --stdio`.

use std::process::ExitCode;

use crate::failure::Failure;
use pontoon_probe::agent;

/// Answers until standard input closes.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    agent::serve(std::io::stdin(), std::io::stdout())
        .map_err(|source| Failure::Agent { source })?;
    Ok(ExitCode::SUCCESS)
}
