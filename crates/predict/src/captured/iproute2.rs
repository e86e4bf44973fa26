//! Parses output of `ip address` and `ip route` (iproute2, `ip/ipaddress.c` and `ip/iproute.c`), as
//! far as the components use it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pontoon_model::net::{IpFamily, Prefix};
use pontoon_model::snapshot::{Link, Route, RouteKind};

/// Words of `ip address` for flags of an address (`linux/if_addr.h`).
const FLAGS: [(&str, u32); 4] =
    [("secondary", 0x01), ("temporary", 0x01), ("deprecated", 0x20), ("tentative", 0x40)];
/// `IFA_F_PERMANENT`; `ip address` prints `dynamic` if it is not set.
const PERMANENT: u32 = 0x80;

/// Sets the flags in the output of `ip address` on the addresses of the links.
pub(super) fn give_flags(links: &mut [Link], text: &str) {
    let mut at: Option<usize> = None;
    let mut last: Option<(usize, usize)> = None;
    for line in text.lines() {
        if !line.starts_with(' ') {
            // `3: wlan0@if334: <BROADCAST,...`
            let name = line.split(": ").nth(1).and_then(|name| name.split('@').next());
            at = links.iter().position(|link| Some(link.name.as_str()) == name);
            continue;
        }
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next()) {
            (Some("inet" | "inet6"), Some(address)) => {
                let address = address.split('/').next();
                let address = address.and_then(|text| text.parse::<IpAddr>().ok());
                last = at.zip(address).and_then(|(at, address)| {
                    let mut own = links[at].addresses.iter();
                    Some((at, own.position(|own| own.prefix.address == address)?))
                });
                if let Some((at, own)) = last {
                    links[at].addresses[own].flags = PERMANENT;
                }
            }
            // The lifetime is on the line below its address.
            (Some("valid_lft"), Some(_)) => words = line.split_ascii_whitespace(),
            _ => continue,
        }
        let Some((at, own)) = last else { continue };
        let own = &mut links[at].addresses[own];
        while let Some(word) = words.next() {
            match word {
                // `forever`, or `86000sec`.
                "valid_lft" => {
                    let seconds = words.next().and_then(|text| text.strip_suffix("sec"));
                    own.valid_s = seconds.and_then(|text| text.parse().ok());
                }
                "scope" => own.scope = scope(words.next().unwrap_or_default()),
                "dynamic" => own.flags &= !PERMANENT,
                word => {
                    let flag = FLAGS.iter().find(|(name, _)| *name == word);
                    own.flags |= flag.map_or(0, |(_, bit)| *bit);
                }
            }
        }
    }
}

/// The scope by its name (`RT_SCOPE_*` in linux/rtnetlink.h).
fn scope(word: &str) -> u8 {
    match word {
        "host" => 254,
        "link" => 253,
        "site" => 200,
        _ => 0,
    }
}

/// Parses routes of both families; `default` has the family of its next hop or source, and is IPv4
/// where the line has neither.
pub(super) fn routes(text: &str) -> Vec<Route> {
    read(text, IpFamily::V4)
}

/// Parses output of `ip -6 route`.
pub(super) fn v6_routes(text: &str) -> Vec<Route> {
    read(text, IpFamily::V6)
}

fn read(text: &str, family: IpFamily) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for line in text.lines() {
        let is_hop = line.starts_with([' ', '\t']) && line.trim_start().starts_with("nexthop");
        if is_hop {
            // Further next hops of the route on the line before.
            if let Some(last) = routes.last_mut() {
                // The first hop replaces the route without a hop, the others are added to it.
                let is_first = !last.is_multipath;
                let mut hop = Route { is_multipath: true, ..last.clone() };
                if let Some(family) = family_of(line).filter(|_| hop.destination.length == 0) {
                    hop.destination = destination("default", family).unwrap_or(hop.destination);
                }
                take_words(&mut hop, line.split_ascii_whitespace().skip(1));
                if is_first {
                    *last = hop;
                } else {
                    routes.push(hop);
                }
            }
            continue;
        }
        routes.extend(route(line, family));
    }
    routes
}

