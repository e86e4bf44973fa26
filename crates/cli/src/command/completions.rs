//! `pontoon completions`: a completion script for a shell.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::shells::{Bash, Fish, Zsh};

use crate::arguments::{CommandLine, CompletionShell};
use crate::failure::CommandFailure;
use crate::output;

/// Writes the script.
pub(crate) fn run(shell: CompletionShell) -> Result<ExitCode, CommandFailure> {
    let mut command = CommandLine::command();
    let mut script = Vec::new();
    match shell {
        CompletionShell::Bash => {
            clap_complete::generate(Bash, &mut command, "pontoon", &mut script);
        }
        CompletionShell::Zsh => clap_complete::generate(Zsh, &mut command, "pontoon", &mut script),
        CompletionShell::Fish => {
            clap_complete::generate(Fish, &mut command, "pontoon", &mut script);
        }
    }
    output::data(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
