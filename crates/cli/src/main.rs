//! `pontoon`: says why Kubernetes nodes cannot join, and what to do about it.

mod file_capabilities;
mod arguments;
mod failure;
mod shell_split;
mod output;
mod command;
mod render;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use arguments::CommandLine;
use command::ProcessContext;
use failure::CommandFailure;
use pontoon_lab::{helper_commands, sandbox};

fn main() -> ExitCode {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    if let Err(source) = file_capabilities::confine(words.get(1).and_then(|word| word.to_str())) {
        let what = "the rights of this program's file could not be given up";
        return output::failure(&CommandFailure::System { what, source });
    }
    // The lab's own helpers are not commands of the user, and must run before any thread starts.
    let helper = words.get(1).and_then(|name| name.to_str()).map(ToOwned::to_owned);
    if let Some(code) =
        helper.as_deref().and_then(|name| helper_commands::run(name, &words[2..], None))
    {
        return code;
    }
    let place = if helper.as_deref() == Some(sandbox::INSIDE) {
        words.remove(1);
        ProcessContext::Sandbox
    } else {
        ProcessContext::Machine { words: words.iter().skip(1).cloned().collect() }
    };
    let arguments = match CommandLine::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(stop) => return output::clap_message(&stop),
    };
    match command::run(arguments, &place) {
        Ok(code) => code,
        Err(failure) => output::failure(&failure),
    }
}
