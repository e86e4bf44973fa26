//! The one place where the lab starts programs.

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};

use nix::sys::wait::WaitStatus;

/// Where the running binary is to be found everywhere inside the sandbox: `/proc` and `/tmp` look
/// different in each host, this does not.
pub(crate) const OWN_PROGRAM: &str = "/run/pontoon/bin/pontoon";

/// What every program inside the lab finds as its path.
pub(crate) const PATH: &str =
    "/run/pontoon/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program to be started.
#[expect(clippy::disallowed_methods, reason = "the lab is made of processes; this starts them")]
pub(crate) fn program(path: impl AsRef<OsStr>) -> Command {
    Command::new(path)
}

/// A helper of our own: the binary inside the sandbox with a hidden subcommand.
pub(crate) fn helper(name: &str) -> Command {
    let mut command = program(OWN_PROGRAM);
    command.arg(name);
    command
}

/// How a shell would report the end of a program: its code, or 128 and the signal.
pub(crate) fn code_of(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// The same for what `waitpid(2)` says; none while the program still runs.
pub(crate) fn code_of_wait(status: WaitStatus) -> Option<u8> {
    match status {
        WaitStatus::Exited(_, code) => Some(u8::try_from(code).unwrap_or(u8::MAX)),
        WaitStatus::Signaled(_, signal, _) => {
            Some(u8::try_from(128 + signal as i32).unwrap_or(u8::MAX))
        }
        _ => None,
    }
}

/// Says on standard error what went wrong in a helper, which has no other way to say it.
#[expect(clippy::print_stderr, reason = "a helper's last words; nothing renders them for it")]
pub(crate) fn report_failure(error: &dyn std::error::Error) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    eprintln!("pontoon lab: {text}");
    ExitCode::FAILURE
}
