//! Hosts that are to be Kubernetes nodes: what a lab knows of them, which is who makes them.
//!
//! The lab of `pontoon` has no such hosts. Another program that raises labs, with the same
//! [`helper_commands`](crate::helper_commands), says here how a host becomes a node.

use serde::{Deserialize, Serialize};

use crate::scenario::NodeRole;

/// What a host must become.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct KubernetesNodeSetup {
    /// The host's name.
    pub name: String,
    /// Whether it has the images of a control plane.
    pub role: NodeRole,
}

/// Makes hosts Kubernetes nodes.
pub trait KubernetesNodeMaker {
    /// Prepares a host. It runs in the host's first process, when the network is there, so that
    /// whatever is started on the host later finds what was prepared.
    ///
    /// # Errors
    ///
    /// What was tried, and what the system answered.
    fn prepare_host(&self, setup: &KubernetesNodeSetup) -> Result<(), String>;

    /// The helper subcommand that then runs as long as the host does. It is given the set-up as
    /// JSON, and writes `ready` when the node can be used.
    fn supervisor(&self) -> &'static str;
}
