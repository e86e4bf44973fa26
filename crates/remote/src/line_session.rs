//! A conversation with a program, line by line, in which no wait is without end. For what needs no
//! pontoon on the other host, but a shell.

use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, poll};

use crate::carrier::RemoteProgram;
use crate::edge::session_clock::{SessionClock, poll_timeout};
use crate::edge::stderr_tail::StderrTail;
use crate::reach_failure::{FailureCause, ReachFailure};

/// A longer line is no answer.
const LINE_MAX: usize = 1024;

/// A running program that is talked to in lines.
#[derive(Debug)]
pub struct LineSession {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: StderrTail,
    heard: Vec<u8>,
}

/// What came.
#[derive(Debug, Eq, PartialEq)]
pub enum HeardLine {
    /// A line, without its line break.
    Line(String),
    /// Nothing in time.
    Nothing,
    /// The program says no more.
    End,
}

impl LineSession {
    /// Starts the program.
    ///
    /// # Errors
    ///
    /// Why it cannot be started.
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

    /// Sends a line. Whether anybody listens is told by what is heard.
    pub fn say(&mut self, line: &str) {
        let _ = self.stdin.write_all(format!("{line}\n").as_bytes());
    }

    /// Waits for a line, but no longer than this.
    pub fn hear(&mut self, within: Duration) -> HeardLine {
        let clock = SessionClock::start();
        loop {
            if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return HeardLine::Line(String::from_utf8_lossy(&line).trim().to_owned());
            }
            if self.heard.len() > LINE_MAX {
                // A banner without an end: its end will be no answer either.
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

    /// Reads what there is, or waits for it; false at the end of standard output.
    fn read_some(&mut self, wait: Duration) -> bool {
        let mut fds = vec![PollFd::new(self.stdout.as_fd(), PollFlags::POLLIN)];
        fds.extend(self.stderr.readable().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        if poll(&mut fds, poll_timeout(wait)).is_err() {
            // Interrupted: the caller looks at the clock and comes again.
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

    /// Why a program ended that has closed its output.
    #[must_use]
    pub fn failure(mut self) -> ReachFailure {
        self.stderr.drain_to_end();
        ReachFailure::said(&self.stderr.text())
    }
}

/// Whatever it still does, nobody waits for it.
impl Drop for LineSession {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
