//! Settings for the configuration of each component, with the evidence for every value. Pure.
//!
//! [`prediction`] compares the address that each component will choose with the hosts that reach
//! it, [`node_settings`] decides the values, or reports which fact is missing, and [`manifests`]
//! writes files and command lines.

pub mod prediction;
pub mod node_settings;
pub mod manifests;
