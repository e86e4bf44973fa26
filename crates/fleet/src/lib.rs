//! Many hosts at once: how they are named, what is known of each, and how they are reached.
//!
//! [`hostlist`] reads `pi[1-5]` and writes it; [`inventory`] is the file of what is known;
//! [`exec`] runs a command on all at once; [`clock`] compares their clocks; [`group_output`] says once
//! what is the same of several.

pub mod hostlist;
pub mod group_output;
pub mod inventory;
pub mod exec;
pub mod clock;
