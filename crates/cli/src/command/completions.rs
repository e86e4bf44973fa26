//! `pontoon completions`: a completion script for a shell.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::shells::{Bash, Fish, Zsh};

use crate::arguments::{Arguments, Shell};
use crate::failure::Failure;
use crate::output;

/// Writes the script.
pub(crate) fn run(shell: Shell) -> Result<ExitCode, Failure> {
    let mut command = Arguments::command();
    let mut script = Vec::new();
    match shell {
        Shell::Bash => clap_complete::generate(Bash, &mut command, "pontoon", &mut script),
        Shell::Zsh => clap_complete::generate(Zsh, &mut command, "pontoon", &mut script),
        Shell::Fish => clap_complete::generate(Fish, &mut command, "pontoon", &mut script),
    }
    output::data(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
