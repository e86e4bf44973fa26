//! Frames and packets between hosts of the run.

use pontoon_model::host::HostName;
use schemars::JsonSchema;
use serde::Serialize;

/// What became of frames and packets between two hosts of the run.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FrameEvidence {
    /// Rounds of one direction that arrived.
    RoundsArrived {
        /// The host that sent.
        from: HostName,
        /// The host that was to receive.
        to: HostName,
        /// Rounds of which something was sent.
        sent: usize,
        /// Rounds of which something arrived.
        arrived: usize,
    },
}
