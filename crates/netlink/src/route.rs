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

/// Link names by index, for what the kernel names by index only.
pub type LinkNames = BTreeMap<u32, IfName>;

/// The names of these links.
#[must_use]
pub fn link_names(links: &[Link]) -> LinkNames {
    links.iter().map(|link| (link.index, link.name.clone())).collect()
}

/// `AF_INET` or `AF_INET6`.
pub(crate) const fn family_number(family: IpFamily) -> u8 {
    match family {
        IpFamily::V4 => AF_INET,
        IpFamily::V6 => AF_INET6,
    }
}

/// What is dumped: the message types of request and entry, how messages name it, and how many
/// entries are kept.
#[derive(Clone, Copy)]
struct RouteTable {
    get: u16,
    new: u16,
    what: &'static str,
    limit: usize,
}

impl RouteTable {
    /// Dumps it. `header` is the fixed header of the request with what narrows it down.
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

    /// Dumps what it holds of one family. The fixed headers of routes, rules and neighbours begin
    /// with the family, and are equally long.
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
