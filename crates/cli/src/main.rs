//! `pontoon`: says why Kubernetes nodes cannot join, and what to do about it.

mod parts;
mod arguments;
mod failure;
mod words;
mod output;
mod command;
mod render;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::Arguments;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(stop) => return output::clap_says(&stop),
    };
    match command::run(arguments) {
        Ok(code) => code,
        Err(failure) => output::failure(&failure),
    }
}
