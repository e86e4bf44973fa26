//! `pontoon agent --stdio`.

use std::process::ExitCode;

use crate::parts::agent;

/// Answers until standard input closes.
pub(crate) fn run() -> ExitCode {
    agent::serve(std::io::stdin(), std::io::stdout())
}
