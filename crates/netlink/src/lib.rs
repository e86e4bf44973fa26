//! The kernel's tables over netlink: links, addresses, routes, rules, neighbours (rtnetlink),
//! packet filter (`nf_tables`), radios (nl80211). Everything is read, nothing is changed.
//!
//! [`uapi`] holds the kernel's numbers, [`attribute`] and [`message`] the form of every message,
//! [`request`] the questions. What a message means is pure; only [`socket`] talks to the kernel, and
//! [`recorded`] stands in for it in tests.

pub mod uapi;
pub mod error;
pub mod attribute;
pub mod message;
pub mod kernel;
pub mod request;
pub mod socket;
pub mod recorded;
pub mod route;
pub mod generic;
pub mod wireless;
pub mod nf_tables;

pub use error::NetlinkError;
pub use kernel::NetlinkKernel;
pub use request::TableDump;
pub use socket::KernelSocket;
