//! `linux/if_link.h`, `linux/if.h` and `linux/if_arp.h`: links.

/// Length of `struct ifinfomsg` in bytes.
pub const IFINFOMSG_BYTES: usize = 16;
/// Length of a link's name with its closing zero.
pub const IFNAMSIZ: usize = 16;

/// Hardware address of a link.
pub const IFLA_ADDRESS: u16 = 1;
/// Name of a link.
pub const IFLA_IFNAME: u16 = 3;
/// Largest packet of a link in bytes.
pub const IFLA_MTU: u16 = 4;
/// Index of the bridge or bond that a link is a port of.
pub const IFLA_MASTER: u16 = 10;
/// Nest of attributes from the driver.
pub const IFLA_LINKINFO: u16 = 18;
/// Nest of attributes from the address families.
pub const IFLA_AF_SPEC: u16 = 26;
/// Which parts of a link's description are requested.
pub const IFLA_EXT_MASK: u16 = 29;
/// Inside [`IFLA_LINKINFO`]: the driver's name (`veth`, `bridge`, …).
pub const IFLA_INFO_KIND: u16 = 1;
/// Inside [`IFLA_AF_SPEC`] and `AF_INET`: the array of IPv4 sysctls.
pub const IFLA_INET_CONF: u16 = 1;
/// Value of [`IFLA_EXT_MASK`]: without counters, which are three quarters of a description.
pub const RTEXT_FILTER_SKIP_STATS: u32 = 8;

/// Flag of a link that is switched on.
pub const IFF_UP: u32 = 1;
/// Flag of a link with exactly one other end.
pub const IFF_POINTOPOINT: u32 = 1 << 4;
/// Flag of a link with a carrier.
pub const IFF_LOWER_UP: u32 = 1 << 16;

/// Hardware type of Ethernet and what looks like it.
pub const ARPHRD_ETHER: u16 = 1;
/// Hardware type of PPP.
pub const ARPHRD_PPP: u16 = 512;
/// Hardware type of IPv4 in IPv4.
pub const ARPHRD_TUNNEL: u16 = 768;
/// Hardware type of anything in IPv6.
pub const ARPHRD_TUNNEL6: u16 = 769;
/// Hardware type of the loopback link.
pub const ARPHRD_LOOPBACK: u16 = 772;
/// Hardware type of IPv6 in IPv4.
pub const ARPHRD_SIT: u16 = 776;
/// Hardware type of GRE over IPv4.
pub const ARPHRD_IPGRE: u16 = 778;
/// Hardware type of 802.11.
pub const ARPHRD_IEEE80211: u16 = 801;
/// Hardware type of 802.11 in monitor mode with radiotap headers, the last of the 802.11 types.
pub const ARPHRD_IEEE80211_RADIOTAP: u16 = 803;
/// Hardware type of links without hardware, such as TUN and WireGuard.
pub const ARPHRD_NONE: u16 = 65534;
