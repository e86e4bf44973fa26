//! Routes, policy-routing rules and neighbours: `RTM_GETROUTE`, `RTM_GETRULE`, `RTM_GETNEIGH`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::net::{Family, IfName, Mac, Prefix};
use pontoon_model::snapshot::{Neighbour, Route, RouteKind, RoutingRule, Unread};

use super::netlink::{
    AF_INET, FAMILIES, Question, address, attributes, dump, text, u16_at, u32_at, unspecified,
};

/// A node of a large cluster with a route per node has some hundreds. Default routes are kept
/// beyond that: they may stand behind the thousands of another table.
const MAX_ROUTES: usize = 1024;
/// Read, of each family, before the rest is left out: 10 MiB in the worst case.
const MAX_ROUTES_READ: usize = 65_536;
/// `ip rule` counts its preferences by hand: nobody has more.
const MAX_RULES: usize = 512;
/// `net.ipv4.neigh.default.gc_thresh3`, the kernel's own limit.
const MAX_NEIGHBOURS: usize = 1024;

// linux/rtnetlink.h
pub(crate) const RTM_NEWROUTE: u16 = 24;
pub(crate) const RTM_GETROUTE: u16 = 26;
const RTM_NEWNEIGH: u16 = 28;
const RTM_GETNEIGH: u16 = 30;
const RTM_NEWRULE: u16 = 32;
const RTM_GETRULE: u16 = 34;
/// `struct rtmsg`, `struct fib_rule_hdr` and `struct ndmsg` are equally long.
pub(crate) const HEADER_BYTES: usize = 12;
/// `struct rtnexthop`.
const NEXT_HOP_BYTES: usize = 8;
const RTM_F_CLONED: u32 = 0x200;
pub(crate) const RTA_DST: u16 = 1;
pub(crate) const RTA_SRC: u16 = 2;
pub(crate) const RTA_IIF: u16 = 3;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_PREFSRC: u16 = 7;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;
// linux/fib_rules.h
const FRA_DST: u16 = 1;
const FRA_SRC: u16 = 2;
const FRA_IIFNAME: u16 = 3;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_TABLE: u16 = 15;
const FRA_OIFNAME: u16 = 17;
const FR_ACT_TO_TBL: u8 = 1;
const FIB_RULE_INVERT: u32 = 2;
// linux/neighbour.h
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const NUD_NOARP: u16 = 0x40;

/// Link names by index.
type Names = BTreeMap<u32, IfName>;

