//! What can go wrong with a node: apart, so that what a node carries out need not know the node.

use std::io;

use pontoon_model::untrusted::Untrusted;

/// A node of a lab does not exist, or did not carry out a step.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Its process could not be started.
    #[error("cannot start a process for {node}")]
    Start {
        /// The key of the node: a host, or `network:NAME`.
        node: String,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
    /// Its process ended.
    #[error("the process of {node} ended; its own message is above")]
    Ended {
        /// The key of the node: a host, or `network:NAME`.
        node: String,
    },
    /// A step failed.
    #[error("{node}: {message}")]
    Step {
        /// The key of the node: a host, or `network:NAME`.
        node: String,
        /// What was tried, and what the program said.
        message: Untrusted,
    },
}
