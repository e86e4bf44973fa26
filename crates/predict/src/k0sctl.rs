//! k0sctl: the private address of a host, which becomes k0s' API and etcd address.

use std::net::IpAddr;

use pontoon_model::snapshot::{Link, Route, RouteKind, Snapshot};

use super::{PredictedAddresses, PredictedChoice};

/// Source of the rule; the prediction was not compared with a running k0sctl.
pub const SOURCE: &str = "k0sproject/k0sctl (2026-07), configurer/linux.go";

/// k0sctl runs `ip route list scope global` and takes the first route with a gateway whose text
/// contains something like a private address, else the default route; then that link's first IPv4
/// address, unless k0sctl connected to the host at that address.
#[must_use]
pub fn private_address(node: &Snapshot) -> PredictedChoice {
    let mut routed = node.routes.iter().filter(|route| {
        route.table == Route::MAIN
            && route.kind == RouteKind::Unicast
            && route.destination.address.is_ipv4()
    });
    let is_private = |route: &&Route| {
        let addresses = [Some(route.destination.address), route.gateway, route.source];
        route.gateway.is_some() && addresses.into_iter().flatten().any(looks_private)
    };
    let route = routed.clone().find(is_private).or_else(|| routed.find(|route| route.is_default()));
    let link = route.and_then(|route| route.link.as_ref()).and_then(|name| node.link(name));
    let Some(link) = link else {
        return PredictedChoice::refusal(
            "failed to detect a private network interface, define the host privateInterface \
             manually",
            "no route with a gateway",
        );
    };
    let mut addresses = global_v4(link);
    match (addresses.next(), addresses.next()) {
        (None, _) => {
            PredictedChoice::refusal("not found", format!("{} has no IPv4 address", link.name))
        }
        (Some(first), second) => {
            let rule = "the first route with a gateway and a private address";
            let mut pick = PredictedAddresses::new(first, Some(link.name.as_str()), rule);
            pick.notes.push(match second {
                Some(second) => format!("{second}, if k0sctl reaches this host at {first}"),
                None => format!("none, if k0sctl reaches this host at {first}"),
            });
            PredictedChoice::Pick(pick)
        }
    }
}

/// Whether `\b(172|10|192\.168)\.` matches its text, which is true for more than private networks.
fn looks_private(address: IpAddr) -> bool {
    let text = address.to_string();
    let octets: Vec<&str> = text.split('.').collect();
    let before_last = octets.len().saturating_sub(1);
    octets[..before_last].iter().any(|octet| matches!(*octet, "172" | "10"))
        || octets.windows(3).any(|three| matches!(three, ["192", "168", _]))
}

fn global_v4(link: &Link) -> impl Iterator<Item = IpAddr> + '_ {
    let global = link.addresses.iter().filter(|own| own.scope == 0);
    global.map(|own| own.prefix.address).filter(IpAddr::is_ipv4)
}
