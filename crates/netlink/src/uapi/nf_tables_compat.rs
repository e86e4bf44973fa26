//! `linux/netfilter/nf_tables_compat.h`: matches and targets of iptables, as iptables-nft puts them
//! into rules of `nf_tables`.

/// Name of an iptables target.
pub const NFTA_TARGET_NAME: u16 = 1;
/// Name of an iptables match.
pub const NFTA_MATCH_NAME: u16 = 1;
