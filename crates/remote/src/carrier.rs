//! Carriers: how a program is started on a host, with pipes to it. By the user's ssh, as a copy for
//! one run, as a child of this process, or by a command of the user or of a lab.
//!
//! Access control is that of the carrier: there is no daemon, no port and no key of pontoon.

pub mod ssh;
pub mod push;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;

use crate::edge::stderr_tail::last_words;
use crate::protocol_error::ProtocolError;
use pontoon_model::shell::shell_line;
use push::{ProgramFiles, PushError, push};
use ssh::{SshLogin, SshProgram};

/// Arguments of `pontoon` that start a far end. One process serves all services that a command
/// needs on a host.
pub const FAR_END: [&str; 2] = ["agent", "--stdio"];
/// The same for a pontoon that was copied for one run: `--unlink` removes its own file.
const COPIED_FAR_END: [&str; 3] = ["agent", "--stdio", "--unlink"];

/// Why no session with a program is possible, or why it ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CarrierError {
    /// The program that makes the connection could not be started.
    #[error("`{program}` could not be started: {source}")]
    Start {
        /// Name of the program.
        program: Untrusted,
        /// Error of the system call.
        source: io::Error,
    },
    /// pontoon could not be copied to the host.
    #[error(transparent)]
    Copy(PushError),
    /// The program ended, or closed its output.
    #[error("pontoon ended on the other host{}", complaint(.stderr, .said))]
    Ended {
        /// The end of its standard error.
        stderr: Untrusted,
        /// Output in place of a preamble; empty once a preamble was read.
        said: Untrusted,
    },
    /// The output of the program violates the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
}

fn complaint(stderr: &Untrusted, said: &Untrusted) -> String {
    match (stderr.raw().trim(), said.raw().trim()) {
        ("", "") => String::new(),
        ("", said) => format!("; it said `{}`", Untrusted::new(said)),
        (stderr, _) => format!(": {}", Untrusted::new(stderr)),
    }
}

/// The user as whom a program runs on a host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RunAs {
    /// The user of the login.
    LoginUser,
    /// root, by `sudo -n`, which never prompts for a password.
    Root,
}

/// Whether Ctrl-C in the terminal signals a child of this process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnInterrupt {
    /// The child gets the signal and ends with this process.
    Ends,
    /// The child is in a process group of its own and gets no signal: it undoes its changes once
    /// its input ends. ssh ends by Ctrl-C in any case; its remote side only sees the end of its
    /// input.
    TakesBack,
}

/// A program that can be started on a host.
#[derive(Debug)]
pub struct RemoteProgram {
    host: HostName,
    start: ProgramStart,
}

#[derive(Debug)]
enum ProgramStart {
    Command(Command),
    Copy {
        ssh: SshProgram,
        login: SshLogin,
        files: Arc<ProgramFiles>,
        run_as: RunAs,
    },
    /// `--via` was given no words.
    Nothing,
}

impl RemoteProgram {
    /// The pontoon that is installed on a host, started by ssh.
    #[must_use]
    pub fn installed(ssh: &SshProgram, login: &SshLogin, run_as: RunAs) -> Self {
        let sudo: &[&str] = if run_as == RunAs::Root { &["sudo", "-n"] } else { &[] };
        let words = sudo.iter().chain(&["pontoon"]).chain(&FAR_END);
        let words: Vec<String> = words.map(ToString::to_string).collect();
        Self::shell_line(ssh, login, &shell_line(&words))
    }

    /// A pontoon that is copied to a host by ssh and removed when it starts.
    #[must_use]
    pub fn copied(
        ssh: &SshProgram,
        login: &SshLogin,
        files: &Arc<ProgramFiles>,
        run_as: RunAs,
    ) -> Self {
        // The copy is made in `start`, as it blocks.
        let (ssh, files) = (ssh.clone(), Arc::clone(files));
        let start = ProgramStart::Copy { ssh, login: login.clone(), files, run_as };
        Self { host: login.host.clone(), start }
    }

