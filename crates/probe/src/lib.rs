//! Reads the world: host snapshots, probes, the agent and its witness.
//!
//! Everything that decides is sans-IO; sockets, clocks and files live in the modules called
//! `edge` and in [`snapshot`].

pub mod machine;
pub mod snapshot;
pub mod counters;
pub mod route;
