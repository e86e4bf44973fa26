//! How far the clocks of hosts are apart, from what their `date` says over ssh: pure.
//!
//! A host's clock was read at some moment between question and answer. So the middle of the two is
//! wrong by half the round trip at most, wherever in it the time was spent (RFC 5905, section 8,
//! bounds the error of NTP in the same way), and the shortest round trip knows best.

pub mod ssh_clock;
pub mod clock_report;

/// Microseconds in a second.
pub(crate) const SECOND_US: i64 = 1_000_000;
/// Microseconds in a day.
const DAY_US: i64 = 86_400 * SECOND_US;
/// More digits of seconds than this is no time (it would be after the year 33000).
const SECONDS_DIGITS: usize = 12;
/// Clocks that are further apart are marked: certificates and tokens are dated to the second.
pub const OFF_US: i64 = SECOND_US;
/// Clocks that are further apart make certificates of the one not valid on the other for sure: the
/// border at which `pontoon check` calls a clock off and no longer skewed.
pub const FAR_OFF_US: i64 = DAY_US;

/// What a host's `date -u +%s.%N` says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DateReading {
    /// Microseconds since 1970.
    pub unix_us: i64,
    /// It is this time or up to this much later: a `date` without `%N` cuts to whole seconds.
    pub resolution_us: i64,
}

impl DateReading {
    /// Reads it; none where it is no time. A `date` that does not know `%N` (busybox, depending on
    /// how it was built) leaves it out or as it is.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(seconds) || seconds.len() > SECONDS_DIGITS {
            return None;
        }
        let whole_us = seconds.parse::<i64>().ok()?.checked_mul(SECOND_US)?;
        if fraction.len() == 9 && is_number(fraction) {
            let us = fraction[..6].parse::<i64>().ok()?;
            return Some(Self { unix_us: whole_us + us, resolution_us: 0 });
        }
        Some(Self { unix_us: whole_us, resolution_us: SECOND_US })
    }
}

/// One question and its answer, by this host's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockExchange {
    /// When it was asked, in microseconds since 1970.
    pub sent_us: i64,
    /// When the answer came.
    pub received_us: i64,
    /// The answer.
    pub reading: DateReading,
}

/// How far a host's clock is ahead of this host's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockOffset {
    /// Positive where the other is ahead.
    pub us: i64,
    /// It may be wrong by as much, either way.
    pub uncertainty_us: i64,
    /// How long question and answer took.
    pub round_trip_us: i64,
}

impl ClockExchange {
    /// What one exchange tells.
    #[must_use]
    pub const fn offset(self) -> ClockOffset {
        let trip = self.received_us.saturating_sub(self.sent_us);
        let round_trip_us = if trip < 0 { 0 } else { trip };
        let middle = self.sent_us.saturating_add(round_trip_us / 2);
        let said = self.reading.unix_us.saturating_add(self.reading.resolution_us / 2);
        ClockOffset {
            us: said.saturating_sub(middle),
            // Rounded up: half a microsecond more is true, half a microsecond less is not.
            uncertainty_us: (round_trip_us + 1) / 2 + self.reading.resolution_us / 2,
            round_trip_us,
        }
    }
}

/// What several exchanges tell: what the surest of them does.
#[must_use]
pub fn best(exchanges: &[ClockExchange]) -> Option<ClockOffset> {
    exchanges.iter().map(|one| one.offset()).min_by_key(|offset| offset.uncertainty_us)
}

/// The clock in the middle: this host's, with an offset of zero, counts as one of them. Of two in
/// the middle it is the one nearer to this host's.
///
/// Most clocks of a cluster are right, so the one in the middle is, whatever the wrong ones say.
#[must_use]
pub fn median(offsets: &[ClockOffset]) -> ClockOffset {
    let this_host = ClockOffset { us: 0, uncertainty_us: 0, round_trip_us: 0 };
    let mut all: Vec<ClockOffset> = offsets.iter().copied().chain([this_host]).collect();
    all.sort_by_key(|offset| offset.us);
    let (low, high) = (all[(all.len() - 1) / 2], all[all.len() / 2]);
    if low.us.unsigned_abs() <= high.us.unsigned_abs() { low } else { high }
}

/// How a clock stands to a reference.
#[derive(
    Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, schemars::JsonSchema, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ClockDeviation {
    /// Within a second.
    Good,
    /// The answer took too long to tell.
    Unsure,
    /// Off by more than a second.
    Off,
    /// Off by more than a day.
    FarOff,
}

impl ClockDeviation {
    /// How a clock stands that is off by `us`, give or take.
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
