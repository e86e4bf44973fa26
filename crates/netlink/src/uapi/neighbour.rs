//! `linux/neighbour.h`: neighbours.

/// Length of `struct ndmsg` in bytes.
pub const NDMSG_BYTES: usize = 12;

/// Address of a neighbour.
pub const NDA_DST: u16 = 1;
/// Hardware address of a neighbour.
pub const NDA_LLADDR: u16 = 2;

/// State of a neighbour that was confirmed a moment ago.
pub const NUD_REACHABLE: u16 = 0x02;
/// State of a neighbour whose confirmation has expired.
pub const NUD_STALE: u16 = 0x04;
/// State of an expired neighbour that is in use and will be probed soon.
pub const NUD_DELAY: u16 = 0x08;
/// State of an expired neighbour that is being probed.
pub const NUD_PROBE: u16 = 0x10;
/// State of addresses that need no resolution: group and loopback addresses.
pub const NUD_NOARP: u16 = 0x40;
/// State of a neighbour that an administrator entered.
pub const NUD_PERMANENT: u16 = 0x80;
/// States in which the hardware address is known (`include/net/neighbour.h`).
pub const NUD_VALID: u16 =
    NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY;