fn route(line: &str, family: IpFamily) -> Option<Route> {
    let mut words = line.split_ascii_whitespace().peekable();
    let kind = match *words.peek()? {
        "local" => RouteKind::Local,
        "unreachable" | "blackhole" | "prohibit" => RouteKind::Refuse,
        "broadcast" | "multicast" | "anycast" | "throw" => RouteKind::Other,
        _ => RouteKind::Unicast,
    };
    if kind != RouteKind::Unicast || words.peek() == Some(&"unicast") {
        words.next();
    }
    let destination = destination(words.next()?, family_of(line).unwrap_or(family))?;
    let mut route = Route {
        destination,
        gateway: None,
        link: None,
        source: None,
        metric: 0,
        table: Route::MAIN,
        // RTPROT_BOOT, the protocol of routes added by `ip route`.
        protocol: 3,
        kind,
        flags: 0,
        is_multipath: false,
    };
    take_words(&mut route, words);
    Some(route)
}

/// The family that the addresses of a line show. iproute2 names the family of a next hop only where
/// it is not that of the route (`via inet6 fe80::1` of an IPv4 route), so such a hop shows nothing.
fn family_of(line: &str) -> Option<IpFamily> {
    let mut words = line.split_ascii_whitespace();
    while let Some(word) = words.next() {
        if matches!(word, "via" | "src")
            && let Some(address) = words.next().and_then(|next| next.parse::<IpAddr>().ok())
        {
            return Some(if address.is_ipv4() { IpFamily::V4 } else { IpFamily::V6 });
        }
    }
    None
}

fn destination(word: &str, family: IpFamily) -> Option<Prefix> {
    let any = match family {
        IpFamily::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpFamily::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    if word == "default" {
        return Prefix::new(any, 0);
    }
    word.parse().ok().or_else(|| {
        let address: IpAddr = word.parse().ok()?;
        Prefix::new(address, if address.is_ipv4() { 32 } else { 128 })
    })
}

fn take_words<'a>(route: &mut Route, mut words: impl Iterator<Item = &'a str>) {
    while let Some(word) = words.next() {
        match word {
            "via" => {
                let next = words.next().unwrap_or_default();
                // `via inet6 fe80::1`
                let next = if matches!(next, "inet" | "inet6") { words.next() } else { Some(next) };
                route.gateway = next.and_then(|text| text.parse().ok());
            }
            "dev" => route.link = words.next().and_then(|name| name.parse().ok()),
            "src" => route.source = words.next().and_then(|text| text.parse().ok()),
            "metric" => route.metric = number(words.next()),
            "table" => {
                let table = words.next().unwrap_or_default();
                route.table = match table {
                    "local" => 255,
                    "main" => Route::MAIN,
                    "default" => 253,
                    other => number(Some(other)),
                };
            }
            _ => {}
        }
    }
}

fn number(word: Option<&str>) -> u32 {
    word.and_then(|word| word.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_lent_for_as_long_as_ip_prints() {
        let captured = |ip_addr: &str| {
            let facts = serde_json::json!({
                "interfaces": [{ "name": "eth0", "addrs": ["10.0.0.1/24", "10.0.0.9/24"] }],
                "ip_addr": ip_addr,
            });
            let host: crate::captured::CapturedHost = serde_json::from_value(facts).unwrap();
            let mut links = host.snapshot().unwrap().links;
            links.remove(0).addresses.into_iter().map(|own| (own.flags, own.valid_s)).collect()
        };
        let text = "2: eth0: <UP>\n    inet 10.0.0.1/24 scope global dynamic eth0\n       \
                    valid_lft 86000sec preferred_lft 86000sec\n    inet 10.0.0.9/24 scope global \
                    eth0\n       valid_lft forever preferred_lft forever\n";
        let lent: Vec<_> = captured(text);
        assert_eq!(lent, [(0, Some(86_000)), (PERMANENT, None)]);
        let one_line = "2: eth0    inet 10.0.0.1/24 brd 10.0.0.255 scope global dynamic eth0\\       \
                        valid_lft 60sec preferred_lft 60sec";
        // `-o` prints no header, so that the link is not known.
        assert_eq!(captured(one_line), [(PERMANENT, None), (PERMANENT, None)]);
    }

    #[test]
    fn a_default_route_has_the_family_of_its_next_hop() {
        for (text, is_ipv4) in [
            ("default via 192.0.2.1 dev eth0", true),
            ("default via 2001:db8:2::1 dev eth0 metric 1024 pref medium", false),
            ("default dev eth0 src 2001:db8::5", false),
            ("default via inet6 fe80::1 dev eth0", true),
            ("default dev tun0", true),
            ("default metric 1024\n\tnexthop via 2001:db8:2::1 dev eth0 weight 1", false),
        ] {
            let [route] = &routes(text)[..] else { panic!("one route: {text}") };
            assert_eq!(route.destination.address.is_ipv4(), is_ipv4, "{text}");
        }
    }
}
