//! Sentences. Name servers, clocks, captive portals and UDP to the internet.

use std::fmt;

use crate::evidence::ServiceEvidence;

impl fmt::Display for ServiceEvidence {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
