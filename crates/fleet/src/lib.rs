//! Many hosts at once: naming, inventory, and commands on all of them.
//!
//! [`hostlist`] expands and compresses `pi[1-5]`; [`inventory`] is the file of known hosts;
//! [`exec`] runs a command on all hosts in parallel; [`clock`] compares their clocks;
//! [`group_output`] merges equal messages.

pub mod hostlist;
pub mod group_output;
pub mod inventory;
pub mod exec;
pub mod clock;
