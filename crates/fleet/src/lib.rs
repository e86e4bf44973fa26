//! Many hosts at once: how they are named, and what is known of each.
//!
//! [`hostlist`] reads `pi[1-5]` and writes it; [`inventory`] is the file of what is known.

pub mod hostlist;
pub mod inventory;
