//! `pontoon clock`: how far the clocks of hosts are apart, and set them.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use pontoon_fleet::clock::clock_report::ClockReport;
use pontoon_fleet::clock::{ClockOffset, OFF_US, ssh_clock};
use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_remote::carrier::ssh::SshLogin;
use pontoon_remote::reach_failure::{FailureCause, ReachFailure};

use crate::arguments::remote_commands::ClockArguments;
use crate::command::fleet::Fleet;
use crate::failure::CommandFailure;
use crate::output;
use crate::render::style::TerminalStyle;
use crate::render::{clean, clock, json};

type ClockAnswers = Vec<(HostName, Result<ClockOffset, ReachFailure>)>;

/// Compares the clocks, shows them, and sets those that are off with `--sync`.
pub(crate) fn run(arguments: &ClockArguments) -> Result<ExitCode, CommandFailure> {
    let fleet = Fleet::of(&arguments.targets.hosts, &arguments.reaching)?;
    let answers = asked(&fleet);
    let clocks = ClockReport::of(&answers);
    if arguments.format.json {
        output::data(&json::pretty(&clocks)?)?;
    } else {
        output::data(&clock::table(&clocks, TerminalStyle::of_stdout(0)))?;
    }
    let wrong = if arguments.sync { off(&fleet, &answers) } else { Vec::new() };
    if wrong.is_empty() {
        return Ok(ExitCode::from(clocks.exit().code()));
    }
    if !arguments.yes && !is_wanted(&wrong, &clocks)? {
        output::note(&"nothing was set");
        return Ok(ExitCode::from(clocks.exit().code()));
    }
    let set = set(&fleet, &wrong, arguments.privilege.sudo);
    let clocks = ClockReport::of(&asked(&fleet));
    output::data(&clock::table(&clocks, TerminalStyle::of_stdout(0)))?;
    Ok(ExitCode::from(clocks.exit().or(set).code()))
}

fn asked(fleet: &Fleet) -> ClockAnswers {
    let logins: Vec<&SshLogin> = fleet.logins.iter().collect();
    let hosts = logins.iter().map(|login| login.host.clone());
    hosts.zip(ssh_clock::ask(&fleet.ssh, &logins)).collect()
}

/// Hosts whose clock differs from this host's by more than the uncertainty and a second.
fn off<'a>(fleet: &'a Fleet, answers: &ClockAnswers) -> Vec<(&'a SshLogin, ClockOffset)> {
    let both = fleet.logins.iter().zip(answers);
    let off = both.filter_map(|(login, (_, answer))| {
        let offset = *answer.as_ref().ok()?;
        let apart = offset.us.saturating_abs().saturating_sub(offset.uncertainty_us);
        (apart > OFF_US).then_some((login, offset))
    });
    off.collect()
}

/// Says what is about to be set, and asks for confirmation.
fn is_wanted(
    wrong: &[(&SshLogin, ClockOffset)],
    clocks: &ClockReport,
) -> Result<bool, CommandFailure> {
    if !io::stdin().is_terminal() {
        return Err(CommandFailure::NobodyToAsk);
    }
    let hosts: Vec<_> = wrong
        .iter()
        .map(|(login, offset)| format!("{} ({})", login.host, clock::signed(offset.us)))
        .collect();
    output::note(&format!("to be set to the time of this host: {}", hosts.join(", ")));
    if clocks.this_host_from_median_us.saturating_abs() > OFF_US {
        output::note(&"this host's own clock is not that of most: is it right?");
    }
    output::question("set them? [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.map_err(|source| CommandFailure::Read { path: "-".into(), source })?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Sets the clocks and says how far each was off; returns whether all could be set.
fn set(fleet: &Fleet, wrong: &[(&SshLogin, ClockOffset)], is_sudo: bool) -> Exit {
    let mut exit = Exit::Good;
    for ((login, offset), set) in wrong.iter().zip(ssh_clock::set(&fleet.ssh, wrong, is_sudo)) {
        let (host, was) = (&login.host, clock::signed(offset.us));
        match set {
            Ok(()) => output::note(&format!("{host}: set; it was {was}")),
            Err(failure) => {
                exit = Exit::Failed;
                output::note(&format!("{host}: not set; it is {was}: {}", why(&failure, login)));
            }
        }
    }
    exit
}

fn why(failure: &ReachFailure, login: &SshLogin) -> String {
    let said = clean(&failure.said.to_string());
    if failure.cause == FailureCause::Other {
        return if said.to_lowercase().contains("not permitted") {
            format!("{said}; log in as root, or use --sudo")
        } else {
            said
        };
    }
    failure.with_advice(login.host.as_str()).to_string()
}
