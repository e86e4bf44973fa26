//! Hosts made of namespaces: the demo, and every test that needs a network.
//!
//! A [`scenario`] is data: machines, segments, what is true, and what must be expected ([`expected_findings`]). In a
//! [`sandbox`] (so that nothing is left, whatever happens) it is raised as a [`Lab`]: each host a
//! process with network, mount, PID and host-name namespaces of its own, each segment a bridge in
//! a namespace, with our own servers that lie where the scenario says so.
//!
//! ```text
//! TOML ─► Scenario ─► Plan (pure) ─► nodes, cables, services ─► Lab ─► Command in a host
//! ```
//!
//! The lab runs `ip`, `bridge`, `nft` and this binary's [`helper_commands`] subcommands, and never touches
//! the machine's own network. Another program can make some of its hosts more than that
//! ([`kubernetes_node`]): pontoon itself does not.

pub mod scenario;
pub mod expected_findings;
mod topology;
pub mod kubernetes_node;
mod node_error;
pub mod process;
pub mod cleanup;
pub mod neighbour_table;
pub mod sandbox;
mod node;
mod nsenter;
mod service;
mod relay;
pub mod via;
mod ssh;
mod lab;
pub mod helper_commands;

pub use lab::{Lab, LabError};
pub use node_error::NodeError;
pub use ssh::SshError;
