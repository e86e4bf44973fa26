//! The time that has passed since something began.

use std::time::{Duration, Instant};

use nix::poll::PollTimeout;

/// A monotonic clock that starts at zero.
#[derive(Clone, Copy, Debug)]
pub struct SessionClock(Instant);

impl SessionClock {
    /// Starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// What has passed since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// What is left until so much has passed.
    #[must_use]
    pub fn left_of(&self, limit: Duration) -> Duration {
        limit.saturating_sub(self.elapsed())
    }
}

/// A limit for poll(2), in whole milliseconds. It is rounded up: a wait that ends early would be
/// made again at once.
#[must_use]
pub fn poll_timeout(wait: Duration) -> PollTimeout {
    let ms = wait.as_micros().div_ceil(1000);
    PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX)
}
