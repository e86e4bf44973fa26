//! Sentences about frames and packets between hosts of the run.

use std::fmt;

use crate::evidence::FrameEvidence;

impl fmt::Display for FrameEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoundsArrived { from, to, sent, arrived } => {
                write!(f, "{arrived} of {sent} rounds arrived the other way, from {from} to {to}")
            }
        }
    }
}
