//! `linux/neighbour.h`: neighbours.

/// Length of `struct ndmsg` in bytes.
pub const NDMSG_BYTES: usize = 12;

/// Address of a neighbour.
pub const NDA_DST: u16 = 1;
/// Hardware address of a neighbour.
pub const NDA_LLADDR: u16 = 2;

/// State of a neighbour that answered a moment ago.
pub const NUD_REACHABLE: u16 = 0x02;
/// State of a neighbour that answered some time ago.
pub const NUD_STALE: u16 = 0x04;
/// State of a neighbour that answered some time ago and will be asked again soon.
pub const NUD_DELAY: u16 = 0x08;
/// State of a neighbour that answered some time ago and is being asked again.
pub const NUD_PROBE: u16 = 0x10;
/// State of what needs no answer: group and loopback addresses.
pub const NUD_NOARP: u16 = 0x40;
/// State of a neighbour that an administrator entered.
pub const NUD_PERMANENT: u16 = 0x80;
/// States in which the hardware address is known (`include/net/neighbour.h`).
pub const NUD_VALID: u16 =
    NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY;
