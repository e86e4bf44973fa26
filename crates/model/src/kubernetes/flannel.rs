//! flannel: the interface and the address at which its tunnels end.

mod lookup;

use crate::net::Family;
use crate::snapshot::Snapshot;
use crate::untrusted::Untrusted;

use super::node::FlannelFlags;
use super::{Choice, Pick};

pub use lookup::{By, ExternalInterface, Failed, Stack, look_up};

/// Where the rule was read, and run.
pub const SOURCE: &str =
    "flannel-io/flannel v0.28.10, main.go, pkg/ipmatch/match.go and pkg/ip/iface.go";

/// Of the MTU of the link, what VXLAN takes away: over IPv4, over IPv6.
const VXLAN_BYTES: [u32; 2] = [50, 70];

/// Versions whose rules differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version {
    /// v0.25.7: the first global address in the kernel's order.
    V0_25,
    /// v0.28.10: addresses sorted, those that are going left out.
    Newest,
}

/// The external interface of an IPv4 network with the VXLAN backend: what a flanneld that runs
/// there took, or what one would take that is told nothing.
#[must_use]
pub fn external_interface(node: &Snapshot, version: Version) -> Choice {
    external_interface_of(node, version, Family::V4)
}

/// Likewise, for a network of one family.
#[must_use]
pub fn external_interface_of(node: &Snapshot, version: Version, family: Family) -> Choice {
    let stack = if family == Family::V6 { Stack::V6 } else { Stack::V4 };
    let flags = &node.node.flannel;
    let (rule, found) = chosen(node, version, stack, flags);
    let found = match found {
        Ok(found) => found,
        Err(Failed::Words(words)) => return Choice::refusal(words, rule),
        Err(Failed::Unknown(missing)) => return Choice::unknown(missing),
    };
    let (own, advertised) = match family {
        Family::V4 => (found.address, found.advertised),
        Family::V6 => (found.address_v6, found.advertised_v6),
    };
    let Some(address) = advertised else {
        // Not so: what is found has an address of each family of the network.
        return Choice::unknown("an address of its link");
    };
    let mut pick = Pick::new(address, Some(found.link.name.as_str()), rule);
    let taken = VXLAN_BYTES[usize::from(family == Family::V6)];
    pick.mtu = Some(found.link.mtu.saturating_sub(taken));
    if let Some(own) = own.filter(|own| *own != address) {
        pick.notes.push(format!("its own packets leave from {own}"));
    }
    Choice::Pick(pick)
}

/// `main`: what is named, in order; without a name the default route.
fn chosen<'a>(
    node: &'a Snapshot,
    version: Version,
    stack: Stack,
    flags: &FlannelFlags,
) -> (String, Result<ExternalInterface<'a>, Failed>) {
    let look = |by| look_up(node, version, stack, by, flags);
    let named = flags.iface.iter().map(|name| ("--iface", By::Named(name.raw())));
    let matching = flags.iface_regex.iter().map(|one| ("--iface-regex", By::Matching(one.raw())));
    let reaching = flags.iface_can_reach.iter().filter(|one| !one.raw().is_empty());
    let reaching = reaching.map(|one| ("--iface-can-reach", By::Reaching(one.raw())));
    let mut told = named.chain(matching).chain(reaching).peekable();
    if told.peek().is_none() {
        let public = |address: &Option<Untrusted>| {
            address.as_ref().map(|address| address.raw().to_owned()).filter(|text| !text.is_empty())
        };
        let (rule, by) = match (public(&flags.public_ip), public(&flags.public_ipv6)) {
            (Some(address), _) => {
                (format!("--public-ip={address} of the running flanneld"), address)
            }
            (None, Some(address)) => {
                (format!("--public-ipv6={address} of the running flanneld"), address)
            }
            (None, None) => ("the main table's default route".to_owned(), String::new()),
        };
        let found = look(By::Named(&by)).map_err(|failed| match failed {
            Failed::Words(words) => {
                Failed::Words(format!("Failed to find any valid interface to use: {words}"))
            }
            unknown @ Failed::Unknown(_) => unknown,
        });
        return (shown(&rule), found);
    }
    for (flag, by) in told {
        match look(by) {
            Err(Failed::Words(_)) => {}
            found => {
                let (By::Named(value) | By::Matching(value) | By::Reaching(value)) = by;
                return (shown(&format!("{flag}={value} of the running flanneld")), found);
            }
        }
    }
    let words =
        "Failed to find interface to use that matches the interfaces and/or regexes provided";
    ("the flags of the running flanneld".to_owned(), Err(Failed::Words(words.to_owned())))
}

/// A flag is somebody's text.
fn shown(text: &str) -> String {
    Untrusted::new(text).to_string()
}
