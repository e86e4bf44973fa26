//! Links with their sysctls: `RTM_GETLINK`.
//!
//! `/sys/class/net` is not used: a sysfs shows the network namespace in which it was mounted.

use pontoon_model::net::Mac;
use pontoon_model::snapshot::{Link, LinkKind, LinkSysctls};
use pontoon_model::untrusted::Untrusted;

use super::RouteTable;
use crate::attribute::{attributes, find, push_attribute, text, u16_at, u32_at};
use crate::error::NetlinkError;
use crate::kernel::NetlinkKernel;
use crate::request::TableDump;
use crate::uapi::if_link::{
    ARPHRD_ETHER, ARPHRD_IEEE80211, ARPHRD_IEEE80211_RADIOTAP, ARPHRD_IPGRE, ARPHRD_LOOPBACK,
    ARPHRD_NONE, ARPHRD_PPP, ARPHRD_SIT, ARPHRD_TUNNEL, ARPHRD_TUNNEL6, IFF_LOWER_UP,
    IFF_POINTOPOINT, IFF_UP, IFINFOMSG_BYTES, IFLA_ADDRESS, IFLA_AF_SPEC, IFLA_EXT_MASK,
    IFLA_IFNAME, IFLA_INET_CONF, IFLA_INFO_KIND, IFLA_LINKINFO, IFLA_MASTER, IFLA_MTU,
    RTEXT_FILTER_SKIP_STATS,
};
use crate::uapi::netlink::AF_INET;
use crate::uapi::rtnetlink::{RTM_GETLINK, RTM_NEWLINK};

/// Largest number of links read; a node with the maximum of 256 pod addresses has about 300.
pub const MAX_LINKS: usize = 1024;

const LINKS: RouteTable =
    RouteTable { get: RTM_GETLINK, new: RTM_NEWLINK, what: "links", limit: MAX_LINKS };

/// Reads all links, without their addresses. `Err` is a link name that is not printable ASCII.
///
/// # Errors
/// If the kernel does not list them.
pub fn links(
    kernel: &dyn NetlinkKernel,
) -> Result<TableDump<Result<Link, Untrusted>>, NetlinkError> {
    let mut header = vec![0; IFINFOMSG_BYTES];
    push_attribute(&mut header, IFLA_EXT_MASK, &RTEXT_FILTER_SKIP_STATS.to_ne_bytes());
    LINKS.dump(kernel, &header, parse_link)
}

/// Reads the links whose names are valid [`pontoon_model::net::IfName`]s; others are dropped.
///
/// # Errors
/// If the kernel does not list them.
pub fn named_links(kernel: &dyn NetlinkKernel) -> Result<Vec<Link>, NetlinkError> {
    Ok(links(kernel)?.entries.into_iter().flatten().collect())
}

/// Parses a link message (`struct ifinfomsg` and attributes); `Err` is a name that is not valid.
fn parse_link(body: &[u8]) -> Option<Result<Link, Untrusted>> {
    let device = u16_at(body, 2)?;
    let (index, flags) = (u32_at(body, 4)?, u32_at(body, 8)?);
    let (mut name, mut mac, mut mtu, mut master) = (&[][..], None, 0, None);
    let (mut info, mut sysctls) = (&[][..], LinkSysctls::default());
    for (kind, value) in attributes(body, IFINFOMSG_BYTES) {
        match kind {
            IFLA_IFNAME => name = text(value),
            // Other devices have no MAC address there but, for example, the tunnel's IP address.
            IFLA_ADDRESS if device == ARPHRD_ETHER => mac = Mac::from_slice(value),
            IFLA_MTU => mtu = u32_at(value, 0).unwrap_or_default(),
            IFLA_MASTER => master = u32_at(value, 0),
            IFLA_LINKINFO => info = find(value, IFLA_INFO_KIND).map(text).unwrap_or_default(),
            IFLA_AF_SPEC => sysctls = parse_af_spec(value),
            _ => {}
        }
    }
    let Some(name) = std::str::from_utf8(name).ok().and_then(|name| name.parse().ok()) else {
        return Some(Err(Untrusted::from_bytes(name)));
    };
    Some(Ok(Link {
        name,
        index,
        mac: mac.filter(|mac| *mac != Mac::ZERO),
        mtu,
        kind: kind_of(device, info),
        is_up: flags & IFF_UP != 0,
        has_carrier: flags & IFF_LOWER_UP != 0,
        is_point_to_point: flags & IFF_POINTOPOINT != 0,
        addresses: Vec::new(),
        master,
        sysctls,
        radio: None,
    }))
}

/// `IFLA_AF_SPEC` contains `AF_INET`, which contains an array of `struct ipv4_devconf` values in
/// the order of `IPV4_DEVCONF_*` (linux/ip.h), starting at 1 (`inet_fill_link_af` in
/// net/ipv4/devinet.c).
fn parse_af_spec(value: &[u8]) -> LinkSysctls {
    let inet = find(value, u16::from(AF_INET));
    let conf = inet.and_then(|inet| find(inet, IFLA_INET_CONF)).unwrap_or_default();
    // The array in the message starts at index 0, the enumeration at 1.
    let switch = |number: usize| u32_at(conf, (number - 1) * 4);
    LinkSysctls {
        forwarding: switch(1),
        proxy_arp: switch(3),
        accept_redirects: switch(4),
        send_redirects: switch(6),
        rp_filter: switch(8),
        arp_filter: switch(13),
        arp_announce: switch(18),
        arp_ignore: switch(19),
    }
}

/// The kind of link, by the driver's `rtnl_link_ops.kind`, else by the hardware type
/// (`linux/if_arp.h`): drivers of physical devices have no kind.
fn kind_of(device: u16, info: &[u8]) -> LinkKind {
    match info {
        _ if device == ARPHRD_LOOPBACK => LinkKind::Loopback,
        b"veth" => LinkKind::Veth,
        b"bridge" => LinkKind::Bridge,
        // They carry the Ethernet frames of another network device.
        b"vlan" | b"macvlan" | b"macvtap" | b"bond" | b"team" | b"netdevsim" => LinkKind::Ethernet,
        b"tun" | b"wireguard" | b"amneziawg" | b"ovpn" | b"ppp" | b"vxlan" | b"geneve" | b"gre"
        | b"gretap" | b"ip6gre" | b"ip6gretap" | b"erspan" | b"ipip" | b"ip6tnl" | b"sit"
        | b"vti" | b"vti6" | b"xfrm" | b"gtp" => LinkKind::Tunnel,
        b"" => match device {
            ARPHRD_ETHER => LinkKind::Ethernet,
            ARPHRD_IEEE80211..=ARPHRD_IEEE80211_RADIOTAP => LinkKind::Wifi,
            ARPHRD_PPP | ARPHRD_TUNNEL | ARPHRD_TUNNEL6 | ARPHRD_SIT | ARPHRD_IPGRE
            | ARPHRD_NONE => LinkKind::Tunnel,
            _ => LinkKind::Other,
        },
        _ => LinkKind::Other,
    }
}

#[cfg(test)]
mod tests;
