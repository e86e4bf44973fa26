//! Networks of the cluster that are also networks of its hosts.

use pontoon_model::code::{self, Code};
use std::collections::BTreeMap;

use pontoon_causes::symptom::hole::Hole;
use pontoon_model::net::Prefix;

use super::{Accusation, Case, Certainty};
use crate::objects::Node;
use crate::trial::{Target, Tried, Way};

/// Pods' and Services' networks beside what the hosts' links have.
pub(super) fn networks(case: &mut Case<'_>) {
    let services = case.objects.networks.services.clone();
    for services in services {
        for node in &case.objects.nodes {
            let Some(own) = node.internal_ips.iter().find(|own| services.contains(**own)) else {
                continue;
            };
            let accusation =
                Accusation::new(code::NODE_NETWORK_IN_SERVICE_RANGE, Certainty::Certain, [node])
                    .about(Hole::Host, &own)
                    .seen(format!(
                        "{}'s InternalIP {own} lies in serviceSubnet {services}",
                        node.name
                    ));
            let name = node.name.clone();
            case.accuse(accusation, |tried| {
                tried.from.node == name
                    && matches!(tried.to, Target::Api { by: Way::Service | Way::Endpoint, .. })
            });
        }
        of(case, services, "serviceSubnet", code::SERVICE_NETWORK_OVERLAPS);
    }
    for pods in case.objects.networks.pods.clone() {
        of(case, pods, "podSubnet", code::POD_NETWORK_OVERLAPS);
    }
}

fn of(case: &mut Case<'_>, cluster: Prefix, name: &str, code: Code) {
    let mut of: BTreeMap<String, Vec<&Node>> = BTreeMap::new();
    for node in &case.objects.nodes {
        let snapshot = case.facts.snapshot(node).into_iter();
        for (link, own) in snapshot.flat_map(|snapshot| snapshot.overlapping(cluster)) {
            of.entry(format!("{} on {}", own.network(), link.name)).or_default().push(node);
        }
    }
    for (network, nodes) in of {
        let accusation = Accusation::new(code, Certainty::Warning, nodes)
            .about(Hole::Host, &network)
            .seen(format!(
                "{name} {cluster} overlaps {network}: hosts there are not reached, from pods or at \
                 all; what is inside the cluster works"
            ));
        case.accuse(accusation, |_: &Tried| false);
    }
}
