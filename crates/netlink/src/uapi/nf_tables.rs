//! `linux/netfilter/nf_tables.h`, with what it needs of `nfnetlink.h` and `netfilter.h`.
//!
//! Numbers in attributes are in network byte order.

/// Upper octet of the message types of `nf_tables` (`NFNL_SUBSYS_NFTABLES`).
const NFTABLES: u16 = 10 << 8;
/// A table, as the kernel describes it.
pub const NFT_MSG_NEWTABLE: u16 = NFTABLES;
/// A request for tables.
pub const NFT_MSG_GETTABLE: u16 = NFTABLES | 1;
/// A chain, as the kernel describes it.
pub const NFT_MSG_NEWCHAIN: u16 = NFTABLES | 3;
/// A request for chains.
pub const NFT_MSG_GETCHAIN: u16 = NFTABLES | 4;
/// A rule, as the kernel describes it.
pub const NFT_MSG_NEWRULE: u16 = NFTABLES | 6;
/// A request for rules.
pub const NFT_MSG_GETRULE: u16 = NFTABLES | 7;

/// Length of `struct nfgenmsg` (family, version, resource) in bytes.
pub const NFGENMSG_BYTES: usize = 4;

/// Family of tables for both IPv4 and IPv6 (`inet`).
pub const NFPROTO_INET: u8 = 1;
/// Family of tables for IPv4 (`ip`).
pub const NFPROTO_IPV4: u8 = 2;
/// Family of tables for ARP.
pub const NFPROTO_ARP: u8 = 3;
/// Family of tables on single links (`netdev`).
pub const NFPROTO_NETDEV: u8 = 5;
/// Family of tables for bridged frames.
pub const NFPROTO_BRIDGE: u8 = 7;
/// Family of tables for IPv6 (`ip6`).
pub const NFPROTO_IPV6: u8 = 10;

/// Name of a table.
pub const NFTA_TABLE_NAME: u16 = 1;
/// Table that a chain is in.
pub const NFTA_CHAIN_TABLE: u16 = 1;
/// Name of a chain.
pub const NFTA_CHAIN_NAME: u16 = 3;
/// Nest of the hook of a base chain.
pub const NFTA_CHAIN_HOOK: u16 = 4;
/// Policy of a base chain.
pub const NFTA_CHAIN_POLICY: u16 = 5;
/// Type of a base chain (`filter`, `nat`, `route`).
pub const NFTA_CHAIN_TYPE: u16 = 7;
/// Number of a hook.
pub const NFTA_HOOK_HOOKNUM: u16 = 1;
/// Table that a rule is in.
pub const NFTA_RULE_TABLE: u16 = 1;
/// Chain that a rule is in.
pub const NFTA_RULE_CHAIN: u16 = 2;
/// Nest of a rule's expressions.
pub const NFTA_RULE_EXPRESSIONS: u16 = 4;
/// Name of an expression.
pub const NFTA_EXPR_NAME: u16 = 1;
/// Nest of an expression's attributes.
pub const NFTA_EXPR_DATA: u16 = 2;

/// Bytes of a value.
pub const NFTA_DATA_VALUE: u16 = 1;
/// Nest of a verdict's attributes.
pub const NFTA_DATA_VERDICT: u16 = 2;
/// Verdict as a number.
pub const NFTA_VERDICT_CODE: u16 = 1;
/// Chain that a verdict jumps to.
pub const NFTA_VERDICT_CHAIN: u16 = 2;

/// Verdict that drops the packet.
pub const NF_DROP: u32 = 0;
/// Verdict that accepts the packet.
pub const NF_ACCEPT: u32 = 1;
/// Verdict that calls a chain.
pub const NFT_JUMP: i32 = -3;
/// Verdict that continues in a chain without a return.
pub const NFT_GOTO: i32 = -4;
/// Verdict that returns to the calling chain.
pub const NFT_RETURN: i32 = -5;
/// Register of the verdict.
pub const NFT_REG_VERDICT: u32 = 0;

/// Nest of an immediate value.
pub const NFTA_IMMEDIATE_DATA: u16 = 2;
/// Set that a value is looked up in.
pub const NFTA_LOOKUP_SET: u16 = 1;
/// Register of the value that is looked up.
pub const NFTA_LOOKUP_SREG: u16 = 2;
/// Register that the found value goes to; only of maps.
pub const NFTA_LOOKUP_DREG: u16 = 3;
/// Flags of a lookup.
pub const NFTA_LOOKUP_FLAGS: u16 = 5;
/// Flag of a lookup that matches if nothing is found.
pub const NFT_LOOKUP_F_INV: u32 = 1;
/// Which address `nat` changes.
pub const NFTA_NAT_TYPE: u16 = 1;
/// Value of [`NFTA_NAT_TYPE`] for the source.
pub const NFT_NAT_SNAT: u32 = 0;

