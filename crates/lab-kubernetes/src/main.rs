//! `pontoon-lab-kubernetes SCENARIO.toml HOST [COMMAND ARGS…]`: as `pontoon lab shell`, with hosts
//! that are Kubernetes nodes. It takes root and what `tests/kubernetes/build` makes.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pontoon_lab::scenario::{self, Scenario};
use pontoon_lab::{Lab, neighbour_table, process, sandbox};

const USAGE: &str = "usage: pontoon-lab-kubernetes SCENARIO.toml HOST [COMMAND ARGS…]";

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let name = words.first().and_then(|word| word.to_str()).unwrap_or_default();
    if let Some(code) =
        words.get(1..).and_then(|args| pontoon_lab_kubernetes::run_helper(name, args))
    {
        return code;
    }
    let is_inside = name == sandbox::INSIDE;
    let result = if is_inside { inside(&words[1..]) } else { outside(&words) };
    result.unwrap_or_else(|error| process::report_failure(error.as_ref()))
}

/// On the machine: readies it for the lab, and enters the sandbox.
fn outside(words: &[OsString]) -> Result<ExitCode, Box<dyn Error>> {
    let [file, _host, ..] = words else { return Err(USAGE.into()) };
    let scenario = scenario::load(Path::new(file))?;
    let _room = neighbour_table::reserve_entries(scenario.neighbours())?;
    let _nodes = pontoon_lab_kubernetes::prepare(&scenario)?;
    // Found here: in the sandbox this program lies elsewhere.
    let pontoon = beside("pontoon")?;
    let all: Vec<OsString> = [pontoon.into_os_string()].into_iter().chain(words.to_vec()).collect();
    Ok(sandbox::enter(&all)?)
}

/// The program that was built with this one.
fn beside(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let path = std::env::current_exe()?.with_file_name(name);
    let build = format!("there is no {}: cargo build --bin {name}", path.display());
    if path.exists() { Ok(path) } else { Err(build.into()) }
}

/// In the sandbox: raises the lab, and runs the command on the host.
fn inside(words: &[OsString]) -> Result<ExitCode, Box<dyn Error>> {
    let [pontoon, file, host, command @ ..] = words else { return Err(USAGE.into()) };
    let scenario: Scenario = scenario::load(Path::new(file))?;
    sandbox::show_pontoon(Path::new(pontoon))?;
    pontoon_lab_kubernetes::show_programs(&scenario)?;
    let mut lab = Lab::start(&scenario)?;
    lab.start_ssh()?;
    let shell = [OsString::from("bash")];
    let command = if command.is_empty() { &shell[..] } else { command };
    let argv: Vec<&OsStr> = command.iter().map(OsString::as_os_str).collect();
    let status = lab.command(&host.to_string_lossy().parse()?, &argv).status()?;
    Ok(ExitCode::from(process::code_of(status)))
}
