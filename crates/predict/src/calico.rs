//! Calico: the node address of its default method, `first-found`.

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::{Link, Snapshot};

use super::go_net::is_global_unicast;
use super::{PredictedAddresses, PredictedChoice};

/// Source of the rule; the prediction was not compared with a running Calico.
pub const SOURCE: &str = "projectcalico/calico (2026-08), \
                          node/pkg/lifecycle/startup/autodetection";

/// Name prefixes of interfaces that are never taken (`DEFAULT_INTERFACES_TO_EXCLUDE`).
const EXCLUDED_STARTS: [&str; 8] =
    ["docker", "cbr", "dummy", "virbr", "lxcbr", "veth", "cali", "tunl"];
/// The same, for names with a separator or further parts.
const EXCLUDED_OTHERS: [&str; 11] = [
    "podman",
    "br-",
    "flannel",
    "kube-ipvs",
    "cni",
    "vxlan.calico",
    "vxlan-v6.calico",
    "wireguard.cali",
    "wg-v6.cali",
    "nodelocaldns",
    "lo",
];

/// Whether the interface may be taken, by its name.
#[must_use]
pub fn is_considered(name: &str) -> bool {
    let mut starts = EXCLUDED_STARTS.iter().chain(&EXCLUDED_OTHERS);
    // All entries are prefixes, except that `lo` must match as a whole.
    !starts.any(|start| if *start == "lo" { name == "lo" } else { name.starts_with(start) })
}

/// `first-found`: interfaces from the highest index to the lowest, regardless of state and routes.
#[must_use]
pub fn first_found(node: &Snapshot) -> PredictedChoice {
    let mut links: Vec<&Link> =
        node.links.iter().filter(|link| is_considered(link.name.as_str())).collect();
    // New interfaces have the highest indices, so a new one can change the choice.
    links.sort_by_key(|link| std::cmp::Reverse(link.index));
    let found = links.into_iter().find_map(|link| {
        let mut addresses = link.addresses.iter().map(|own| own.prefix.address);
        let address = addresses.find(|address| {
            IpFamily::of(*address) == IpFamily::V4 && is_global_unicast(*address)
        })?;
        Some((link, address))
    });
    match found {
        Some((link, address)) => {
            let rule = "first-found: the interface of the highest index that has a global address";
            PredictedChoice::Pick(PredictedAddresses::new(address, Some(link.name.as_str()), rule))
        }
        None => PredictedChoice::refusal(
            "no valid IPv4 addresses found on the host interfaces",
            "first-found: no interface has a global IPv4 address",
        ),
    }
}
