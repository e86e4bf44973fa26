//! `linux/fib_rules.h`: policy-routing rules.

/// Length of `struct fib_rule_hdr` in bytes.
pub const FIB_RULE_HDR_BYTES: usize = 12;

/// Destination that a rule applies to.
pub const FRA_DST: u16 = 1;
/// Source that a rule applies to.
pub const FRA_SRC: u16 = 2;
/// Name of the link on which packets arrive.
pub const FRA_IIFNAME: u16 = 3;
/// Preference of a rule: the lowest is tried first.
pub const FRA_PRIORITY: u16 = 6;
/// Packet mark that a rule applies to.
pub const FRA_FWMARK: u16 = 10;
/// Table that a rule leads to.
pub const FRA_TABLE: u16 = 15;
/// Name of the link that a socket is bound to.
pub const FRA_OIFNAME: u16 = 17;
/// Action of a rule that leads to a table.
pub const FR_ACT_TO_TBL: u8 = 1;
/// Flag of a rule that applies to everything but its selectors (`not`).
pub const FIB_RULE_INVERT: u32 = 2;
