//! Reads the host and the network: snapshots, probes, the agent with its witness, the survey.
//!
//! Everything that decides is sans-IO; sockets, clocks and files live in the modules called
//! `edge` and in [`snapshot`].

pub mod snapshot;
pub mod node_name;
pub mod counters;
pub mod machine;
pub mod flows;
pub mod probes;
pub mod run_key;
pub mod probe_token;
pub mod frame;
pub mod protocol;
pub mod round_schedule;
pub mod budget;
pub mod witness;
pub mod discover;
pub mod edge;
pub mod agent;
pub mod survey;
