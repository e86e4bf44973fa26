//! Addresses of links: `RTM_GETADDR`.

use pontoon_model::net::Prefix;
use pontoon_model::snapshot::{Link, LinkAddress};

use super::RouteTable;
use crate::attribute::{address, attributes, u32_at};
use crate::error::NetlinkError;
use crate::kernel::NetlinkKernel;
use crate::request::TableDump;
use crate::uapi::if_addr::{
    IFA_ADDRESS, IFA_CACHEINFO, IFA_FLAGS, IFA_LOCAL, IFADDRMSG_BYTES, INFINITY_LIFE_TIME,
};
use crate::uapi::rtnetlink::{RTM_GETADDR, RTM_NEWADDR};

/// Largest number of addresses read; a link has few.
const MAX_ADDRESSES: usize = 4096;

const ADDRESSES: RouteTable =
    RouteTable { get: RTM_GETADDR, new: RTM_NEWADDR, what: "addresses", limit: MAX_ADDRESSES };

/// Reads all addresses, each with the index of its link.
///
/// # Errors
/// If the kernel does not list them.
pub fn addresses(
    kernel: &dyn NetlinkKernel,
) -> Result<TableDump<(u32, LinkAddress)>, NetlinkError> {
    ADDRESSES.dump(kernel, &[0; IFADDRMSG_BYTES], parse_address)
}

/// Adds addresses to their links; addresses of other links are dropped.
pub fn give_addresses(links: &mut [Link], addresses: Vec<(u32, LinkAddress)>) {
    for (index, address) in addresses {
        if let Some(link) = links.iter_mut().find(|link| link.index == index) {
            link.addresses.push(address);
        }
    }
}

/// Reads an address message (`struct ifaddrmsg` and attributes): link index and address.
fn parse_address(body: &[u8]) -> Option<(u32, LinkAddress)> {
    let (length, scope) = (*body.get(1)?, *body.get(3)?);
    let mut flags = u32::from(*body.get(2)?);
    let index = u32_at(body, 4)?;
    let (mut local, mut prefix, mut valid) = (None, None, None);
    for (kind, value) in attributes(body, IFADDRMSG_BYTES) {
        match kind {
            // On point-to-point links IFA_ADDRESS is the peer's address (rtnetlink(7)).
            IFA_LOCAL => local = address(value),
            IFA_ADDRESS => prefix = address(value),
            // The header has room for eight flags only; this attribute has all.
            IFA_FLAGS => flags = u32_at(value, 0).unwrap_or(flags),
            // struct ifa_cacheinfo: preferred, valid, …
            IFA_CACHEINFO => {
                valid = u32_at(value, 4).filter(|seconds| *seconds != INFINITY_LIFE_TIME);
            }
            _ => {}
        }
    }
    let prefix = Prefix::new(local.or(prefix)?, length)?;
    Some((index, LinkAddress { prefix, scope, flags, valid_s: valid }))
}

#[cfg(test)]
mod tests;
