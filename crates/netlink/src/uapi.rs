//! Constants of the kernel's user API, one file for each header of `include/uapi`.
//!
//! Each constant has the name from the header and is defined once, for readers and future writers.

pub mod netlink;
pub mod rtnetlink;
pub mod if_link;
pub mod if_addr;
pub mod fib_rules;
pub mod neighbour;
pub mod nf_tables;
pub mod nf_tables_compat;
pub mod genetlink;
pub mod nl80211;
