//! `pontoon discover`: who is on a private link.

use std::io;
use std::process::ExitCode;

use pontoon_model::exit::Exit;
use pontoon_probe::discover::SweepTarget;
use pontoon_probe::discover::sweep::LinkSweep;
use pontoon_probe::edge::clock::{unix_ms, unix_s};
use pontoon_probe::edge::discovery::LinkDiscovery;
use pontoon_probe::snapshot::{self, SnapshotSources};

use crate::arguments::discover::DiscoverArguments;
use crate::command::check::local_names;
use crate::failure::CommandFailure;
use crate::output;
use crate::render::style::TerminalStyle;
use crate::render::{discover, json};

/// Checks that the link is private, sweeps it, shows the hosts that answered.
pub(crate) fn run(arguments: &DiscoverArguments) -> Result<ExitCode, CommandFailure> {
    local_names::links_exist(std::slice::from_ref(&arguments.interface))?;
    let snapshot = snapshot::take(&SnapshotSources::live(unix_s(), std::env::vars_os()));
    let target = SweepTarget::of(&snapshot, &arguments.interface)?;
    let expectation = expectation(&target);
    // An identifier that another run on this link does not have: no secret.
    let [low, high, ..] = (unix_ms() ^ u64::from(std::process::id())).to_le_bytes();
    let discoverer = LinkDiscovery::open(target, u16::from_le_bytes([low, high]));
    let discoverer = discoverer.map_err(refused)?;
    output::note(&expectation);
    let discovery = discoverer.run();
    if arguments.format.json {
        output::data(&json::pretty(&discovery)?)?;
    } else {
        output::data(&discover::page(&discovery, TerminalStyle::of_stdout(0)))?;
    }
    let exit = if discovery.hosts.is_empty() { Exit::Warned } else { Exit::Good };
    Ok(ExitCode::from(exit.code()))
}

fn refused(source: io::Error) -> CommandFailure {
    if source.kind() == io::ErrorKind::PermissionDenied {
        CommandFailure::NoFrames { source }
    } else {
        CommandFailure::System { what: "the link cannot be asked", source }
    }
}

/// How long the sweep will take.
fn expectation(target: &SweepTarget) -> String {
    let sweep = LinkSweep::new(target);
    let skipped: String =
        target.skipped().map(|net| format!("; {} is too large to sweep", net.network())).collect();
    format!(
        "asking {} addresses on {}: about {} s{skipped}",
        sweep.addresses(),
        target.link,
        sweep.estimate_s()
    )
}
