//! Routes: `RTM_GETROUTE`.

use std::net::IpAddr;

use pontoon_model::net::{IpFamily, Prefix};
use pontoon_model::snapshot::{Route, RouteKind};

use super::{LinkNames, RouteTable};
use crate::attribute::{address, attributes, u16_at, u32_at, unspecified};
use crate::error::NetlinkError;
use crate::kernel::NetlinkKernel;
use crate::request::TableDump;
use crate::uapi::rtnetlink::{
    RTA_DST, RTA_GATEWAY, RTA_MULTIPATH, RTA_OIF, RTA_PREFSRC, RTA_PRIORITY, RTA_TABLE, RTA_VIA,
    RTM_F_CLONED, RTM_GETROUTE, RTM_NEWROUTE, RTMSG_BYTES, RTN_BLACKHOLE, RTN_LOCAL, RTN_PROHIBIT,
    RTN_UNICAST, RTN_UNREACHABLE, RTNEXTHOP_BYTES,
};

/// Largest number of routes read of each family: about 10 MiB in the worst case.
const MAX_ROUTES_READ: usize = 65_536;

const ROUTES: RouteTable =
    RouteTable { get: RTM_GETROUTE, new: RTM_NEWROUTE, what: "routes", limit: MAX_ROUTES_READ };

/// Reads the routes of all tables in a family, one for each next hop.
///
/// # Errors
/// If the kernel does not list them.
pub fn routes(
    kernel: &dyn NetlinkKernel,
    family: IpFamily,
    names: &LinkNames,
) -> Result<TableDump<Route>, NetlinkError> {
    let found = ROUTES.dump_family(kernel, family, |body| Some(parse_route(body, names)))?;
    let entries = found.entries.into_iter().flatten().collect();
    Ok(TableDump { entries, flaw: found.flaw })
}

/// Parses a route message: one route for each next hop, none if it is not understood.
pub(super) fn parse_route(body: &[u8], names: &LinkNames) -> Vec<Route> {
    parse_route_or_none(body, names).unwrap_or_default()
}

fn parse_route_or_none(body: &[u8], names: &LinkNames) -> Option<Vec<Route>> {
    let [family, length, _, _, table, protocol, _, kind, ..] = *body else { return None };
    let flags = u32_at(body, 8)?;
    // Without RTA_DST the destination is the default route. Families other than IP are skipped.
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
    for (kind, value) in attributes(body, RTMSG_BYTES) {
        match kind {
            RTA_DST => route.destination = Prefix::new(address(value)?, length)?,
            RTA_OIF => route.link = u32_at(value, 0).and_then(|index| names.get(&index).cloned()),
            RTA_GATEWAY => route.gateway = address(value),
            RTA_VIA => route.gateway = via(value),
            RTA_PRIORITY => route.metric = u32_at(value, 0)?,
            RTA_PREFSRC => route.source = address(value),
            // The header has eight bits for the table only.
            RTA_TABLE => route.table = u32_at(value, 0)?,
            RTA_MULTIPATH => hops = Some(value),
            _ => {}
        }
    }
    // Cached exceptions (path MTU, redirects) are not configuration.
    if flags & RTM_F_CLONED != 0 {
        return None;
    }
    Some(match hops {
        Some(hops) => next_hops(&route, hops, names),
        None => vec![route],
    })
}

/// The index of the outgoing link of a route.
pub(super) fn out_index(body: &[u8]) -> Option<u32> {
    attributes(body, RTMSG_BYTES)
        .find(|(kind, _)| *kind == RTA_OIF)
        .and_then(|(_, value)| u32_at(value, 0))
}

/// Parses a sequence of `struct rtnexthop` (length, flags, weight, link), each with attributes.
fn next_hops(route: &Route, mut bytes: &[u8], names: &LinkNames) -> Vec<Route> {
    let mut routes = Vec::new();
    while let (Some(length), Some(&flags), Some(index)) =
        (u16_at(bytes, 0), bytes.get(2), u32_at(bytes, 4))
    {
        let length = usize::from(length);
        // A length below that of the header would never advance.
        let Some(hop) = bytes.get(..length).filter(|_| length >= RTNEXTHOP_BYTES) else { break };
        let link = names.get(&index).cloned();
        let mut one = Route { link, is_multipath: true, ..route.clone() };
        // Each next hop has flags of its own, such as "link down".
        one.flags |= u32::from(flags);
        for (kind, value) in attributes(hop, RTNEXTHOP_BYTES) {
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

/// Parses `struct rtvia`: a family, then a gateway that may be of the other family.
fn via(value: &[u8]) -> Option<IpAddr> {
    address(value.get(2..)?)
}

/// The route type (`RTN_*`). A "throw" route continues with the next rule: it neither forwards nor
/// refuses.
const fn route_kind(kind: u8) -> RouteKind {
    match kind {
        RTN_UNICAST => RouteKind::Unicast,
        RTN_LOCAL => RouteKind::Local,
        RTN_BLACKHOLE | RTN_UNREACHABLE | RTN_PROHIBIT => RouteKind::Refuse,
        _ => RouteKind::Other,
    }
}

#[cfg(test)]
mod tests;
