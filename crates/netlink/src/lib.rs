//! Reads the kernel's tables over netlink: links, addresses, routes, rules, neighbours (rtnetlink),
//! packet filter (`nf_tables`), Wi-Fi (nl80211). Nothing here changes them.
//!
//! [`uapi`] holds the kernel's constants, [`attribute`] and [`message`] the encoding, [`request`]
//! the request loops. Parsing is pure; only [`socket`] opens a socket, and [`recorded`] replaces it
//! in tests.

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
