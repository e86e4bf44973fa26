//! The result of `pontoon clock`, and its JSON format.

use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use pontoon_remote::reach_failure::ReachFailure;
use schemars::JsonSchema;
use serde::Serialize;

use super::{ClockDeviation, ClockOffset, median};

/// Name and version of the format. Within a version, fields are only ever added.
pub const FORM: &str = "pontoon/clock/v1";

/// The clocks of several hosts.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ClockReport {
    /// Always `pontoon/clock/v1`.
    pub schema: String,
    /// Microseconds by which this host's clock is ahead of the median, of which it is part.
    pub this_host_from_median_us: i64,
    /// The deviation of this host's clock from the median.
    pub this_host: ClockDeviation,
    /// The hosts, in the order of the command line.
    pub hosts: Vec<HostClock>,
}

/// The clock of one host.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HostClock {
    /// The measured host.
    pub host: HostName,
    /// Its clock; absent if the host could not be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<MeasuredClock>,
    /// Why it could not be reached, with advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreached: Option<Untrusted>,
}

/// The measured offsets of a clock.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct MeasuredClock {
    /// Microseconds by which it is ahead of the median of all clocks.
    pub from_median_us: i64,
    /// Microseconds by which it is ahead of this host's clock.
    pub from_this_host_us: i64,
    /// Largest error of `from_this_host_us` in either direction: half the round trip.
    pub uncertainty_us: i64,
    /// The deviation from the median.
    pub standing: ClockDeviation,
}

impl ClockReport {
    /// Compares the measured clocks.
    #[must_use]
    pub fn of(answers: &[(HostName, Result<ClockOffset, ReachFailure>)]) -> Self {
        let offsets: Vec<ClockOffset> =
            answers.iter().filter_map(|(_, answer)| answer.as_ref().ok().copied()).collect();
        let middle = median(&offsets);
        let clock = |offset: &ClockOffset| {
            let from_median_us = offset.us.saturating_sub(middle.us);
            // The median clock itself has only the uncertainty of its own measurement.
            let unsure = offset.uncertainty_us.saturating_add(middle.uncertainty_us);
            let unsure = if *offset == middle { offset.uncertainty_us } else { unsure };
            MeasuredClock {
                from_median_us,
                from_this_host_us: offset.us,
                uncertainty_us: offset.uncertainty_us,
                standing: ClockDeviation::of(from_median_us, unsure),
            }
        };
        let hosts = answers.iter().map(|(host, answer)| HostClock {
            host: host.clone(),
            clock: answer.as_ref().ok().map(clock),
            unreached: answer.as_ref().err().map(|failure| failure.with_advice(host.as_str())),
        });
        Self {
            schema: FORM.to_owned(),
            this_host_from_median_us: -middle.us,
            this_host: ClockDeviation::of(middle.us, middle.uncertainty_us),
            hosts: hosts.collect(),
        }
    }

    /// The exit code of the command.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let standing = |standing| match standing {
            ClockDeviation::Good => Exit::Good,
            ClockDeviation::Unsure | ClockDeviation::Off => Exit::Warned,
            ClockDeviation::FarOff => Exit::Failed,
        };
        let hosts = self.hosts.iter().map(|host| match host.clock {
            Some(clock) => standing(clock.standing),
            None => Exit::Unreachable,
        });
        hosts.fold(standing(self.this_host), Exit::or)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SECOND_US;

    fn clocks(answers: &[(&str, Option<i64>)]) -> ClockReport {
        let answer = |(host, seconds): &(&str, Option<i64>)| {
            let offset = |seconds| ClockOffset {
                us: seconds * SECOND_US,
                uncertainty_us: 10_000,
                round_trip_us: 20_000,
            };
            let refused = "ssh: connect to host pi2 port 22: Connection refused";
            (host.parse().unwrap(), seconds.map(offset).ok_or_else(|| ReachFailure::said(refused)))
        };
        ClockReport::of(&answers.iter().map(answer).collect::<Vec<_>>())
    }

    #[test]
    fn the_number_to_end_with_says_the_worst() {
        let table: [(&[Option<i64>], Exit); 7] = [
            (&[Some(0), Some(1)], Exit::Good),
            (&[Some(0), Some(3)], Exit::Warned),
            (&[Some(0), Some(100_000)], Exit::Failed),
            (&[Some(0), None], Exit::Unreachable),
            (&[Some(3), None, Some(0)], Exit::Unreachable),
            (&[Some(-100_000), None, Some(0)], Exit::Failed),
            // All other clocks agree, so this host's is off.
            (&[Some(7), Some(7), Some(7)], Exit::Warned),
        ];
        for (seconds, exit) in table {
            let answers: Vec<_> = seconds.iter().map(|one| ("pi2", *one)).collect();
            assert_eq!(clocks(&answers).exit(), exit, "{seconds:?}");
        }
    }

    #[test]
    fn each_is_compared_with_the_median_and_with_here() {
        const S: i64 = SECOND_US;
        let found = clocks(&[("pi1", Some(10)), ("pi2", Some(10)), ("pi3", Some(13))]);
        let of = |at: usize| {
            let clock = found.hosts[at].clock.unwrap();
            (clock.from_median_us, clock.from_this_host_us, clock.standing)
        };
        assert_eq!(of(0), (0, 10 * S, ClockDeviation::Good));
        assert_eq!(of(2), (3 * S, 13 * S, ClockDeviation::Off));
        assert_eq!(
            (found.this_host_from_median_us, found.this_host),
            (-10 * S, ClockDeviation::Off)
        );
    }

    #[test]
    fn a_host_that_is_away_says_why_and_is_no_clock() {
        let found = clocks(&[("pi2", None)]);
        let [host] = &found.hosts[..] else { panic!() };
        assert!(host.clock.is_none());
        assert!(host.unreached.as_ref().unwrap().raw().contains("no ssh server"), "{host:?}");
    }
}
