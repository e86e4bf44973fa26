//! `pontoon lab shell SCENARIO HOST`: a shell on a host of a lab.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use super::{in_sandbox, scenario};
use crate::arguments::lab::LabShellArguments;
use crate::command::ProcessContext;
use crate::failure::CommandFailure;
use crate::output;
use pontoon_fleet::hostlist::compress;
use pontoon_lab::Lab;

/// Opens the shell; its end is the lab's.
pub(crate) fn run(
    arguments: &LabShellArguments,
    place: &ProcessContext,
) -> Result<ExitCode, CommandFailure> {
    let scenario = scenario(&arguments.scenario)?;
    in_sandbox(place, &scenario, || {
        let mut lab = Lab::start(&scenario).map_err(|source| CommandFailure::Lab { source })?;
        let host = &arguments.host;
        if !lab.hosts().contains(host) {
            let known = lab.hosts().iter().map(ToString::to_string).collect();
            return Err(CommandFailure::NoLabHost { name: host.clone(), known });
        }
        let no_ssh = lab.start_ssh().err();
        let is_shell = arguments.command.is_empty();
        if is_shell && io::stdin().is_terminal() {
            let other = lab.hosts().into_iter().find(|other| other != host);
            let peer = other.map(|other| match &no_ssh {
                None => format!("try: ssh {other}, or pontoon mesh {}\n", compress(&lab.hosts())),
                Some(why) => format!(
                    "try: pontoon check --peer {other} --via 'pontoon lab via {{}}'\n\
                     No ssh between its hosts: {why}.\n"
                ),
            });
            let peer = peer.unwrap_or_default();
            output::note(&format!(
                "This is {host} of the lab `{}`. {peer}`exit` ends the lab.",
                scenario.name
            ));
        }
        // The host's environment is empty, so the prompt is brought along.
        let shell = ["env", "PS1=\\h:\\w# ", "bash", "--noprofile", "--norc", "-i"];
        let words: Vec<OsString> = match &arguments.command[..] {
            [] if io::stdin().is_terminal() => shell.map(Into::into).into(),
            [] => vec!["bash".into()],
            given => given.to_vec(),
        };
        let words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
        let status = lab.command(host, &words).status().map_err(|source| {
            CommandFailure::System { what: "no program could be started on the host", source }
        })?;
        Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
    })
}
