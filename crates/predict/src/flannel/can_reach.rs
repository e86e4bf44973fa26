//! The link on which the kernel would send to an address, for `--iface-can-reach`.

use std::cmp::Reverse;
use std::net::IpAddr;

use crate::go_net::parse_ip;
use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::{Link, LinkKind, Route, RouteKind, RoutingRule, Snapshot};
use pontoon_model::untrusted::Untrusted;

use super::selection::{InterfaceLookupError, IpStack, SelectedInterface, words};

/// Next-hop flag of a route whose link is down: `RTNH_F_DEAD` (`linux/rtnetlink.h`).
const DEAD: u32 = 1;
/// Address flag `IFA_F_SECONDARY` (`linux/if_addr.h`).
const SECONDARY: u32 = 0x01;

/// The link and source address that the kernel would use for an address
/// (`GetInterfaceBySpecificIPRouting`), as far as routes and rules in the snapshot determine them.
pub(super) fn by_target<'a>(
    node: &'a Snapshot,
    stack: IpStack,
    target: &str,
) -> Result<SelectedInterface<'a>, InterfaceLookupError> {
    let Some(address) = parse_ip(target) else {
        let target = Untrusted::new(target);
        return Err(words(format!("failed to get ifcanreach based interface: {target}")));
    };
    let unknown =
        || InterfaceLookupError::Unknown(format!("what `ip route get {address}` prints there"));
    let is_usual = |rule: &RoutingRule| {
        let has_selector = rule.from.is_some()
            || rule.to.is_some()
            || rule.in_link.is_some()
            || rule.out_link.is_some()
            || rule.mark.is_some();
        // Preferences 0, 32766 and 32767 are the default rules: local, main and default table.
        !has_selector && matches!(rule.preference, 0 | 32_766 | 32_767)
    };
    let family = IpFamily::of(address);
    let has_policy = node.rules.iter().any(|rule| rule.family == family && !is_usual(rule));
    let is_partly_read = node.unread.iter().any(|gap| gap.what.contains("rout"));
    // The source address of an IPv6 packet depends on more than the route (RFC 6724).
    if has_policy || is_partly_read || (family == IpFamily::V6 && stack != IpStack::V6) {
        return Err(unknown());
    }
    // The kernel delivers packets to its own addresses over loopback.
    let is_own = |link: &Link| link.addresses.iter().any(|own| own.prefix.address == address);
    if node.links.iter().any(is_own) {
        let loopback = node.links.iter().find(|link| link.kind == LinkKind::Loopback);
        return loopback
            .map(|link| SelectedInterface { v4: Some(address), ..SelectedInterface::on(link) })
            .ok_or_else(unknown);
    }
    let leads = |route: &&Route| {
        route.table == Route::MAIN
            && route.flags & DEAD == 0
            && IpFamily::of(route.destination.address) == family
            && route.destination.contains(address)
    };
    let best = node.routes.iter().filter(leads);
    let best = best.min_by_key(|route| (Reverse(route.destination.length), route.metric));
    let Some(route) = best.filter(|route| route.kind == RouteKind::Unicast) else {
        return Err(words("failed to get ifcanreach based interface: network is unreachable"));
    };
    // With several next hops the kernel chooses by a hash of the packet.
    let link = route.link.as_ref().filter(|_| !route.is_multipath);
    let link = link.and_then(|name| node.link(name)).ok_or_else(unknown)?;
    if family == IpFamily::V6 {
        // flanneld then looks for an address of the family on the link.
        return Ok(SelectedInterface::on(link));
    }
    let source = route.source.or_else(|| source_towards(link, route.gateway));
    Ok(SelectedInterface { v4: Some(source.ok_or_else(unknown)?), ..SelectedInterface::on(link) })
}

/// The source address of a route without one: the link's first primary address in the network of
/// the gateway, or else its first (`inet_select_addr` in the kernel's net/ipv4/devinet.c).
fn source_towards(link: &Link, gateway: Option<IpAddr>) -> Option<IpAddr> {
    let own = || {
        let all = link.addresses.iter().filter(|own| own.prefix.address.is_ipv4());
        all.filter(|own| own.flags & SECONDARY == 0).map(|own| own.prefix)
    };
    let near = gateway.and_then(|gateway| own().find(|own| own.contains(gateway)));
    near.or_else(|| own().next()).map(|own| own.address)
}
