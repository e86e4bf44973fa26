//! Settings for the configuration of each component, with the evidence for every value. Pure.
//!
//! Pure. [`prediction`] compares what each component would take by itself with who reaches it,
//! [`node_settings`] decides the values, or gives a [`refusal`] that says what would, and
//! [`manifests`] writes the files and command lines.

pub mod prediction;
pub mod node_settings;
pub mod refusal;
pub mod manifests;
