//! `linux/genetlink.h`: the list of generic netlink families.

/// Length of `struct genlmsghdr` (command, version, reserved) in bytes.
pub const GENL_HDRLEN: usize = 4;
/// Number of the family that lists the families.
pub const GENL_ID_CTRL: u16 = 16;
/// Command of a message that describes a family.
pub const CTRL_CMD_NEWFAMILY: u8 = 1;
/// Command of a request for families.
pub const CTRL_CMD_GETFAMILY: u8 = 3;
/// Number of a family.
pub const CTRL_ATTR_FAMILY_ID: u16 = 1;
/// Name of a family.
pub const CTRL_ATTR_FAMILY_NAME: u16 = 2;
