//! `linux/if_addr.h`: addresses of links.

/// Length of `struct ifaddrmsg` in bytes.
pub const IFADDRMSG_BYTES: usize = 8;

/// The address; on point-to-point links that of the other end (rtnetlink(7)).
pub const IFA_ADDRESS: u16 = 1;
/// This host's own address.
pub const IFA_LOCAL: u16 = 2;
/// Lifetimes (`struct ifa_cacheinfo`: preferred, valid, created, changed).
pub const IFA_CACHEINFO: u16 = 6;
/// Flags, all 32 bits of them.
pub const IFA_FLAGS: u16 = 8;
/// Lifetime in seconds that never ends (`INFINITY_LIFE_TIME`, `net/addrconf.h`).
pub const INFINITY_LIFE_TIME: u32 = u32::MAX;
