//! `linux/rtnetlink.h`: message types, routes and their attributes.

/// A link, as the kernel describes it.
pub const RTM_NEWLINK: u16 = 16;
/// A request for links.
pub const RTM_GETLINK: u16 = 18;
/// An address of a link, as the kernel describes it.
pub const RTM_NEWADDR: u16 = 20;
/// A request for addresses.
pub const RTM_GETADDR: u16 = 22;
/// A route, as the kernel describes it.
pub const RTM_NEWROUTE: u16 = 24;
/// A request for routes, or for the route of one destination.
pub const RTM_GETROUTE: u16 = 26;
/// A neighbour, as the kernel describes it.
pub const RTM_NEWNEIGH: u16 = 28;
/// A request for neighbours.
pub const RTM_GETNEIGH: u16 = 30;
/// A policy-routing rule, as the kernel describes it.
pub const RTM_NEWRULE: u16 = 32;
/// A request for policy-routing rules.
pub const RTM_GETRULE: u16 = 34;

/// Length of `struct rtmsg` in bytes.
pub const RTMSG_BYTES: usize = 12;
/// Length of `struct rtnexthop` in bytes.
pub const RTNEXTHOP_BYTES: usize = 8;
/// Flag of a route that is a cached exception (path MTU, redirect).
pub const RTM_F_CLONED: u32 = 0x200;

/// Destination of a route; absent in a default route.
pub const RTA_DST: u16 = 1;
/// Source that a route is limited to.
pub const RTA_SRC: u16 = 2;
/// Index of the link by which a packet came in.
pub const RTA_IIF: u16 = 3;
/// Index of the link by which packets leave.
pub const RTA_OIF: u16 = 4;
/// Address of the next hop, of the route's own family.
pub const RTA_GATEWAY: u16 = 5;
/// Metric of a route.
pub const RTA_PRIORITY: u16 = 6;
/// Source address of this host's own packets.
pub const RTA_PREFSRC: u16 = 7;
/// Several next hops, each a `struct rtnexthop` with attributes.
pub const RTA_MULTIPATH: u16 = 9;
/// Table of a route, where its number may be above 255.
pub const RTA_TABLE: u16 = 15;
/// Next hop of any family (`struct rtvia`).
pub const RTA_VIA: u16 = 18;

/// Route to an address that packets are sent on to.
pub const RTN_UNICAST: u8 = 1;
/// Route to an address of this host.
pub const RTN_LOCAL: u8 = 2;
/// Route that drops packets silently.
pub const RTN_BLACKHOLE: u8 = 6;
/// Route that refuses packets as unreachable.
pub const RTN_UNREACHABLE: u8 = 7;
/// Route that refuses packets as administratively prohibited.
pub const RTN_PROHIBIT: u8 = 8;
