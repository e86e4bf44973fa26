//! flannel: the interface and the address at which its tunnels end.

use std::net::IpAddr;

use crate::net::Family;
use crate::snapshot::{Address, Link, Route, Snapshot};

use super::go::is_global_unicast;
use super::{Choice, Pick};

/// Where the rule was read, and run.
pub const SOURCE: &str = "flannel-io/flannel v0.28.10, pkg/ipmatch/match.go and pkg/ip/iface.go";

/// Of the MTU of the link, what VXLAN takes away: over IPv4, over IPv6.
const VXLAN_BYTES: [u32; 2] = [50, 70];
/// `IFA_F_TEMPORARY`, which is `IFA_F_SECONDARY` for IPv4; `IFA_F_DEPRECATED`,
/// `IFA_F_PERMANENT` (`linux/if_addr.h`).
const TEMPORARY: u32 = 0x01;
const DEPRECATED: u32 = 0x20;
const PERMANENT: u32 = 0x80;

/// Versions whose rules differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version {
    /// v0.25.7: the first global address in the kernel's order.
    V0_25,
    /// v0.28.10: addresses sorted, those that are going left out.
    Newest,
}

/// The external interface of an IPv4 network, with neither `--iface` nor a public address given,
/// and the VXLAN backend.
#[must_use]
pub fn external_interface(node: &Snapshot, version: Version) -> Choice {
    external_interface_of(node, version, Family::V4)
}

/// `LookupExtIface`, for a network of one family.
#[must_use]
pub fn external_interface_of(node: &Snapshot, version: Version, family: Family) -> Choice {
    let link = match default_interface(node, version, family) {
        Ok(link) => link,
        Err(words) => {
            let words = format!(
                "Failed to find any valid interface to use: failed to get default {}interface: \
                 {words}",
                if family == Family::V6 { "v6 " } else { "" }
            );
            return Choice::refusal(words, "the default route of the main table");
        }
    };
    let Some(address) = preferred(link, version, family) else {
        let words = format!(
            "Failed to find any valid interface to use: failed to find {family} address for \
             interface {}",
            link.name
        );
        return Choice::refusal(words, "the main table's default route");
    };
    let rule = "the main table's default route";
    let mut pick = Pick::new(address, Some(link.name.as_str()), rule);
    let taken = VXLAN_BYTES[usize::from(family == Family::V6)];
    pick.mtu = Some(link.mtu.saturating_sub(taken));
    Choice::Pick(pick)
}

/// `GetDefaultGatewayInterface`: the first route to everywhere, if it names one interface.
fn default_interface(
    node: &Snapshot,
    version: Version,
    family: Family,
) -> Result<&Link, &'static str> {
    let leads_everywhere = |route: &&Route| {
        route.destination.length == 0
            && route.destination.family() == family
            && route.table == Route::MAIN
    };
    let old = version == Version::V0_25;
    let found = node.routes.iter().find(leads_everywhere).ok_or(match (family, old) {
        (Family::V4, false) => "unable to find default route",
        (Family::V4, true) => "Unable to find default route",
        (Family::V6, false) => "unable to find default v6 route",
        (Family::V6, true) => "Unable to find default v6 route",
    })?;
    let link = found.link.as_ref().filter(|_| !found.is_multipath);
    link.and_then(|link| node.link(link)).ok_or(match (family, old) {
        (Family::V4, false) => "found default route but could not determine interface",
        (Family::V4, true) => "Found default route but could not determine interface",
        (Family::V6, false) => "found default v6 route but could not determine interface",
        (Family::V6, true) => "Found default v6 route but could not determine interface",
    })
}

/// The first address of the link: `GetInterfaceIP4Addrs` and its twin.
fn preferred(link: &Link, version: Version, family: Family) -> Option<IpAddr> {
    let is_local = |address: IpAddr| match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    let is_candidate = |own: &&Address| {
        let address = own.prefix.address;
        Family::of(address) == family && (is_global_unicast(address) || is_local(address))
    };
    let mut own: Vec<&Address> = link.addresses.iter().filter(is_candidate).collect();
    match version {
        Version::V0_25 => own.sort_by_key(|own| is_local(own.prefix.address)),
        Version::Newest => {
            own.sort_by_key(|own| {
                let is_lent = own.flags & PERMANENT == 0;
                (is_local(own.prefix.address), is_lent, own.flags & TEMPORARY != 0)
            });
            own.retain(|own| own.flags & DEPRECATED == 0);
        }
    }
    own.first().map(|own| own.prefix.address)
}
