//! The commands, one file each.

mod agent;
mod check;
mod completions;
mod demo;
mod explain;
mod judge;
mod lab;
mod man;
mod records;
mod replay;

use std::process::ExitCode;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;

/// Does what the command line says.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Lab(arguments) => lab::run(arguments.command),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Agent(_) => Ok(agent::run()),
        Command::Completions(arguments) => completions::run(arguments.shell),
        Command::Man(arguments) => man::run(&arguments),
    }
}
