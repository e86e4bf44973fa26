//! rtnetlink (rtnetlink(7)): links and their addresses, routes, policy-routing rules, neighbours.

pub mod links;
pub mod addresses;
pub mod routes;
pub mod rules;
pub mod neighbours;
pub mod lookup;

use std::collections::BTreeMap;

use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::snapshot::Link;

use crate::error::NetlinkError;
use crate::kernel::{KernelRequest, NetlinkKernel};
use crate::request::{TableDump, dump};
use crate::uapi::netlink::{AF_INET, AF_INET6, NETLINK_ROUTE};

/// Link names by index, since most tables refer to links by index only.
pub type LinkNames = BTreeMap<u32, IfName>;

/// The names of these links, by index.
#[must_use]
pub fn link_names(links: &[Link]) -> LinkNames {
    links.iter().map(|link| (link.index, link.name.clone())).collect()
}

/// The family's number: `AF_INET` or `AF_INET6`.
pub(crate) const fn family_number(family: IpFamily) -> u8 {
    match family {
        IpFamily::V4 => AF_INET,
        IpFamily::V6 => AF_INET6,
    }
}

/// A table to dump: message types of request and entry, its name in messages, largest number of
/// entries.
#[derive(Clone, Copy)]
struct RouteTable {
    get: u16,
    new: u16,
    what: &'static str,
    limit: usize,
}

impl RouteTable {
    /// Dumps the table. `header` is the fixed header of the request, with attributes that select
    /// entries.
    fn dump<T>(
        self,
        kernel: &dyn NetlinkKernel,
        header: &[u8],
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<TableDump<T>, NetlinkError> {
        let request = KernelRequest {
            protocol: NETLINK_ROUTE,
            kind: self.get,
            body: header,
            what: self.what,
            limit: self.limit,
        };
        dump(kernel, &request, |kind, body| (kind == self.new).then(|| parse(body)).flatten())
    }

    /// Dumps the entries of one family. The fixed headers of routes, rules and neighbours have the
    /// same length and begin with the family.
    fn dump_family<T>(
        self,
        kernel: &dyn NetlinkKernel,
        family: IpFamily,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<TableDump<T>, NetlinkError> {
        let mut header = [0; crate::uapi::rtnetlink::RTMSG_BYTES];
        header[0] = family_number(family);
        self.dump(kernel, &header, parse)
    }
}
