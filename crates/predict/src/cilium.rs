//! Cilium: the network devices that it manages.

use pontoon_model::snapshot::{Link, LinkKind, Route, RouteKind, Snapshot};

use super::go_net::is_global_unicast;
use super::{PredictedAddresses, PredictedChoice, kubelet};

/// Source of the rule; the prediction was not compared with a running Cilium.
pub const SOURCE: &str = "cilium/cilium (2026-08), pkg/datapath/linux/devices_controller.go";

/// Name prefixes of links that are never devices.
const EXCLUDED_STARTS: [&str; 5] = ["lo", "lxc", "cilium_", "cni", "docker"];

/// All links with a route to other hosts; the node address is the Node's `InternalIP`.
#[must_use]
pub fn devices(node: &Snapshot) -> PredictedChoice {
    let links: Vec<String> = node
        .links
        .iter()
        .filter(|link| is_device(node, link))
        .map(|link| link.name.to_string())
        .collect();
    let kubelet = match kubelet::node_addresses(node) {
        PredictedChoice::Pick(pick) => pick,
        other => return other,
    };
    if links.is_empty() {
        return PredictedChoice::refusal(
            "no device was found",
            "no interface is up, has an address and a route, and belongs to nobody",
        );
    }
    let mut notes = vec![format!("its devices: {}", links.join(", "))];
    if !kubelet.links.iter().all(|link| links.contains(link)) {
        notes.push("the InternalIP is on none of them".to_owned());
    }
    let rule = "the Node's InternalIP".to_owned();
    PredictedChoice::Pick(PredictedAddresses { rule, mtu: None, notes, ..kubelet })
}

fn is_device(node: &Snapshot, link: &Link) -> bool {
    let name = link.name.as_str();
    let mut routes = node.routes.iter().filter(|route| {
        route.link.as_ref() == Some(&link.name)
            && route.table == Route::MAIN
            && route.kind == RouteKind::Unicast
    });
    let has_route = routes
        .clone()
        .any(|route| route.is_default() || is_global_unicast(route.destination.address));
    link.is_up
        && !link.addresses.is_empty()
        && link.master.is_none()
        && !matches!(link.kind, LinkKind::Loopback | LinkKind::Bridge)
        && !EXCLUDED_STARTS.iter().any(|start| name.starts_with(start))
        // In a container (kind) a veth is the uplink; other veths may be leftovers of another CNI.
        && (link.kind != LinkKind::Veth || routes.any(Route::is_default))
        && has_route
}
