//! The link over which a host sends to an address, as far as its main table decides it.

use std::net::IpAddr;

use pontoon_model::net::IfName;
use pontoon_model::snapshot::{Route, RouteKind, Snapshot};

/// Flags of a route that is down: `RTNH_F_DEAD` and `RTNH_F_LINKDOWN` (linux/rtnetlink.h).
const DEAD: u32 = 1 | 16;

/// What a lookup finds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum RouteLookup<'a> {
    /// A route over this link, perhaps by a gateway.
    By {
        /// The outgoing link.
        link: &'a IfName,
        /// The next hop; `None` if the address is on the link itself.
        gateway: Option<IpAddr>,
    },
    /// The table has no route to it.
    NoRoute,
    /// Policy routing decides, which is not simulated here.
    Policy,
}

/// Looks an address up as the kernel does in the main table: the longest prefix, then the least
/// metric.
pub(super) fn lookup(host: &Snapshot, address: IpAddr) -> RouteLookup<'_> {
    if has_policy(host, address) {
        return RouteLookup::Policy;
    }
    let fits = |route: &&Route| {
        route.table == Route::MAIN
            && !is_dead(host, route)
            && matches!(route.kind, RouteKind::Unicast | RouteKind::Refuse)
            && route.destination.contains(address)
    };
    let best = host
        .routes
        .iter()
        .filter(fits)
        .min_by_key(|route| (u8::MAX - route.destination.length, route.metric));
    match best {
        Some(Route { kind: RouteKind::Unicast, link: Some(link), gateway, .. }) => {
            RouteLookup::By { link, gateway: *gateway }
        }
        _ => RouteLookup::NoRoute,
    }
}

/// Whether a route leads to a link that is down. The link's own state counts more than the flags of
/// the route: the kernel clears those up to a second after the carrier is back (`net/core/link_watch.c`).
pub(super) fn is_dead(host: &Snapshot, route: &Route) -> bool {
    let link = route.link.as_ref().and_then(|link| host.link(link));
    link.map_or(route.flags & DEAD != 0, |link| !link.is_usable())
}

/// Whether rules beside the kernel's three (local, main, default) could send the address another
/// way.
fn has_policy(host: &Snapshot, address: IpAddr) -> bool {
    /// `RT_TABLE_DEFAULT`, `RT_TABLE_MAIN`, `RT_TABLE_LOCAL`.
    const OWN: std::ops::RangeInclusive<u32> = 253..=255;
    host.rules.iter().any(|rule| {
        rule.family == pontoon_model::net::IpFamily::of(address)
            && !OWN.contains(&rule.table)
            && rule.to.is_none_or(|to| to.contains(address))
    })
}

/// Whether the host has the address.
pub(super) fn owns(host: &Snapshot, address: IpAddr) -> bool {
    let addresses = host.links.iter().flat_map(|link| &link.addresses);
    addresses.into_iter().any(|own| own.prefix.address == address)
}

/// Whether the host's strict reverse-path filter drops what comes in from `source` by `link`
/// (RFC 3704, section 2.2; ip-sysctl.rst: the larger of `all` and the link's own counts, 1 is
/// strict). Returns the link by which it would answer.
pub(super) fn reverse_path_drop<'a>(
    host: &'a Snapshot,
    link: &IfName,
    source: IpAddr,
) -> Option<&'a IfName> {
    let own = host.link(link)?.sysctls.rp_filter.unwrap_or(0);
    let all = host.all_links.rp_filter.unwrap_or(0);
    if !source.is_ipv4() || own.max(all) != 1 {
        return None;
    }
    match lookup(host, source) {
        RouteLookup::By { link: other, .. } if other != link => Some(other),
        _ => None,
    }
}
