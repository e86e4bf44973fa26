//! The one place where the lab starts programs, and where programs find things in a lab.

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};

use nix::sys::wait::WaitStatus;

/// Where the program that raised the lab is found everywhere inside the sandbox, for its helper
/// subcommands: `/proc` and `/tmp` look different in each host, this does not.
pub const OWN_PROGRAM: &str = "/run/pontoon/lab-program";

/// What is started as `pontoon` on a host: the program that raised the lab, unless that put another
/// one there ([`sandbox::show_pontoon`](crate::sandbox::show_pontoon)).
pub const PONTOON: &str = "/run/pontoon/bin/pontoon";

/// `PATH` of every program inside the lab; [`PONTOON`] is in its first folder.
pub const PATH: &str =
    "/run/pontoon/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The home of root on a host: ssh and shells keep their files there, and the machine's are not
/// the lab's.
pub(crate) const HOME: &str = "/run/root";

/// A program to be started.
#[expect(clippy::disallowed_methods, reason = "the lab is made of processes; this starts them")]
pub fn program(path: impl AsRef<OsStr>) -> Command {
    Command::new(path)
}

/// A helper of our own: the program that raised the lab, with a hidden subcommand.
pub(crate) fn helper(name: &str) -> Command {
    let mut command = program(OWN_PROGRAM);
    command.arg(name);
    command
}

/// How a shell would report the end of a program: its code, or 128 and the signal.
#[must_use]
pub fn code_of(status: ExitStatus) -> u8 {
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

/// Writes to standard error what went wrong in a helper, which has no other way to report it.
#[expect(clippy::print_stderr, reason = "a helper's last words; nothing renders them for it")]
pub fn report_failure(error: &dyn std::error::Error) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    eprintln!("pontoon lab: {text}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_program_is_a_number_as_a_shell_has_it() {
        // wait(2): the code in the second octet, the signal in the first.
        for (status, code) in [(0, 0), (7 << 8, 7), (9, 137), (15, 143)] {
            assert_eq!(code_of(ExitStatus::from_raw(status)), code, "{status}");
        }
    }
}
