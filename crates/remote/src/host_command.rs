//! A command on a host, run to its end: its output line by line, and how it ended. It needs no
//! pontoon on the host.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::thread;

use crate::carrier::RemoteProgram;
use crate::limits::STDERR_KEPT;
use crate::reach_failure::ReachFailure;

/// A longer line is handed over in pieces, in bytes.
const LINE_MAX: u64 = 64 * 1024;
/// ssh's own status when it could not connect (ssh(1)).
const SSH_FAILED: i32 = 255;

/// Where a line came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OutputStream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a command ended on a host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CommandEnd {
    /// With this status.
    Exited(i32),
    /// By this signal, on this side.
    Signalled(i32),
    /// It never ran: the host could not be reached.
    Unreached(ReachFailure),
}

impl CommandEnd {
    /// Whether the command succeeded.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Exited(0))
    }

    fn of(status: ExitStatus, stderr: &[u8]) -> Self {
        match (status.code(), status.signal()) {
            (Some(SSH_FAILED), _) => {
                Self::Unreached(ReachFailure::said(&String::from_utf8_lossy(stderr)))
            }
            (Some(code), _) => Self::Exited(code),
            (None, signal) => Self::Signalled(signal.unwrap_or_default()),
        }
    }
}

/// Runs a command to its end. `input` is given to it on its standard input; `tell` gets each line
/// without its line break, as it comes.
pub fn run_command(
    program: RemoteProgram,
    input: Option<&[u8]>,
    tell: &(impl Fn(OutputStream, Vec<u8>) + Sync),
) -> CommandEnd {
    let mut child = match program.start() {
        Ok(child) => child,
        Err(error) => return CommandEnd::Unreached(ReachFailure::of(&error)),
    };
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let complaint = thread::scope(|scope| {
        match (stdin, input) {
            (Some(mut stdin), Some(input)) => {
                // A command that does not read its input to the end is no failure.
                scope.spawn(move || drop(stdin.write_all(input)));
            }
            // Without input it ends at once.
            (stdin, _) => drop(stdin),
        }
        let complaint = scope.spawn(|| {
            let mut kept = Vec::new();
            each_line(stderr, |line| {
                kept.extend_from_slice(&line);
                kept.push(b'\n');
                let extra = kept.len().saturating_sub(STDERR_KEPT);
                kept.drain(..extra);
                tell(OutputStream::Err, line);
            });
            kept
        });
        each_line(stdout, |line| tell(OutputStream::Out, line));
        complaint.join().unwrap_or_default()
    });
    match child.wait() {
        Ok(status) => CommandEnd::of(status, &complaint),
        Err(_) => CommandEnd::Signalled(0),
    }
}

/// Hands over every line of a pipe, the last also without its line break.
fn each_line(pipe: Option<impl Read>, mut hand_over: impl FnMut(Vec<u8>)) {
    let Some(pipe) = pipe else { return };
    let mut reader = BufReader::new(pipe);
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                hand_over(line);
            }
        }
    }
}
