//! Neighbour caches, of ARP and of IPv6 neighbour discovery: `RTM_GETNEIGH`.

use std::net::IpAddr;

use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::snapshot::Neighbour;

use super::{LinkNames, RouteTable};
use crate::attribute::{address, attributes, u16_at, u32_at};
use crate::error::NetlinkError;
use crate::kernel::NetlinkKernel;
use crate::request::TableDump;
use crate::uapi::neighbour::{NDA_DST, NDA_LLADDR, NDMSG_BYTES, NUD_NOARP, NUD_VALID};
use crate::uapi::rtnetlink::{RTM_GETNEIGH, RTM_NEWNEIGH};

/// Largest number of neighbours read: the default of `net.ipv4.neigh.default.gc_thresh3`, at which
/// the kernel itself stops adding entries.
const MAX_NEIGHBOURS: usize = 1024;

const NEIGHBOURS: RouteTable =
    RouteTable { get: RTM_GETNEIGH, new: RTM_NEWNEIGH, what: "neighbours", limit: MAX_NEIGHBOURS };

/// Reads the neighbour cache of a family.
///
/// # Errors
/// If the kernel does not list it.
pub fn neighbours(
    kernel: &dyn NetlinkKernel,
    family: IpFamily,
    names: &LinkNames,
) -> Result<TableDump<Neighbour>, NetlinkError> {
    NEIGHBOURS.dump_family(kernel, family, |body| parse_neighbour(body, names))
}

/// Whether the address on that link has been resolved: its hardware address is known.
#[must_use]
pub fn has_answered(neighbours: &[Neighbour], link: &IfName, address: IpAddr) -> bool {
    neighbours.iter().any(|neighbour| {
        neighbour.link == *link && neighbour.address == address && neighbour.state & NUD_VALID != 0
    })
}

/// Parses a neighbour message (`struct ndmsg` and attributes).
fn parse_neighbour(body: &[u8], names: &LinkNames) -> Option<Neighbour> {
    let (index, state) = (u32_at(body, 4)?, u16_at(body, 8)?);
    // Group and loopback addresses, which need no resolution.
    if state & NUD_NOARP != 0 {
        return None;
    }
    let (mut who, mut mac) = (None, None);
    for (kind, value) in attributes(body, NDMSG_BYTES) {
        match kind {
            NDA_DST => who = address(value),
            // An incomplete entry has no hardware address.
            NDA_LLADDR => mac = Mac::from_slice(value),
            _ => {}
        }
    }
    Some(Neighbour { link: names.get(&index)?.clone(), address: who?, mac, state })
}

#[cfg(test)]
mod tests;
