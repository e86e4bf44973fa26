//! Networks of the cluster that are also networks of its hosts.

use pontoon_model::code::{self, DiagnosisCode};
use std::collections::BTreeMap;

use pontoon_causes::symptom::placeholder::PlaceholderKind;
use pontoon_model::net::Prefix;

use super::{Accusation, Certainty, ClusterRuleContext};
use crate::connectivity_test::{ApiAddressSource, ConnectivityTarget, ConnectivityTest};
use crate::objects::ClusterNode;

/// Pods' and Services' networks beside what the hosts' links have.
pub(super) fn networks(case: &mut ClusterRuleContext<'_>) {
    let services = case.objects.networks.services.clone();
    for services in services {
        for node in &case.objects.nodes {
            let Some(own) = node.internal_ips.iter().find(|own| services.contains(**own)) else {
                continue;
            };
            let accusation =
                Accusation::new(code::NODE_NETWORK_IN_SERVICE_RANGE, Certainty::Certain, [node])
                    .about(PlaceholderKind::Host, &own)
                    .seen(format!(
                        "{}'s InternalIP {own} lies in serviceSubnet {services}",
                        node.name
                    ));
            let name = node.name.clone();
            case.report_problem(accusation, |tried| {
                tried.from.node == name
                    && matches!(
                        tried.to,
                        ConnectivityTarget::Api {
                            by: ApiAddressSource::Service | ApiAddressSource::Endpoint,
                            ..
                        }
                    )
            });
        }
        of(case, services, "serviceSubnet", code::SERVICE_NETWORK_OVERLAPS);
    }
    for pods in case.objects.networks.pods.clone() {
        of(case, pods, "podSubnet", code::POD_NETWORK_OVERLAPS);
    }
}

fn of(case: &mut ClusterRuleContext<'_>, cluster: Prefix, name: &str, code: DiagnosisCode) {
    let mut of: BTreeMap<String, Vec<&ClusterNode>> = BTreeMap::new();
    for node in &case.objects.nodes {
        let snapshot = case.facts.snapshot(node).into_iter();
        for (link, own) in snapshot.flat_map(|snapshot| snapshot.overlapping(cluster)) {
            of.entry(format!("{} on {}", own.network(), link.name)).or_default().push(node);
        }
    }
    for (network, nodes) in of {
        let accusation = Accusation::new(code, Certainty::Warning, nodes)
            .about(PlaceholderKind::Host, &network)
            .seen(format!(
                "{name} {cluster} overlaps {network}: hosts there are not reached, from pods or at \
                 all; what is inside the cluster works"
            ));
        case.report_problem(accusation, |_: &ConnectivityTest| false);
    }
}
