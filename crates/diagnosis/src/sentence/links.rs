//! Sentences. Links of a host: whether they are up, what answers on them, their MTU and radio.

use std::fmt;

use crate::evidence::LinkEvidence;

impl fmt::Display for LinkEvidence {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
