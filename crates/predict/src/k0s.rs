//! k0s: the API address of its default configuration.

use std::net::IpAddr;

use pontoon_model::snapshot::{Link, LinkAddress, Snapshot};

use super::{PredictedAddresses, PredictedChoice};

/// Source of the rule; the prediction was not compared with a running k0s.
pub const SOURCE: &str = "k0sproject/k0s v1.36.3, internal/pkg/iface/iface.go";

/// Address flag `IFA_F_SECONDARY` (`linux/if_addr.h`).
const SECONDARY: u32 = 0x01;

/// The first address that is not loopback, by interface index, IPv4 before IPv6. Routes do not
/// matter, and a link-local address is accepted.
#[must_use]
pub fn api_address(node: &Snapshot) -> PredictedChoice {
    let mut links: Vec<&Link> =
        node.links.iter().filter(|link| is_considered(link.name.as_str())).collect();
    links.sort_by_key(|link| link.index);
    let is_taken =
        |own: &LinkAddress| !own.prefix.address.is_loopback() && own.flags & SECONDARY == 0;
    let all = links.iter().flat_map(|link| {
        let own = link.addresses.iter().filter(|own| is_taken(own));
        own.map(move |own| (own.prefix.address, link.name.as_str()))
    });
    let all: Vec<(IpAddr, &str)> = all.collect();
    let v4 = all.iter().find(|(address, _)| address.is_ipv4());
    match v4.or(all.first()) {
        Some((address, link)) => {
            let rule = "the first address, by the index of the interface";
            PredictedChoice::Pick(PredictedAddresses::new(*address, Some(link), rule))
        }
        None => PredictedChoice::refusal("no address was found", "no interface has one"),
    }
}

fn is_considered(name: &str) -> bool {
    !matches!(name, "vxlan.calico" | "kube-bridge" | "dummyvip0")
        && !name.starts_with("veth")
        && !name.starts_with("cali")
}
