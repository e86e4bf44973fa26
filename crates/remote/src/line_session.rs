//! A line-by-line exchange with a program, with a time limit for each wait. It needs only a shell
//! on the other host, no pontoon.

use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, poll};

use crate::carrier::RemoteProgram;
use crate::edge::session_clock::{SessionClock, poll_timeout};
use crate::edge::stderr_tail::StderrTail;
use crate::reach_failure::{FailureCause, ReachFailure};

/// Longest line in bytes; a longer one is no response.
const LINE_MAX: usize = 1024;

/// A running program that exchanges lines with this process.
#[derive(Debug)]
pub struct LineSession {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: StderrTail,
    heard: Vec<u8>,
}

/// The result of waiting for a line.
#[derive(Debug, Eq, PartialEq)]
pub enum HeardLine {
    /// A line, without its line break.
    Line(String),
    /// No line arrived in time.
    Nothing,
    /// The program closed its standard output.
    End,
}

impl LineSession {
    /// Starts the program with pipes.
    ///
    /// # Errors
    ///
    /// The reason why it cannot be started.
    pub fn start(program: RemoteProgram) -> Result<Self, ReachFailure> {
        let mut child = program.start().map_err(|error| ReachFailure::of(&error))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => {
                let stderr = StderrTail::of(child.stderr.take());
                Ok(Self { child, stdin, stdout, stderr, heard: Vec::new() })
            }
            _ => Err(ReachFailure::new(FailureCause::NoSsh, "it has no standard input and output")),
        }
    }

    /// Sends a line. A write error is ignored: [`Self::hear`] reports the end of the program.
    pub fn say(&mut self, line: &str) {
        let _ = self.stdin.write_all(format!("{line}\n").as_bytes());
    }

    /// Waits for a line, for at most `within`.
    pub fn hear(&mut self, within: Duration) -> HeardLine {
        let clock = SessionClock::start();
        loop {
            if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return HeardLine::Line(String::from_utf8_lossy(&line).trim().to_owned());
            }
            if self.heard.len() > LINE_MAX {
                // A banner without a line break; the rest of it is no response either.
                self.heard.clear();
            }
            let left = clock.left_of(within);
            if left.is_zero() {
                return HeardLine::Nothing;
            }
            if !self.read_some(left) {
                return HeardLine::End;
            }
        }
    }

    /// Reads what is available, or waits for it; `false` at the end of standard output.
    fn read_some(&mut self, wait: Duration) -> bool {
        let mut fds = vec![PollFd::new(self.stdout.as_fd(), PollFlags::POLLIN)];
        fds.extend(self.stderr.readable().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        if poll(&mut fds, poll_timeout(wait)).is_err() {
            // A signal interrupted the wait; the caller checks the time limit and calls again.
            return true;
        }
        let is_ready = fds.first().is_some_and(|fd| fd.any().unwrap_or(true));
        self.stderr.drain();
        if is_ready {
            let mut bytes = [0; LINE_MAX];
            match self.stdout.read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => self.heard.extend_from_slice(&bytes[..count]),
                Err(error) => return error.kind() == io::ErrorKind::Interrupted,
            }
        }
        true
    }

    /// The reason why the program ended, from its standard error.
    #[must_use]
    pub fn failure(mut self) -> ReachFailure {
        self.stderr.drain_to_end();
        ReachFailure::said(&self.stderr.text())
    }
}

/// Kills the program: its further output is not needed.
impl Drop for LineSession {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