    /// The pontoon of this host, started without ssh.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this host's own far end is started here")]
    pub fn local(host: HostName, own: &Path, run_as: RunAs, interrupt: OnInterrupt) -> Self {
        let mut command = match run_as {
            RunAs::LoginUser => Command::new(own),
            RunAs::Root => Command::new("sudo"),
        };
        if run_as == RunAs::Root {
            command.arg("-n").arg(own);
        }
        command.args(FAR_END);
        if interrupt == OnInterrupt::TakesBack {
            // A process group of its own does not get the SIGINT of the terminal.
            command.process_group(0);
        }
        Self::by_command(host, command)
    }

    /// The command of the user's `--via`, executed without a shell.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is where the user's --via is started")]
    pub fn via(host: HostName, words: impl IntoIterator<Item = OsString>) -> Self {
        let mut words = words.into_iter();
        let start = words.next().map_or(ProgramStart::Nothing, |program| {
            let mut command = Command::new(program);
            command.args(words);
            ProgramStart::Command(command)
        });
        Self { host, start }
    }

    /// A prepared command: a lab uses it to enter the namespaces of its hosts.
    #[must_use]
    pub const fn by_command(host: HostName, command: Command) -> Self {
        Self { host, start: ProgramStart::Command(command) }
    }

    /// A command line for the shell of a host, by ssh; it needs no pontoon there.
    #[must_use]
    pub fn shell_line(ssh: &SshProgram, login: &SshLogin, line: &str) -> Self {
        Self::by_command(login.host.clone(), ssh.command(login, line))
    }

    /// The name of the host, as the user gave it.
    #[must_use]
    pub const fn host(&self) -> &HostName {
        &self.host
    }

    /// Starts the program with pipes for its standard streams. Copying blocks until the host has
    /// received the file, so a caller with many hosts uses one thread for each.
    ///
    /// # Errors
    ///
    /// [`CarrierError::Start`]; if something has to be copied, every other variant as well.
    pub fn start(self) -> Result<Child, CarrierError> {
        match self.start {
            ProgramStart::Command(command) => spawn(command),
            ProgramStart::Copy { ssh, login, files, run_as } => {
                let is_root = run_as == RunAs::Root;
                push(&ssh, &login, &files, &COPIED_FAR_END, is_root)
                    .map_err(|(error, child)| why_not_copied(error, child))
            }
            ProgramStart::Nothing => {
                let source = io::ErrorKind::NotFound.into();
                Err(CarrierError::Start { program: Untrusted::default(), source })
            }
        }
    }
}

fn spawn(mut command: Command) -> Result<Child, CarrierError> {
    let program = Untrusted::new(&OsStr::to_string_lossy(command.get_program()));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|source| CarrierError::Start { program, source })
}

/// Maps a failed copy: the output of the host says more than the end of the connection.
fn why_not_copied(error: PushError, child: Option<Child>) -> CarrierError {
    let stderr = match (&error, child) {
        (PushError::Ended, Some(child)) => Some(last_words(child)),
        (_, Some(mut child)) => {
            // Closes the connection to the host. Killing a process that has already ended fails,
            // harmlessly.
            let _ = child.kill();
            let _ = child.wait();
            None
        }
        (_, None) => None,
    };
    match (error, stderr) {
        (PushError::Ended, Some(stderr)) => {
            CarrierError::Ended { stderr, said: Untrusted::default() }
        }
        (PushError::Silent, _) => ProtocolError::Silent.into(),
        (PushError::Babbles { said }, _) => {
            ProtocolError::from(crate::preamble::PreambleError::NotPontoon { said }).into()
        }
        (PushError::Ssh(source), _) => {
            CarrierError::Start { program: Untrusted::new("ssh"), source }
        }
        (error, _) => CarrierError::Copy(error),
    }
}

#[cfg(test)]
mod tests;
