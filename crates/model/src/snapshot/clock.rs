//! The state of a host's clock.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The clock at the time of the snapshot.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ClockState {
    /// Seconds since 1970 by the host's clock.
    pub unix_s: i64,
    /// Whether the kernel reports the clock as synchronised (`adjtimex(2)`: not `STA_UNSYNC`).
    pub is_synchronised: Option<bool>,
    /// The difference to the clock of the coordinating host. That host measured it; it is stored
    /// here because it describes this host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<ClockDifference>,
}

/// The difference of two clocks; the true value is within the uncertainty on either side.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ClockDifference {
    /// Milliseconds by which this clock is ahead; negative: behind.
    pub offset_ms: i64,
    /// Half the round-trip time of the measurement, in milliseconds.
    pub uncertainty_ms: u32,
}
