//! `linux/netlink.h`: protocols and the header of every message; `linux/socket.h`: families.

/// Links, addresses, routes, rules and neighbours (rtnetlink(7)).
pub const NETLINK_ROUTE: isize = 0;
/// Packet filter and connection tracking (nfnetlink).
pub const NETLINK_NETFILTER: isize = 12;
/// Families whose numbers the kernel assigns at run time.
pub const NETLINK_GENERIC: isize = 16;

/// Length of `struct nlmsghdr` in bytes.
pub const NLMSG_HDRLEN: usize = 16;
/// Messages and attributes begin at multiples of this many bytes (`NLMSG_ALIGNTO`).
pub const NLMSG_ALIGNTO: usize = 4;
/// Length of `struct nlattr` in bytes.
pub const NLA_HDRLEN: usize = 4;

/// The IPv4 address family.
pub const AF_INET: u8 = 2;
/// The IPv6 address family.
pub const AF_INET6: u8 = 10;
