//! Clock offsets of hosts, computed from the output of `date` over ssh. No input or output here.
//!
//! A remote clock was read at some point between request and response. The middle of the two is
//! wrong by at most half the round trip, wherever in it the time was spent (RFC 5905, section 8,
//! bounds the error of NTP in the same way), so the shortest round trip gives the best estimate.

pub mod ssh_clock;
pub mod clock_report;

/// Microseconds in a second.
pub(crate) const SECOND_US: i64 = 1_000_000;
/// Microseconds in a day.
const DAY_US: i64 = 86_400 * SECOND_US;
/// Largest number of digits in the seconds; more would be after the year 33000.
const SECONDS_DIGITS: usize = 12;
/// Offset in microseconds beyond which a clock is reported: certificates and tokens have timestamps
/// in seconds.
pub const OFF_US: i64 = SECOND_US;
/// Offset in microseconds beyond which certificates of one host are certainly not valid on the
/// other; `pontoon check` draws its line between clock-skew and clock-off here, too.
pub const FAR_OFF_US: i64 = DAY_US;

/// The output of `date -u +%s.%N` on a host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DateReading {
    /// Microseconds since 1970.
    pub unix_us: i64,
    /// The true time is up to this much later: a `date` without `%N` prints whole seconds.
    pub resolution_us: i64,
}

impl DateReading {
    /// Parses the output; `None` if it is not a time. A `date` without `%N` (busybox, depending on
    /// its build) prints nothing or the format itself in its place.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(seconds) || seconds.len() > SECONDS_DIGITS {
            return None;
        }
        let whole_us = seconds.parse::<i64>().ok()?.checked_mul(SECOND_US)?;
        // Any other length is the output of a `date` without `%N`.
        if fraction.len() == 9 && is_number(fraction) {
            let us = fraction[..6].parse::<i64>().ok()?;
            return Some(Self { unix_us: whole_us + us, resolution_us: 0 });
        }
        Some(Self { unix_us: whole_us, resolution_us: SECOND_US })
    }
}

/// One request and its response, with times of this host's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockExchange {
    /// When the request was sent, in microseconds since 1970.
    pub sent_us: i64,
    /// When the response arrived, in microseconds since 1970.
    pub received_us: i64,
    /// The time that the host reported.
    pub reading: DateReading,
}

/// The offset of a host's clock to this host's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockOffset {
    /// Microseconds by which the host's clock is ahead; negative: behind.
    pub us: i64,
    /// The largest error of the offset in either direction, in microseconds.
    pub uncertainty_us: i64,
    /// Time from request to response, in microseconds.
    pub round_trip_us: i64,
}

impl ClockExchange {
    /// The offset that follows from this exchange.
    #[must_use]
    pub const fn offset(self) -> ClockOffset {
        let trip = self.received_us.saturating_sub(self.sent_us);
        let round_trip_us = if trip < 0 { 0 } else { trip };
        let middle = self.sent_us.saturating_add(round_trip_us / 2);
        // The middle of the possible times, so that the error is half the resolution.
        let said = self.reading.unix_us.saturating_add(self.reading.resolution_us / 2);
        ClockOffset {
            us: said.saturating_sub(middle),
            // Rounded up: the bound must not become too small.
            uncertainty_us: (round_trip_us + 1) / 2 + self.reading.resolution_us / 2,
            round_trip_us,
        }
    }
}

/// The offset with the smallest uncertainty of several exchanges.
#[must_use]
pub fn best(exchanges: &[ClockExchange]) -> Option<ClockOffset> {
    exchanges.iter().map(|one| one.offset()).min_by_key(|offset| offset.uncertainty_us)
}

/// The median clock. This host's counts as one of them, with an offset of zero. Of two in the
/// middle, the one nearer to this host's is taken.
///
/// Most clocks of a cluster are right, so the median is, whatever the wrong ones show.
#[must_use]
pub fn median(offsets: &[ClockOffset]) -> ClockOffset {
    let this_host = ClockOffset { us: 0, uncertainty_us: 0, round_trip_us: 0 };
    let mut all: Vec<ClockOffset> = offsets.iter().copied().chain([this_host]).collect();
    all.sort_by_key(|offset| offset.us);
    let (low, high) = (all[(all.len() - 1) / 2], all[all.len() / 2]);
    if low.us.unsigned_abs() <= high.us.unsigned_abs() { low } else { high }
}

/// The deviation of a clock from a reference, in classes.
#[derive(
    Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, schemars::JsonSchema, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ClockDeviation {
    /// It deviates by one second at most.
    Good,
    /// The round trip was too long to decide.
    Unsure,
    /// It deviates by more than a second.
    Off,
    /// It deviates by more than a day.
    FarOff,
}

impl ClockDeviation {
    /// The class of a deviation of `us`, with its uncertainty.
    #[must_use]
    pub const fn of(us: i64, uncertainty_us: i64) -> Self {
        let apart = us.saturating_abs();
        let at_least = apart.saturating_sub(uncertainty_us);
        if at_least > FAR_OFF_US {
            Self::FarOff
        } else if at_least > OFF_US {
            Self::Off
        } else if apart > OFF_US || uncertainty_us > OFF_US {
            Self::Unsure
        } else {
            Self::Good
        }
    }
}

#[cfg(test)]
mod tests;
