//! The clocks of this host: monotonic for a run, and the time of day.

use std::time::{Duration, Instant, SystemTime};

use crate::machine::RunInstant;

/// The monotonic clock, from the start of a run.
#[derive(Clone, Copy, Debug)]
pub struct RunClock(Instant);

impl RunClock {
    /// Starts at zero.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn now(&self) -> RunInstant {
        RunInstant(u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// Milliseconds since 1970 by this host; 0 before.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the edge")]
pub fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Seconds since 1970 by this host; negative before.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the edge")]
pub fn unix_s() -> i64 {
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |s| -s),
    }
}

/// This host's clock as it was at the start, carried on by the monotonic clock: a step of the
/// clock during a run does not change the time between two readings.
#[derive(Clone, Copy, Debug)]
pub struct SteadyClock {
    start: Instant,
    unix_us: i64,
}

impl SteadyClock {
    /// Reads both clocks.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    pub fn start() -> Self {
        let us = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let unix_us = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => us(since),
            Err(before) => -us(before.duration()),
        };
        Self { start: Instant::now(), unix_us }
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn now_us(&self) -> i64 {
        let since = i64::try_from(self.start.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.unix_us.saturating_add(since)
    }
}
