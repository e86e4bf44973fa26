//! Time elapsed since a start.

use std::time::{Duration, Instant};

use nix::poll::PollTimeout;

/// A monotonic clock that starts at zero.
#[derive(Clone, Copy, Debug)]
pub struct SessionClock(Instant);

impl SessionClock {
    /// Starts the clock at zero.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// The rest of a time limit that began with the clock; zero once it has passed.
    #[must_use]
    pub fn left_of(&self, limit: Duration) -> Duration {
        limit.saturating_sub(self.elapsed())
    }
}

/// A timeout for poll(2), in whole milliseconds. It is rounded up: rounded down, the caller would
/// wake up early and poll again at once.
#[must_use]
pub fn poll_timeout(wait: Duration) -> PollTimeout {
    let ms = wait.as_micros().div_ceil(1000);
    PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX)
}
