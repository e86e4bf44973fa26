//! `pontoon discover`: who is on a private link.

use std::io;
use std::process::ExitCode;

use pontoon_model::exit::Exit;
use pontoon_probe::discover::Target;
use pontoon_probe::discover::sweep::Sweep;
use pontoon_probe::edge::clock::{unix_ms, unix_s};
use pontoon_probe::edge::discovery::Discoverer;
use pontoon_probe::snapshot::{self, Sources};

use crate::arguments::discover::DiscoverArguments;
use crate::command::check::local;
use crate::failure::Failure;
use crate::output;
use crate::render::style::Style;
use crate::render::{discover, json};

/// Looks at the link, asks everybody on it, shows who answered.
pub(crate) fn run(arguments: &DiscoverArguments) -> Result<ExitCode, Failure> {
    local::links_exist(std::slice::from_ref(&arguments.interface))?;
    let snapshot = snapshot::take(&Sources::live(unix_s(), std::env::vars_os()));
    let target = Target::of(&snapshot, &arguments.interface)?;
    let expectation = expectation(&target);
    // An identifier that another run on this link does not have: no secret.
    let [low, high, ..] = (unix_ms() ^ u64::from(std::process::id())).to_le_bytes();
    let discoverer = Discoverer::open(target, u16::from_le_bytes([low, high]));
    let discoverer = discoverer.map_err(refused)?;
    output::note(&expectation);
    let discovery = discoverer.run();
    if arguments.json {
        output::data(&json::pretty(&discovery)?)?;
    } else {
        output::data(&discover::page(&discovery, Style::of_stdout(0)))?;
    }
    let exit = if discovery.hosts.is_empty() { Exit::Warned } else { Exit::Good };
    Ok(ExitCode::from(exit.code()))
}

fn refused(source: io::Error) -> Failure {
    if source.kind() == io::ErrorKind::PermissionDenied {
        Failure::NoFrames { source }
    } else {
        Failure::System { what: "the link cannot be asked", source }
    }
}

/// What it will take, said beforehand.
fn expectation(target: &Target) -> String {
    let sweep = Sweep::new(target);
    let skipped: String =
        target.skipped().map(|net| format!("; {} is too large to sweep", net.network())).collect();
    format!(
        "asking {} addresses on {}: about {} s{skipped}",
        sweep.addresses(),
        target.link,
        sweep.estimate_s()
    )
}
