//! The numbers of the kernel's interface, one file for each of its headers (`include/uapi`).
//!
//! Each constant is called what the header calls it, and stands here once: what reads a table and
//! what will write to it use the same.

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
