//! Sentences. Addresses, masks, routes and forwarding of a host.

use std::fmt;

use crate::evidence::RoutingEvidence;

impl fmt::Display for RoutingEvidence {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
