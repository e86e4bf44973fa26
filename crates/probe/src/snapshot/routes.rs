//! Routes, policy-routing rules and neighbours of both families.

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::{CollectionGap, Neighbour, Route, RoutingRule};
use pontoon_netlink::route::LinkNames;
use pontoon_netlink::route::neighbours::neighbours;
use pontoon_netlink::route::routes::routes;
use pontoon_netlink::route::rules::{UnusualReason, UnusualRule, rules};
use pontoon_netlink::{NetlinkError, NetlinkKernel, TableDump};

/// A node of a large cluster with a route per node has some hundreds. Default routes are kept
/// beyond that: they may stand behind the thousands of another table.
const MAX_ROUTES: usize = 1024;
/// EAFNOSUPPORT, EOPNOTSUPP: a kernel without IPv6 has no such table.
const NO_SUCH_FAMILY: [i32; 2] = [97, 95];

/// Reads a table once for each family and puts the answers in one list, IPv4 first.
fn both_families<T>(
    what: &'static str,
    read: impl Fn(IpFamily) -> Result<TableDump<T>, NetlinkError>,
    unread: &mut Vec<CollectionGap>,
) -> Vec<T> {
    let mut entries = Vec::new();
    for family in [IpFamily::V4, IpFamily::V6] {
        match read(family) {
            Ok(found) => {
                super::note_flaw(what, found.flaw, unread);
                entries.extend(found.entries);
            }
            Err(error)
                if family == IpFamily::V6
                    && error.errno().is_some_and(|errno| NO_SUCH_FAMILY.contains(&errno)) => {}
            Err(error) => unread.push(super::unread(what, &error)),
        }
    }
    entries
}

/// Reads the routes of all tables.
pub(super) fn read_routes(
    kernel: &dyn NetlinkKernel,
    names: &LinkNames,
    unread: &mut Vec<CollectionGap>,
) -> Vec<Route> {
    let mut found = both_families("routes", |family| routes(kernel, family, names), unread);
    if keep_most_telling(&mut found) {
        let why = format!("only the default routes and {MAX_ROUTES} others are kept");
        unread.push(CollectionGap { what: "routes".to_owned(), why });
    }
    found
}

/// Keeps all that lead everywhere, up to the limit, and as many of the others; returns whether some
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
pub(super) fn read_rules(
    kernel: &dyn NetlinkKernel,
    unread: &mut Vec<CollectionGap>,
) -> Vec<RoutingRule> {
    let found = both_families("routing rules", |family| rules(kernel, family), unread);
    let mut kept = Vec::new();
    for rule in found {
        match rule {
            Ok(rule) => kept.push(rule),
            Err(unusual) => unread.push(not_judged(unusual)),
        }
    }
    kept.sort_by_key(|rule| rule.preference);
    kept
}

fn not_judged(rule: UnusualRule) -> CollectionGap {
    let unusual = match rule.reason {
        UnusualReason::Inverted => "it is inverted (`not`)",
        UnusualReason::NoTable => {
            "it does not name a table (goto, blackhole, prohibit or the like)"
        }
    };
    CollectionGap {
        what: format!("{} routing rule {}", rule.family, rule.preference),
        why: format!("{unusual}, which is not judged: see `ip rule`"),
    }
}

/// Reads the neighbour caches.
pub(super) fn read_neighbours(
    kernel: &dyn NetlinkKernel,
    names: &LinkNames,
    unread: &mut Vec<CollectionGap>,
) -> Vec<Neighbour> {
    both_families("neighbours", |family| neighbours(kernel, family, names), unread)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use pontoon_model::net::Prefix;
    use pontoon_model::snapshot::RouteKind;

    use super::*;
    use pontoon_netlink::recorded::RecordedKernel;
    use pontoon_netlink::uapi::netlink::NETLINK_ROUTE;
    use pontoon_netlink::uapi::rtnetlink::RTM_GETRULE;

    #[test]
    fn a_default_route_behind_thousands_of_others_is_kept() {
        let route = |length: u8| Route {
            destination: Prefix::new(Ipv4Addr::UNSPECIFIED.into(), length).unwrap(),
            gateway: None,
            link: None,
            source: None,
            metric: 0,
            table: Route::MAIN,
            protocol: 2,
            kind: RouteKind::Unicast,
            flags: 0,
            is_multipath: false,
        };
        let mut routes = vec![route(24); MAX_ROUTES];
        assert!(!keep_most_telling(&mut routes));
        routes.extend([route(24), route(0)]);
        assert!(keep_most_telling(&mut routes));
        assert_eq!(routes.len(), MAX_ROUTES + 1);
        assert!(routes.last().unwrap().is_default());
    }

    #[test]
    fn a_rule_that_is_not_judged_is_named() {
        let rule = |reason| UnusualRule { family: IpFamily::V4, preference: 100, reason };
        let inverted = not_judged(rule(UnusualReason::Inverted));
        assert!(inverted.what.contains("IPv4 routing rule 100"), "{inverted:?}");
        assert!(inverted.why.contains("`not`"), "{inverted:?}");
        assert!(not_judged(rule(UnusualReason::NoTable)).why.contains("blackhole"));
    }

    /// The kernel in memory has no family but what it is given, and refuses the rest.
    #[test]
    fn a_kernel_without_ipv6_is_no_flaw_and_one_without_ipv4_is() {
        let mut unread = Vec::new();
        let done = vec![20, 0, 0, 0, 3, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let ipv4 = RecordedKernel::default().answering(NETLINK_ROUTE, RTM_GETRULE, &[2], [done]);
        assert!(read_rules(&ipv4, &mut unread).is_empty() && unread.is_empty(), "{unread:?}");
        read_rules(&RecordedKernel::default(), &mut unread);
        assert_eq!(unread.len(), 1, "{unread:?}");
    }
}
