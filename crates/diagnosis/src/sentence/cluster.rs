//! Sentences. Objects, nodes and connectivity of a running cluster.

use std::fmt;

use crate::evidence::ClusterEvidence;

impl fmt::Display for ClusterEvidence {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
