//! Deadlines, and waiting for a socket until one.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// A moment after which nothing is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    begin: Instant,
    end: Instant,
}

impl Deadline {
    /// So long from now.
    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    pub(super) fn after(span: Duration) -> Self {
        let begin = Instant::now();
        Self { begin, end: begin + span }
    }

    /// So long from now, and not beyond this one.
    pub(super) fn at_most(self, span: Duration) -> Self {
        let own = Self::after(span);
        Self { end: own.end.min(self.end), ..own }
    }

    /// What is left.
    pub(super) fn left(self) -> Duration {
        self.end.saturating_duration_since(self.begin).saturating_sub(self.begin.elapsed())
    }

    /// Lets so much time go by; false, and at once, where less than that is left.
    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    pub(super) fn sleep(self, span: Duration) -> bool {
        let has_room = self.left() > span;
        if has_room {
            std::thread::sleep(span);
        }
        has_room
    }

    /// Milliseconds since it was set.
    pub(super) fn spent_ms(self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits until a socket is ready; whether it is.
    pub(super) fn wait(self, socket: &impl AsFd, what: PollFlags) -> bool {
        loop {
            let left = self.left();
            if left.is_zero() {
                return false;
            }
            let left = PollTimeout::try_from(left.as_millis() + 1).unwrap_or(PollTimeout::MAX);
            let mut fds = [PollFd::new(socket.as_fd(), what)];
            match poll(&mut fds, left) {
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return true,
                Err(_) => return false,
            }
        }
    }
}
