//! Links with their addresses and sysctls: `RTM_GETLINK`, `RTM_GETADDR` (rtnetlink(7)).
//!
//! Not `/sys/class/net`: a mounted sysfs shows the network namespace it was mounted in.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::net::{IfName, Mac, Prefix};
use pontoon_model::snapshot::{Address, Link, LinkKind, LinkSysctls, Unread};
use pontoon_model::untrusted::Untrusted;

use super::netlink::{
    Dump, NetlinkError, Question, address, attributes, dump, find, push_attribute, text, u32_at,
};

/// A node with a pod on every one of its 256 addresses has some 300.
const MAX_LINKS: usize = 1024;
/// Several addresses a link.
const MAX_ADDRESSES: usize = 4096;

// linux/rtnetlink.h
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const IFINFOMSG_BYTES: usize = 16;
const IFADDRMSG_BYTES: usize = 8;
// linux/if_link.h
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_AF_SPEC: u16 = 26;
const IFLA_INET_CONF: u16 = 1;
const IFLA_EXT_MASK: u16 = 29;
/// `RTEXT_FILTER_SKIP_STATS`: counters are three quarters of a link's message.
const SKIP_STATS: u32 = 8;
// linux/if_addr.h
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_CACHEINFO: u16 = 6;
const IFA_FLAGS: u16 = 8;
/// `INFINITY_LIFE_TIME`.
const FOR_EVER: u32 = u32::MAX;
// net/if.h
const IFF_UP: u32 = 1;
const IFF_POINTOPOINT: u32 = 1 << 4;
const IFF_LOWER_UP: u32 = 1 << 16;
// linux/if_arp.h
const ARPHRD_ETHER: u16 = 1;
const ARPHRD_LOOPBACK: u16 = 772;

/// Reads all links. `radios` are the names of links known to be 802.11.
pub(super) fn read(radios: &BTreeSet<String>, unread: &mut Vec<Unread>) -> Vec<Link> {
    let mut links = match dump_links() {
        Ok(found) => keep_named(found, unread),
        Err(error) => {
            unread.push(super::unread("links", &error));
            return Vec::new();
        }
    };
    for link in &mut links {
        if link.kind == LinkKind::Ethernet && radios.contains(link.name.as_str()) {
            link.kind = LinkKind::Wifi;
        }
    }
    match dump_addresses() {
        Ok(found) => {
            super::note_flaw("addresses", found.flaw, unread);
            give_addresses(&mut links, found.entries);
        }
        Err(error) => unread.push(super::unread("addresses", &error)),
    }
    links
}

/// The links by which frames can leave just now, by index; `None` where the kernel does not say.
pub(crate) fn usable_now() -> Option<BTreeSet<u32>> {
    let found = dump_links().ok().filter(|found| found.flaw.is_none())?;
    let usable = found.entries.into_iter().flatten().filter(Link::is_usable);
    Some(usable.map(|link| link.index).collect())
}

/// Link names by index, for what the kernel names by index only.
pub(super) fn names(links: &[Link]) -> BTreeMap<u32, IfName> {
    links.iter().map(|link| (link.index, link.name.clone())).collect()
}

fn dump_links() -> Result<Dump<Result<Link, Untrusted>>, NetlinkError> {
    let mut body = vec![0; IFINFOMSG_BYTES];
    push_attribute(&mut body, IFLA_EXT_MASK, &SKIP_STATS.to_ne_bytes());
    let question = Question {
        protocol: netlink_sys::protocols::NETLINK_ROUTE,
        kind: RTM_GETLINK,
        body: &body,
        what: "links",
        limit: MAX_LINKS,
    };
    dump(&question, |kind, body| (kind == RTM_NEWLINK).then(|| parse_link(body)).flatten())
}

fn dump_addresses() -> Result<Dump<(u32, Address)>, NetlinkError> {
    let question = Question {
        protocol: netlink_sys::protocols::NETLINK_ROUTE,
        kind: RTM_GETADDR,
        body: &[0; IFADDRMSG_BYTES],
        what: "addresses",
        limit: MAX_ADDRESSES,
    };
    dump(&question, |kind, body| (kind == RTM_NEWADDR).then(|| parse_address(body)).flatten())
}

fn keep_named(found: Dump<Result<Link, Untrusted>>, unread: &mut Vec<Unread>) -> Vec<Link> {
    super::note_flaw("links", found.flaw, unread);
    let mut links = Vec::new();
    for link in found.entries {
        match link {
            Ok(link) => links.push(link),
            Err(name) => unread.push(Unread {
                what: format!("link `{name}`"),
                why: "its name is not printable ASCII: rename it".to_owned(),
            }),
        }
    }
    links
}

