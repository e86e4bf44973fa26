//! Sentences. Names, ids and MAC addresses that should be unique.

use std::fmt;

use crate::evidence::IdentityEvidence;

impl fmt::Display for IdentityEvidence {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
