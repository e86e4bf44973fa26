//! Tries the lab without the rest of pontoon: `lab shell SCENARIO HOST [PROGRAM ARGS…]`.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use pontoon_lab::scenario::{self, Scenario};
use pontoon_lab::{Lab, helper_commands, sandbox, via};

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    if let Some(code) = words.first().and_then(|name| helper_commands::run(name, &args[1..], None))
    {
        return Ok(code);
    }
    match words.as_slice() {
        ["lab-inside", "shell", scenario, host, program @ ..] => shell(scenario, host, program),
        ["lab-inside", "list"] => {
            for name in scenario::builtin_names() {
                println!("{name}");
            }
            Ok(ExitCode::SUCCESS)
        }
        ["list"] | ["shell", _, _, ..] => Ok(sandbox::enter(&args)?),
        ["lab", "via", host] => Ok(via::via(via::ViaService::Agent, &host.parse()?)),
        _ => Err("usage: lab shell SCENARIO|FILE.toml HOST [PROGRAM ARGS…]".into()),
    }
}

fn shell(name: &str, host: &str, program: &[&str]) -> Result<ExitCode, Box<dyn Error>> {
    let scenario: Scenario = match scenario::builtin(name) {
        Some(scenario) => scenario?,
        None => scenario::load(Path::new(name))?,
    };
    let lab = Lab::start(&scenario)?;
    let program = if program.is_empty() { &["bash"] } else { program };
    let argv: Vec<&OsStr> = program.iter().map(OsStr::new).collect();
    let status = lab.command(&host.parse()?, &argv).status()?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1))?))
}
