//! Ranges of the cluster that are also networks of its hosts.

use std::collections::BTreeMap;

use pontoon_causes::placeholder::PlaceholderKind;
use pontoon_diagnosis::Certainty;
use pontoon_diagnosis::evidence::ClusterEvidence;
use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::net::{IfName, Prefix};

use super::{ClusterRuleContext, ProblemDraft};
use crate::connectivity_test::{ApiAddressSource, ConnectivityTarget};

/// podSubnet and serviceSubnet beside the networks of the hosts' links.
pub(super) fn networks(context: &mut ClusterRuleContext<'_>) {
    for services in &context.objects.networks.services {
        for node in &context.objects.nodes {
            let Some(own) = node.internal_ips.iter().find(|own| services.contains(**own)) else {
                continue;
            };
            let code = code::NODE_NETWORK_IN_SERVICE_RANGE;
            let name = node.name.clone();
            let problem = ProblemDraft::new(code, Certainty::Confirmed, [&name])
                .about(PlaceholderKind::Host, own)
                .evidence(ClusterEvidence::NodeAddressInServiceRange {
                    node: name.clone(),
                    address: *own,
                    services: *services,
                });
            context.report_problem(problem, |test| {
                test.from.node == name
                    && matches!(
                        test.to,
                        ConnectivityTarget::Api {
                            by: ApiAddressSource::Service | ApiAddressSource::Endpoint,
                            ..
                        }
                    )
            });
        }
        overlaps(context, *services, "serviceSubnet", code::SERVICE_NETWORK_OVERLAPS);
    }
    for pods in &context.objects.networks.pods {
        overlaps(context, *pods, "podSubnet", code::POD_NETWORK_OVERLAPS);
    }
}

fn overlaps(
    context: &mut ClusterRuleContext<'_>,
    range: Prefix,
    setting: &'static str,
    code: DiagnosisCode,
) {
    let mut nodes_by_network: BTreeMap<(Prefix, IfName), Vec<&str>> = BTreeMap::new();
    for node in &context.objects.nodes {
        let snapshot = context.facts.snapshot(node).into_iter();
        for (link, own) in snapshot.flat_map(|snapshot| snapshot.overlapping(range)) {
            let network = (own.network(), link.name.clone());
            nodes_by_network.entry(network).or_default().push(&node.name);
        }
    }
    for ((network, link), nodes) in nodes_by_network {
        let problem = ProblemDraft::new(code, Certainty::Confirmed, nodes)
            .harmless_because("traffic inside the cluster works")
            .evidence(ClusterEvidence::RangeOverlapsNetwork { setting, range, network, link });
        context.report_problem(problem, |_| false);
    }
}
