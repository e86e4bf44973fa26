//! `pontoon ssh`: a login on each host, one after another.

use std::process::ExitCode;

use pontoon_fleet::hostlist::compress;
use pontoon_model::exit::Exit;

use crate::arguments::remote_commands::SshArguments;
use crate::command::fleet::Fleet;
use crate::failure::CommandFailure;
use crate::output;

/// What ssh ends with when it could not connect (ssh(1)).
const SSH_FAILED: i32 = 255;

/// Logs in on each; leaving one leads to the next.
pub(crate) fn run(arguments: &SshArguments) -> Result<ExitCode, CommandFailure> {
    let fleet = Fleet::of(&arguments.targets.hosts, &arguments.reaching)?;
    let count = fleet.logins.len();
    let mut unreached = Vec::new();
    for (number, login) in (1..).zip(&fleet.logins) {
        if count > 1 {
            output::note(&format!("--- {} ({number} of {count})", login.host));
        }
        let status = fleet.ssh.shell(login).status().map_err(|source| CommandFailure::System {
            what: "ssh could not be run (Debian: apt-get install openssh-client)",
            source,
        })?;
        match status.code() {
            Some(SSH_FAILED) => unreached.push(&login.host),
            Some(_) => {}
            // Ended by a signal: so is this, and no further host is logged in to.
            None => return Ok(ExitCode::from(Exit::Unreachable.code())),
        }
    }
    if unreached.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    output::note(&format!("not reached, or left with status 255: {}", compress(unreached)));
    Ok(ExitCode::from(Exit::Unreachable.code()))
}
