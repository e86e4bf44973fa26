//! A conversation with a program, line by line, in which no wait is without end.

use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::SteadyClock;

use crate::ssh::trouble::{Cause, Trouble};

/// A longer line is no answer.
const LINE_MAX: usize = 1024;
/// What is kept of standard error, to tell the trouble by.
const STDERR_KEPT: usize = 4096;
/// How long a program may take to end once it has closed its output.
const END_US: i64 = 2_000_000;

/// A running program.
#[derive(Debug)]
pub(super) struct Talk<'a> {
    clock: &'a SteadyClock,
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: Option<ChildStderr>,
    heard: Vec<u8>,
    complaint: Vec<u8>,
}

/// What came.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// A line, and when.
    Line(String, i64),
    /// Nothing until the deadline.
    Nothing,
    /// It says no more.
    End,
}

impl<'a> Talk<'a> {
    pub(super) fn start(mut command: Command, clock: &'a SteadyClock) -> Result<Self, Trouble> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |why: &str| Trouble::said(&format!("ssh could not be run: {why}"));
        let mut child = command.spawn().map_err(|error| failed(&error.to_string()))?;
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(stdin), Some(stdout), stderr) => {
                let (heard, complaint) = (Vec::new(), Vec::new());
                Ok(Self { clock, child, stdin, stdout, stderr, heard, complaint })
            }
            _ => Err(failed("it has no standard input and output")),
        }
    }

    /// Says a line. Whether anybody listens is told by what is heard.
    pub(super) fn say(&mut self, line: &str) {
        let _ = self.stdin.write_all(format!("{line}\n").as_bytes());
    }

    /// Waits for a line, but not beyond the deadline.
    pub(super) fn hear(&mut self, deadline_us: i64) -> Heard {
        loop {
            let now = self.clock.now_us();
            if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return Heard::Line(String::from_utf8_lossy(&line).trim().to_owned(), now);
            }
            if self.heard.len() > LINE_MAX {
                // A banner without an end: its end will be no answer either.
                self.heard.clear();
            }
            if now >= deadline_us {
                return Heard::Nothing;
            }
            if !self.read_some(deadline_us - now) {
                return Heard::End;
            }
        }
    }

    /// Reads what there is, or waits for it; false at the end of standard output.
    fn read_some(&mut self, wait_us: i64) -> bool {
        let mut fds = vec![PollFd::new(self.stdout.as_fd(), PollFlags::POLLIN)];
        fds.extend(self.stderr.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
        if poll(&mut fds, timeout(wait_us)).is_err() {
            // Interrupted: the caller looks at the clock and comes again.
            return true;
        }
        let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(true)).collect();
        let mut bytes = [0; LINE_MAX];
        if ready.get(1) == Some(&true)
            && let Some(stderr) = &mut self.stderr
        {
            match stderr.read(&mut bytes) {
                Ok(0) | Err(_) => self.stderr = None,
                Ok(count) => {
                    let room = STDERR_KEPT.saturating_sub(self.complaint.len());
                    self.complaint.extend_from_slice(&bytes[..count.min(room)]);
                }
            }
        }
        if ready.first() == Some(&true) {
            match self.stdout.read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => self.heard.extend_from_slice(&bytes[..count]),
                Err(error) => return error.kind() == io::ErrorKind::Interrupted,
            }
        }
        true
    }

    /// What a program that has said its last had to complain about.
    pub(super) fn complaint(mut self) -> Trouble {
        let deadline = self.clock.now_us() + END_US;
        while let Some(stderr) = &mut self.stderr {
            let now = self.clock.now_us();
            let mut fds = [PollFd::new(stderr.as_fd(), PollFlags::POLLIN)];
            if now >= deadline || poll(&mut fds, timeout(deadline - now)) == Ok(0) {
                break;
            }
            let mut bytes = [0; LINE_MAX];
            match stderr.read(&mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    let room = STDERR_KEPT.saturating_sub(self.complaint.len());
                    self.complaint.extend_from_slice(&bytes[..count.min(room)]);
                }
            }
        }
        Trouble::said(&String::from_utf8_lossy(&self.complaint))
    }
}

/// Whatever it still does, nobody waits for it.
impl Drop for Talk<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Trouble in words of its own.
pub(super) fn trouble(cause: Cause, said: &str) -> Trouble {
    Trouble { cause, said: Untrusted::new(said) }
}

/// Waits without anything to wait for.
pub(super) fn pause(us: i64) {
    let _ = poll(&mut [], timeout(us));
}

/// Rounded up: a wait that ends early is made again.
fn timeout(us: i64) -> PollTimeout {
    PollTimeout::try_from(us.max(0).saturating_add(999) / 1000).unwrap_or(PollTimeout::MAX)
}