fn give_addresses(links: &mut [Link], addresses: Vec<(u32, Address)>) {
    for (index, address) in addresses {
        if let Some(link) = links.iter_mut().find(|link| link.index == index) {
            link.addresses.push(address);
        }
    }
}

/// Reads a link message (`struct ifinfomsg` and attributes); `Err` is a name we cannot hold.
fn parse_link(body: &[u8]) -> Option<Result<Link, Untrusted>> {
    let device = super::netlink::u16_at(body, 2)?;
    let (index, flags) = (u32_at(body, 4)?, u32_at(body, 8)?);
    let (mut name, mut mac, mut mtu, mut master) = (&[][..], None, 0, None);
    let (mut info, mut sysctls) = (&[][..], LinkSysctls::default());
    for (kind, value) in attributes(body, IFINFOMSG_BYTES) {
        match kind {
            IFLA_IFNAME => name = text(value),
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

/// `IFLA_AF_SPEC` holds `AF_INET`, which holds the array of `struct ipv4_devconf`, in the order of
/// `IPV4_DEVCONF_*` (linux/ip.h) less one (`inet_fill_link_af` in net/ipv4/devinet.c).
fn parse_af_spec(value: &[u8]) -> LinkSysctls {
    let inet = find(value, u16::from(super::netlink::AF_INET));
    let conf = inet.and_then(|inet| find(inet, IFLA_INET_CONF)).unwrap_or_default();
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

/// What a link is, by the driver's own word (`rtnl_link_ops.kind`), else by its hardware type
/// (`linux/if_arp.h`). Physical drivers say nothing.
fn kind_of(device: u16, info: &[u8]) -> LinkKind {
    match info {
        _ if device == ARPHRD_LOOPBACK => LinkKind::Loopback,
        b"veth" => LinkKind::Veth,
        b"bridge" => LinkKind::Bridge,
        b"vlan" | b"macvlan" | b"macvtap" | b"bond" | b"team" | b"netdevsim" => LinkKind::Ethernet,
        b"tun" | b"wireguard" | b"amneziawg" | b"ovpn" | b"ppp" | b"vxlan" | b"geneve" | b"gre"
        | b"gretap" | b"ip6gre" | b"ip6gretap" | b"erspan" | b"ipip" | b"ip6tnl" | b"sit"
        | b"vti" | b"vti6" | b"xfrm" | b"gtp" => LinkKind::Tunnel,
        b"" => match device {
            ARPHRD_ETHER => LinkKind::Ethernet,
            // IEEE80211 and its monitor modes.
            801..=803 => LinkKind::Wifi,
            // PPP, TUNNEL, TUNNEL6, SIT, IPGRE, and NONE, as point-to-point drivers say.
            512 | 768 | 769 | 776 | 778 | 65534 => LinkKind::Tunnel,
            _ => LinkKind::Other,
        },
        _ => LinkKind::Other,
    }
}

/// Reads an address message (`struct ifaddrmsg` and attributes): link index and address.
fn parse_address(body: &[u8]) -> Option<(u32, Address)> {
    let (length, scope) = (*body.get(1)?, *body.get(3)?);
    let mut flags = u32::from(*body.get(2)?);
    let index = u32_at(body, 4)?;
    let (mut local, mut prefix, mut valid) = (None, None, None);
    for (kind, value) in attributes(body, IFADDRMSG_BYTES) {
        match kind {
            // On point-to-point links IFA_ADDRESS is the other end (rtnetlink(7)).
            IFA_LOCAL => local = address(value),
            IFA_ADDRESS => prefix = address(value),
            IFA_FLAGS => flags = u32_at(value, 0).unwrap_or(flags),
            // struct ifa_cacheinfo: preferred, valid, …
            IFA_CACHEINFO => valid = u32_at(value, 4).filter(|seconds| *seconds != FOR_EVER),
            _ => {}
        }
    }
    let prefix = Prefix::new(local.or(prefix)?, length)?;
    Some((index, Address { prefix, scope, flags, valid_s: valid }))
}

/// The links listed in `/proc/net/wireless`: two lines of heading, then `NAME: …`.
pub(super) fn parse_wireless(text: &str) -> BTreeSet<String> {
    text.lines()
        .skip(2)
        .take(MAX_LINKS)
        .filter_map(|line| line.trim_start().split_once(':'))
        .filter(|(name, _)| name.parse::<IfName>().is_ok())
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests;
