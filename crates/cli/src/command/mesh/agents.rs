//! The agents of a mesh, each over its own way.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;

use pontoon_fleet::ssh::push::{self, Programs, PushError};
use pontoon_fleet::ssh::{Login, line};
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use pontoon_probe::survey::{Channel, ChannelError, Seat};

use crate::arguments::mesh::{AgentLaunch, BySsh};
use crate::command::check::local;
use crate::command::fleet::Fleet;
use crate::failure::Failure;
use crate::words::split;

/// Stands for the host in a `--via`.
const PLACE: &str = "{}";

/// What an agent is started with.
const AGENT: [&str; 2] = ["agent", "--stdio"];
/// The same for one that was copied: it removes its own file.
const COPIED_AGENT: [&str; 3] = ["agent", "--stdio", "--unlink"];

/// Starts an agent on every host, all at once. That one cannot be started is its seat's affair.
pub(super) fn start(fleet: &Fleet, launch: &AgentLaunch) -> Result<Vec<Seat>, Failure> {
    if let Some(via) = &launch.via {
        return by_command(fleet, via);
    }
    let children = children(fleet, &launch.by_ssh, &AGENTS)?;
    let channel = |child: Result<Child, ChannelError>| {
        child.and_then(|child| Channel::of(child).ok_or(ChannelError::Silent))
    };
    Ok(children.into_iter().map(|(host, child)| seat(&host, channel(child))).collect())
}

/// What pontoon is told on a host.
pub(in crate::command) struct Words<'a> {
    /// Where it is there.
    pub(in crate::command) there: &'a [&'a str],
    /// Where it was copied.
    pub(in crate::command) copied: &'a [&'a str],
    /// Whether Ctrl-C is not for it: it has something to take back when the conversation ends. ssh
    /// ends by Ctrl-C, and what is at its other end does not hear of it.
    pub(in crate::command) is_shielded: bool,
}

const AGENTS: Words<'static> = Words { there: &AGENT, copied: &COPIED_AGENT, is_shielded: false };

/// Hosts, and what was started there or why not.
pub(in crate::command) type Children = Vec<(HostName, Result<Child, ChannelError>)>;

/// Starts pontoon on every host, all at once, with pipes to it.
pub(in crate::command) fn children(
    fleet: &Fleet,
    launch: &BySsh,
    words: &Words<'_>,
) -> Result<Children, Failure> {
    let own = std::env::current_exe().ok();
    let here = local::host_name()?;
    let programs = Programs::new(own.clone(), launch.binaries.clone());
    thread::scope(|scope| {
        let starting: Vec<_> = fleet
            .logins
            .iter()
            .map(|login| {
                let (programs, own, here) = (&programs, &own, &here);
                scope.spawn(move || match own {
                    Some(own) if login.host == *here && login.address.is_none() => {
                        spawn(itself(own, launch.sudo, words))
                    }
                    _ if launch.push => pushed(fleet, login, programs, launch.sudo, words.copied),
                    _ => {
                        let sudo: &[&str] = if launch.sudo { &["sudo", "-n"] } else { &[] };
                        let words = sudo.iter().chain(&["pontoon"]).chain(words.there);
                        let words: Vec<String> = words.map(ToString::to_string).collect();
                        spawn(fleet.ssh.command(login, &line(&words)))
                    }
                })
            })
            .collect();
        let children = starting
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        let hosts = fleet.logins.iter().map(|login| login.host.clone());
        Ok(hosts.zip(children).collect())
    })
}

fn spawn(mut command: Command) -> Result<Child, ChannelError> {
    let program = Untrusted::new(&command.get_program().to_string_lossy());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|source| ChannelError::Start { program, source })
}

fn seat(host: &HostName, channel: Result<Channel, ChannelError>) -> Seat {
    Seat { host: host.clone(), channel, asks: true, radios: BTreeMap::new() }
}

/// This host's own agent needs no ssh.
#[expect(clippy::disallowed_methods, reason = "this host's own agent is started here")]
fn itself(own: &std::path::Path, as_root: bool, words: &Words<'_>) -> Command {
    let mut command = if as_root { Command::new("sudo") } else { Command::new(own) };
    if as_root {
        command.arg("-n").arg(own);
    }
    command.args(words.there);
    if words.is_shielded {
        command.process_group(0);
    }
    command
}

fn by_command(fleet: &Fleet, via: &str) -> Result<Vec<Seat>, Failure> {
    if !via.contains(PLACE) {
        return Err(Failure::ViaPlace);
    }
    let words = split(via).map_err(|source| Failure::Words { text: via.to_owned(), source })?;
    let seat_of = |login: &Login| {
        let mut words =
            words.iter().map(|word| OsString::from(word.replace(PLACE, login.host.as_str())));
        let channel = match words.next() {
            Some(program) => Channel::start(by_words(&program, words)),
            None => Err(ChannelError::Silent),
        };
        seat(&login.host, channel)
    };
    Ok(fleet.logins.iter().map(seat_of).collect())
}

#[expect(clippy::disallowed_methods, reason = "this is where the user's --via is started")]
fn by_words(program: &OsString, words: impl Iterator<Item = OsString>) -> Command {
    let mut command = Command::new(program);
    command.args(words);
    command
}

/// Copies pontoon there and starts it.
fn pushed(
    fleet: &Fleet,
    login: &Login,
    programs: &Programs,
    as_root: bool,
    words: &[&str],
) -> Result<Child, ChannelError> {
    push::push(&fleet.ssh, login, programs, words, as_root)
        .map_err(|(error, child)| why(error, child))
}

/// What the host said counts for more than that the connection ended.
fn why(error: PushError, child: Option<Child>) -> ChannelError {
    let text = Untrusted::new(&error.to_string());
    // Dropped, the way to the host is closed.
    let channel = child.and_then(Channel::of);
    match (error, channel) {
        (PushError::Ended, Some(channel)) => channel.last_words(),
        (PushError::Silent, _) => ChannelError::Silent,
        (PushError::Babbles { said }, _) => ChannelError::NotAnAgent { said },
        (PushError::Ssh(source), _) => {
            ChannelError::Start { program: Untrusted::new("ssh"), source }
        }
        _ => ChannelError::Ended { stderr: text },
    }
}
