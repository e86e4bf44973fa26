//! Talos: the node address of kubelet.

use std::net::IpAddr;

use pontoon_model::snapshot::Snapshot;

use super::go_net::is_global_unicast;
use super::{PredictedAddresses, PredictedChoice};

/// Source of the rule; the prediction was not compared with a running Talos.
pub const SOURCE: &str =
    "siderolabs/talos v1.13.9, internal/app/machined/pkg/controllers/k8s/nodeip.go";

/// Without `validSubnets`: the lowest address on all links that are up, except pod, Service and
/// shared addresses. Routes do not matter.
#[must_use]
pub fn node_ip(node: &Snapshot) -> PredictedChoice {
    let mut all: Vec<(IpAddr, &str)> = node
        .links
        .iter()
        .filter(|link| link.is_up)
        .flat_map(|link| {
            let own = link.addresses.iter().map(|own| own.prefix.address);
            own.map(|address| (address, link.name.as_str()))
        })
        .filter(|(address, _)| is_global_unicast(*address))
        .collect();
    all.sort();
    match all.first() {
        Some((address, link)) => {
            let rule = "the least address of all links that are up".to_owned();
            PredictedChoice::Pick(PredictedAddresses::new(*address, Some(link), rule))
        }
        None => PredictedChoice::refusal(
            "no node IP was found",
            "no link that is up has a global address",
        ),
    }
}