/// Dumps a table once for each family and puts the answers in one list, IPv4 first.
fn both_families<T>(
    (get, new): (u16, u16),
    (what, limit): (&'static str, usize),
    parse: impl Fn(&[u8]) -> Option<T>,
    unread: &mut Vec<Unread>,
) -> Vec<T> {
    let mut entries = Vec::new();
    for family in FAMILIES {
        let mut body = [0; HEADER_BYTES];
        body[0] = family;
        let protocol = netlink_sys::protocols::NETLINK_ROUTE;
        let asked = Question { protocol, kind: get, body: &body, what, limit };
        match dump(&asked, |kind, body| (kind == new).then(|| parse(body)).flatten()) {
            Ok(found) => {
                super::note_flaw(what, found.flaw, unread);
                entries.extend(found.entries);
            }
            // EAFNOSUPPORT, EOPNOTSUPP: a kernel without IPv6 has no such table.
            Err(error) if family != AF_INET && matches!(error.errno(), Some(97 | 95)) => {}
            Err(error) => unread.push(super::unread(what, &error)),
        }
    }
    entries
}

/// Reads the routes of all tables.
pub(super) fn read_routes(names: &Names, unread: &mut Vec<Unread>) -> Vec<Route> {
    let messages = (RTM_GETROUTE, RTM_NEWROUTE);
    let parse = |body: &[u8]| Some(parse_route(body, names));
    let found = both_families(messages, ("routes", MAX_ROUTES_READ), parse, unread);
    let mut routes: Vec<Route> = found.into_iter().flatten().collect();
    if keep_most_telling(&mut routes) {
        let why = format!("only the default routes and {MAX_ROUTES} others are kept");
        unread.push(Unread { what: "routes".to_owned(), why });
    }
    routes
}

/// Keeps all that lead everywhere, up to the limit, and as many of the others; says whether some
/// were dropped.
fn keep_most_telling(routes: &mut Vec<Route>) -> bool {
    let (before, mut defaults, mut others) = (routes.len(), 0, 0);
    routes.retain(|route| {
        let counter = if route.is_default() { &mut defaults } else { &mut others };
        *counter += 1;
        *counter <= MAX_ROUTES
    });
    routes.len() < before
}

/// Reads the policy-routing rules, by preference.
pub(super) fn read_rules(unread: &mut Vec<Unread>) -> Vec<RoutingRule> {
    let messages = (RTM_GETRULE, RTM_NEWRULE);
    let found = both_families(messages, ("routing rules", MAX_RULES), parse_rule, unread);
    let mut rules = Vec::new();
    for rule in found {
        match rule {
            Ok(rule) => rules.push(rule),
            Err(skipped) => unread.push(skipped),
        }
    }
    rules.sort_by_key(|rule| rule.preference);
    rules
}

/// Reads the neighbour caches.
pub(super) fn read_neighbours(names: &Names, unread: &mut Vec<Unread>) -> Vec<Neighbour> {
    let messages = (RTM_GETNEIGH, RTM_NEWNEIGH);
    let parse = |body: &[u8]| parse_neighbour(body, names);
    both_families(messages, ("neighbours", MAX_NEIGHBOURS), parse, unread)
}

/// Reads a route message: one route for each next hop, none if it cannot be understood.
pub(crate) fn parse_route(body: &[u8], names: &Names) -> Vec<Route> {
    parse_route_or_none(body, names).unwrap_or_default()
}

fn parse_route_or_none(body: &[u8], names: &Names) -> Option<Vec<Route>> {
    let [family, length, _, _, table, protocol, _, kind, ..] = *body else { return None };
    let flags = u32_at(body, 8)?;
    let any = unspecified(family)?;
    let mut route = Route {
        destination: Prefix::new(any, length)?,
        gateway: None,
        link: None,
        source: None,
        metric: 0,
        table: u32::from(table),
        protocol,
        kind: route_kind(kind),
        flags,
        is_multipath: false,
    };
    let mut hops = None;
    for (kind, value) in attributes(body, HEADER_BYTES) {
        match kind {
            RTA_DST => route.destination = Prefix::new(address(value)?, length)?,
            RTA_OIF => route.link = u32_at(value, 0).and_then(|index| names.get(&index).cloned()),
            RTA_GATEWAY => route.gateway = address(value),
            RTA_VIA => route.gateway = via(value),
            RTA_PRIORITY => route.metric = u32_at(value, 0)?,
            RTA_PREFSRC => route.source = address(value),
            RTA_TABLE => route.table = u32_at(value, 0)?,
            RTA_MULTIPATH => hops = Some(value),
            _ => {}
        }
    }
    // Cached exceptions (path MTU, redirects) are no configuration.
    if flags & RTM_F_CLONED != 0 {
        return None;
    }
    Some(match hops {
        Some(hops) => next_hops(&route, hops, names),
        None => vec![route],
    })
}

/// The index of the link a route leaves by.
pub(crate) fn out_index(body: &[u8]) -> Option<u32> {
    attributes(body, HEADER_BYTES)
        .find(|(kind, _)| *kind == RTA_OIF)
        .and_then(|(_, value)| u32_at(value, 0))
}

/// `struct rtnexthop` (length, flags, weight, link) with attributes, one after another.
fn next_hops(route: &Route, mut bytes: &[u8], names: &Names) -> Vec<Route> {
    let mut routes = Vec::new();
    while let (Some(length), Some(&flags), Some(index)) =
        (u16_at(bytes, 0), bytes.get(2), u32_at(bytes, 4))
    {
        let length = usize::from(length);
        let Some(hop) = bytes.get(..length).filter(|_| length >= NEXT_HOP_BYTES) else { break };
        let link = names.get(&index).cloned();
        let mut one = Route { link, is_multipath: true, ..route.clone() };
        one.flags |= u32::from(flags);
        for (kind, value) in attributes(hop, NEXT_HOP_BYTES) {
            match kind {
                RTA_GATEWAY => one.gateway = address(value),
                RTA_VIA => one.gateway = via(value),
                _ => {}
            }
        }
        routes.push(one);
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    routes
}

/// `struct rtvia`: a family, then a gateway that may be of the other family.
fn via(value: &[u8]) -> Option<IpAddr> {
    address(value.get(2..)?)
}

/// `RTN_*`. A "throw" route sends the search to the next rule: neither a way nor a refusal.
pub(crate) const fn route_kind(kind: u8) -> RouteKind {
    match kind {
        1 => RouteKind::Unicast,
        2 => RouteKind::Local,
        6..=8 => RouteKind::Refuse,
        _ => RouteKind::Other,
    }
}

/// Reads a rule message. `Err`: a rule that says something the model has no words for; leaving
/// "not" out of "not from all fwmark 51820" would turn it into its opposite.
fn parse_rule(body: &[u8]) -> Option<Result<RoutingRule, Unread>> {
    let [family, to, from, _, table, _, _, action, ..] = *body else { return None };
    let flags = u32_at(body, 8)?;
    let any = unspecified(family)?;
    let mut rule = RoutingRule {
        preference: 0,
        from: None,
        to: None,
        in_link: None,
        out_link: None,
        mark: None,
        table: u32::from(table),
        family: Family::of(any),
    };
    for (kind, value) in attributes(body, HEADER_BYTES) {
        match kind {
            FRA_PRIORITY => rule.preference = u32_at(value, 0)?,
            FRA_SRC => rule.from = Prefix::new(address(value)?, from),
            FRA_DST => rule.to = Prefix::new(address(value)?, to),
            FRA_IIFNAME => rule.in_link = link_name(value),
            FRA_OIFNAME => rule.out_link = link_name(value),
            FRA_FWMARK => rule.mark = u32_at(value, 0),
            FRA_TABLE => rule.table = u32_at(value, 0)?,
            _ => {}
        }
    }
    let unusual = if flags & FIB_RULE_INVERT != 0 {
        "it is inverted (`not`)"
    } else if action != FR_ACT_TO_TBL {
        "it does not name a table (goto, blackhole, prohibit or the like)"
    } else {
        return Some(Ok(rule));
    };
    Some(Err(Unread {
        what: format!("{} routing rule {}", rule.family, rule.preference),
        why: format!("{unusual}, which is not judged: see `ip rule`"),
    }))
}

fn link_name(value: &[u8]) -> Option<IfName> {
    std::str::from_utf8(text(value)).ok()?.parse().ok()
}

/// Reads a neighbour message (`struct ndmsg` and attributes).
fn parse_neighbour(body: &[u8], names: &Names) -> Option<Neighbour> {
    let (index, state) = (u32_at(body, 4)?, u16_at(body, 8)?);
    // Group and loopback addresses, for which nobody is asked.
    if state & NUD_NOARP != 0 {
        return None;
    }
    let (mut who, mut mac) = (None, None);
    for (kind, value) in attributes(body, HEADER_BYTES) {
        match kind {
            NDA_DST => who = address(value),
            NDA_LLADDR => mac = Mac::from_slice(value),
            _ => {}
        }
    }
    Some(Neighbour { link: names.get(&index)?.clone(), address: who?, mac, state })
}

#[cfg(test)]
mod tests;
