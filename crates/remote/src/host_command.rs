//! Runs a command on a host to its end: output line by line, and the exit status. It needs no
//! pontoon on the host.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::carrier::RemoteProgram;
use crate::limits::STDERR_KEPT;
use crate::reach_failure::ReachFailure;

/// Longest line in bytes; a longer one is delivered in pieces.
const LINE_MAX: u64 = 64 * 1024;
/// Exit status of ssh if it could not connect (ssh(1)).
const SSH_FAILED: i32 = 255;

/// The signal by which [`CommandHandle::end`] ends a command (signal(7)).
const SIGKILL: i32 = 9;

/// The stream of an output line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OutputStream {
    /// Standard output of the command.
    Out,
    /// Standard error of the command, or of ssh.
    Err,
}

/// How a command ended on a host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CommandEnd {
    /// It exited with this status.
    Exited(i32),
    /// A signal ended the local process.
    Signalled(i32),
    /// It did not run: the host could not be reached.
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

/// A command of another thread, which can be ended.
#[derive(Clone, Debug, Default)]
pub struct CommandHandle(Arc<Mutex<CommandState>>);

#[derive(Debug, Default)]
enum CommandState {
    #[default]
    NotStarted,
    Running(Child),
    Over,
}

impl CommandHandle {
    /// Ends the command, or keeps it from being started.
    pub fn end(&self) {
        if let CommandState::Running(mut child) = self.replace(CommandState::Over) {
            // Killing a process that has ended fails, harmlessly.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// A panic elsewhere leaves the state whole.
    fn replace(&self, state: CommandState) -> CommandState {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), state)
    }
}

/// Runs a command to its end. `input` becomes its standard input; `tell` receives each line without
/// its line break, as it arrives. `handle` is new; by it another thread can end the command.
pub fn run_command(
    program: RemoteProgram,
    handle: &CommandHandle,
    input: Option<&[u8]>,
    tell: &(impl Fn(OutputStream, Vec<u8>) + Sync),
) -> CommandEnd {
    let mut child = match program.start() {
        Ok(child) => child,
        Err(error) => return CommandEnd::Unreached(ReachFailure::of(&error)),
    };
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    if matches!(handle.replace(CommandState::Running(child)), CommandState::Over) {
        handle.end();
    }
    // All pipes are served at the same time: a full one would block the program, and so the others.
    let complaint = thread::scope(|scope| {
        match (stdin, input) {
            (Some(mut stdin), Some(input)) => {
                // A command may end without reading all its input; that is no failure.
                scope.spawn(move || drop(stdin.write_all(input)));
            }
            // Without input, standard input is closed at once.
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
    let CommandState::Running(mut child) = handle.replace(CommandState::Over) else {
        return CommandEnd::Signalled(SIGKILL);
    };
    match child.wait() {
        Ok(status) => CommandEnd::of(status, &complaint),
        // Waiting fails only if another part of the process has collected the child.
        Err(_) => CommandEnd::Signalled(0),
    }
}

/// Passes on each line of a pipe, also a last one without a line break.
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