/// Register that `meta` loads.
pub const NFTA_META_DREG: u16 = 1;
/// What `meta` loads.
pub const NFTA_META_KEY: u16 = 2;
/// Ethernet type of the frame.
pub const NFT_META_PROTOCOL: u32 = 1;
/// Name of the link on which the packet arrives.
pub const NFT_META_IIFNAME: u32 = 6;
/// Name of the link by which the packet leaves.
pub const NFT_META_OIFNAME: u32 = 7;
/// Family of the packet in a table of family `inet`.
pub const NFT_META_NFPROTO: u32 = 15;

/// Register that `ct` loads.
pub const NFTA_CT_DREG: u16 = 1;
/// What `ct` loads.
pub const NFTA_CT_KEY: u16 = 2;
/// State of the connection, one bit for each state.
pub const NFT_CT_STATE: u32 = 0;

/// Register that `payload` loads.
pub const NFTA_PAYLOAD_DREG: u16 = 1;
/// Header that `payload` loads from.
pub const NFTA_PAYLOAD_BASE: u16 = 2;
/// Offset in that header in bytes.
pub const NFTA_PAYLOAD_OFFSET: u16 = 3;
/// Number of bytes that `payload` loads.
pub const NFTA_PAYLOAD_LEN: u16 = 4;
/// Value of [`NFTA_PAYLOAD_BASE`]: the Ethernet header.
pub const NFT_PAYLOAD_LL_HEADER: u32 = 0;
/// Value of [`NFTA_PAYLOAD_BASE`]: the IPv4 or IPv6 header.
pub const NFT_PAYLOAD_NETWORK_HEADER: u32 = 1;

/// Register that `bitwise` reads.
pub const NFTA_BITWISE_SREG: u16 = 1;
/// Register that `bitwise` writes.
pub const NFTA_BITWISE_DREG: u16 = 2;
/// Mask that `bitwise` applies.
pub const NFTA_BITWISE_MASK: u16 = 4;
/// Bits that `bitwise` flips after the mask.
pub const NFTA_BITWISE_XOR: u16 = 5;

/// Register that `cmp` compares.
pub const NFTA_CMP_SREG: u16 = 1;
/// Operator of the comparison.
pub const NFTA_CMP_OP: u16 = 2;
/// Nest of the value that `cmp` compares with.
pub const NFTA_CMP_DATA: u16 = 3;
/// Value of [`NFTA_CMP_OP`]: equal.
pub const NFT_CMP_EQ: u32 = 0;
/// Value of [`NFTA_CMP_OP`]: not equal.
pub const NFT_CMP_NEQ: u32 = 1;
/// Value of [`NFTA_CMP_OP`]: not greater.
pub const NFT_CMP_LTE: u32 = 3;
/// Value of [`NFTA_CMP_OP`]: not less.
pub const NFT_CMP_GTE: u32 = 5;

/// Register that `range` compares.
pub const NFTA_RANGE_SREG: u16 = 1;
/// Whether the value must be inside or outside.
pub const NFTA_RANGE_OP: u16 = 2;
/// Nest of the lowest value.
pub const NFTA_RANGE_FROM_DATA: u16 = 3;
/// Nest of the highest value.
pub const NFTA_RANGE_TO_DATA: u16 = 4;
/// Value of [`NFTA_RANGE_OP`]: inside.
pub const NFT_RANGE_EQ: u32 = 0;

/// Elements of a set, as the kernel describes them.
pub const NFT_MSG_NEWSETELEM: u16 = NFTABLES | 0xc;
/// A request for the elements of a set.
pub const NFT_MSG_GETSETELEM: u16 = NFTABLES | 0xd;
/// Table of the set.
pub const NFTA_SET_ELEM_LIST_TABLE: u16 = 1;
/// Name of the set.
pub const NFTA_SET_ELEM_LIST_SET: u16 = 2;
/// Nest of the elements.
pub const NFTA_SET_ELEM_LIST_ELEMENTS: u16 = 3;
/// Nest of the value of an element.
pub const NFTA_SET_ELEM_KEY: u16 = 1;
/// Flags of an element.
pub const NFTA_SET_ELEM_FLAGS: u16 = 3;
/// Flag of an element that is the first behind an interval.
pub const NFT_SET_ELEM_INTERVAL_END: u32 = 1;
