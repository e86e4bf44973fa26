//! The end of a program's standard error, which usually has the reason why it failed.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, ChildStderr};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, poll};
use pontoon_model::untrusted::Untrusted;

use super::session_clock::{SessionClock, poll_timeout};
use crate::limits::{EXIT_WITHIN, STDERR_KEPT};

/// Standard error of a program, read without waiting; the last [`STDERR_KEPT`] bytes are kept.
#[derive(Debug, Default)]
pub(crate) struct StderrTail {
    pipe: Option<File>,
    kept: Vec<u8>,
}

impl StderrTail {
    pub(crate) fn of(stderr: Option<ChildStderr>) -> Self {
        let pipe = stderr.map(|stderr| File::from(OwnedFd::from(stderr)));
        if let Some(pipe) = &pipe {
            set_nonblocking(pipe);
        }
        Self { pipe, kept: Vec::new() }
    }

    /// Reads what is available, at most 16 buffers: a program that writes faster blocks at its own
    /// pipe.
    pub(crate) fn drain(&mut self) {
        const TURNS: usize = 16;
        let mut buffer = [0; STDERR_KEPT];
        for _ in 0..TURNS {
            let Some(pipe) = &mut self.pipe else { return };
            match pipe.read(&mut buffer) {
                Ok(length) if length > 0 => {
                    self.kept.extend_from_slice(&buffer[..length]);
                    let extra = self.kept.len().saturating_sub(STDERR_KEPT);
                    self.kept.drain(..extra);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => self.pipe = None,
            }
        }
    }

    /// Reads to the end, for at most [`EXIT_WITHIN`]: a program whose connection is gone ends soon.
    pub(crate) fn drain_to_end(&mut self) {
        let clock = SessionClock::start();
        loop {
            self.drain();
            let left = clock.left_of(EXIT_WITHIN);
            let Some(pipe) = &self.pipe else { return };
            if left.is_zero() {
                return;
            }
            // If a signal interrupts the wait, the loop polls again.
            let _ = poll(&mut [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)], poll_timeout(left));
        }
    }

    /// The descriptor to poll; `None` once standard error is closed.
    pub(crate) fn readable(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(File::as_fd)
    }

    /// The kept bytes as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }

    /// The last bytes that fit into an [`Untrusted`].
    pub(crate) fn shown(&self) -> Untrusted {
        let start = self.kept.len().saturating_sub(Untrusted::MAX_BYTES);
        Untrusted::from_bytes(&self.kept[start..])
    }
}

/// Reads standard error of a program that is about to end, then kills it.
pub(crate) fn last_words(mut child: Child) -> Untrusted {
    let mut tail = StderrTail::of(child.stderr.take());
    tail.drain_to_end();
    // Killing a process that has already ended fails, harmlessly.
    let _ = child.kill();
    let _ = child.wait();
    tail.shown()
}

/// Makes reads and writes non-blocking. If that fails the pipe still works, only slower.
pub(crate) fn set_nonblocking(pipe: &impl AsFd) {
    let _ = fcntl(pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
}
