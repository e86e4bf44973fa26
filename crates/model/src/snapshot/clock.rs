//! The clock of a host.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The clock.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ClockState {
    /// Seconds since 1970 by this host.
    pub unix_s: i64,
    /// Whether the kernel believes it is disciplined (`adjtimex(2)`: not `STA_UNSYNC`).
    pub is_synchronised: Option<bool>,
    /// How it differs from the clock of the host that led the run. It is that host's measurement,
    /// and stands here because it is about this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<ClockDifference>,
}

/// How far one clock is from another: the truth lies within the uncertainty on either side.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ClockDifference {
    /// Milliseconds by which this clock is ahead; negative: behind.
    pub offset_ms: i64,
    /// Half the time between question and answer.
    pub uncertainty_ms: u32,
}
