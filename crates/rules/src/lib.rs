//! From facts to diagnoses: the table of rules, and the report that sums up what they found.
//!
//! Pure: the same facts give the same diagnoses, in any order. [`rule`] holds the table and how it
//! is applied, [`report`] what a run amounts to for each pair of hosts and for the whole network.

pub mod rule;
pub mod report;
