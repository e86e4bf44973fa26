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

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_part_never_outlasts_the_whole() {
        let whole = Deadline::after(Duration::from_millis(200));
        assert!(whole.at_most(Duration::from_secs(60)).left() <= Duration::from_millis(200));
        assert!(whole.at_most(Duration::from_millis(10)).left() <= Duration::from_millis(10));
    }

    #[test]
    fn there_is_no_pause_that_is_longer_than_what_is_left() {
        let deadline = Deadline::after(Duration::from_millis(300));
        assert!(!deadline.sleep(Duration::from_secs(60)));
        assert!(deadline.sleep(Duration::from_millis(10)));
        assert!(deadline.spent_ms() >= 10);
    }

    #[test]
    fn a_socket_is_waited_for_until_the_deadline() {
        let (near, far) = UnixStream::pair().unwrap();
        assert!(!Deadline::after(Duration::from_millis(20)).wait(&near, PollFlags::POLLIN));
        // The end of the other is something to read.
        drop(far);
        assert!(Deadline::after(Duration::from_secs(5)).wait(&near, PollFlags::POLLIN));
    }
}
