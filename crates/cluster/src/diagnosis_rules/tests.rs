//! Every rule on a cluster that works but for one thing.

mod cluster;
mod faults;

use pontoon_diagnosis::evidence::{ClusterEvidence, MissingPodRoute, PodNetworkEvidence};
use pontoon_diagnosis::{Certainty, Evidence, Severity, exit_of};
use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::exit::Exit;
use pontoon_model::untrusted::Untrusted;

use super::diagnose_cluster;
use crate::cluster_facts::ClusterFacts;
use crate::node_state::ForwardDrop;
use cluster::{SILENT, break_, crosses, healthy, host, is_kubelet_of, look_of};
use faults::{
    broken_off, dead_server, foreign_flannel, foreign_node_ip, forward_drop, forward_off, hole,
    kubelet_gone, kubelet_port, kubelet_rejected, lost_node, lost_proxy, no_cidr, no_dns,
    no_flannel, no_node_ip, no_plugin, no_proxy, no_routes, no_runtime, no_service_route,
    nodes_in_services, old_bridge, other_network, pod_hole, pods_on_wifi, removed_plugin,
    services_on_wifi, silent_node, twins, unknown, unread_plugin, untried, vxlan, wifi_api,
    wifi_flannel, wifi_node_ip, wifi_services,
};

/// What is diagnosed: code, nodes, certainty.
fn diagnosed(facts: &ClusterFacts) -> Vec<(DiagnosisCode, String, Certainty)> {
    let all = diagnose_cluster(facts).into_iter().map(|one| {
        let nodes: Vec<_> = one.scope.nodes.into_iter().collect();
        (one.code, nodes.join(" "), one.certainty)
    });
    all.collect()
}

#[test]
fn a_cluster_that_works_has_no_diagnosis() {
    assert_eq!(diagnosed(&healthy()), []);
}

#[test]
fn each_fault_has_its_cause_and_no_other() {
    type RuleCase = (fn(&mut ClusterFacts), DiagnosisCode, &'static str, Certainty);
    let table: &[RuleCase] = &[
        (wifi_node_ip, code::INTERNAL_IP_UNREACHABLE, "pi2", Certainty::Confirmed),
        (no_node_ip, code::NO_INTERNAL_IP, "pi2", Certainty::Confirmed),
        (foreign_node_ip, code::NODE_IP_NOT_ON_HOST, "pi2", Certainty::Confirmed),
        (twins, code::INTERNAL_IP_OF_ANOTHER_HOST, "pi1 pi2", Certainty::Confirmed),
        (nodes_in_services, code::NODE_NETWORK_IN_SERVICE_RANGE, "pi1", Certainty::Confirmed),
        (foreign_flannel, code::FLANNEL_INTERFACE_MISSING, "pi2", Certainty::Confirmed),
        (other_network, code::FLANNEL_NETWORK_DIFFERS, "pi2", Certainty::Confirmed),
        (wifi_flannel, code::FLANNEL_ON_UNREACHABLE_LINK, "pi1 pi2", Certainty::Confirmed),
        (no_routes, code::FLANNEL_WITHOUT_ROUTES, "pi2", Certainty::Confirmed),
        (no_flannel, code::FLANNEL_NOT_RUNNING, "pi2", Certainty::Confirmed),
        (no_cidr, code::POD_CIDR_NOT_ASSIGNED, "pi2", Certainty::Confirmed),
        (old_bridge, code::CNI0_STALE_ADDRESS, "pi2", Certainty::Confirmed),
        (vxlan, code::VXLAN_PORT_BLOCKED, "pi1 pi2", Certainty::Likely),
        (forward_drop, code::FORWARD_POLICY_DROP, "pi2", Certainty::Confirmed),
        (forward_off, code::IP_FORWARD_OFF, "pi2", Certainty::Confirmed),
        (hole, code::PATH_MTU_HOLE, "pi1 pi2", Certainty::Confirmed),
        (pod_hole, code::POD_MTU_HOLE, "pi1", Certainty::Confirmed),
        (kubelet_port, code::FIREWALL_DROP, "pi2", Certainty::Likely),
        (kubelet_rejected, code::FIREWALL_REJECT, "pi2", Certainty::Likely),
        (no_runtime, code::CONTAINERD_NOT_RUNNING, "pi2", Certainty::Confirmed),
        (kubelet_gone, code::KUBELET_NOT_RUNNING, "pi2", Certainty::Confirmed),
        (wifi_api, code::API_SERVICE_LEADS_NOWHERE, "pi2", Certainty::Confirmed),
        (no_service_route, code::NO_ROUTE_TO_SERVICE_RANGE, "pi2", Certainty::Confirmed),
        (wifi_services, code::REPLY_INTO_OTHER_NETWORK, "pi2", Certainty::Likely),
        (no_proxy, code::KUBE_PROXY_WITHOUT_RULES, "pi2", Certainty::Confirmed),
        (lost_proxy, code::KUBE_PROXY_SERVER_UNREACHABLE, "pi2", Certainty::Confirmed),
        (no_dns, code::COREDNS_NOT_READY, "pi1", Certainty::Confirmed),
        (no_plugin, code::CNI_NOT_INSTALLED, "pi2", Certainty::Confirmed),
        (removed_plugin, code::CNI_CONFIG_REMOVED, "pi2", Certainty::Confirmed),
        (unread_plugin, code::CNI_CONFIG_NOT_READ, "pi2", Certainty::Confirmed),
        (lost_node, code::API_ADDRESS_UNREACHABLE, "pi2", Certainty::Likely),
        (silent_node, code::KUBELET_NOT_RUNNING, "pi2", Certainty::Confirmed),
        (dead_server, code::API_SERVER_NOT_RUNNING, "pi1", Certainty::Confirmed),
        (services_on_wifi, code::SERVICE_NETWORK_OVERLAPS, "pi1 pi2", Certainty::Confirmed),
        (pods_on_wifi, code::POD_NETWORK_OVERLAPS, "pi1 pi2", Certainty::Confirmed),
        (unknown, code::UNEXPLAINED, "pi2", Certainty::Undecided),
        (untried, code::UNEXPLAINED, "pi2", Certainty::Undecided),
        (broken_off, code::UNEXPLAINED, "pi2", Certainty::Undecided),
    ];
    for (fault, code, nodes, certainty) in table {
        let mut facts = healthy();
        fault(&mut facts);
        let expected = vec![(*code, (*nodes).to_owned(), *certainty)];
        let diagnoses = diagnose_cluster(&facts);
        assert_eq!(diagnosed(&facts), expected, "{diagnoses:#?}");
        // The cluster itself works where only one of its ranges is in use elsewhere.
        let severity = match *code {
            code::SERVICE_NETWORK_OVERLAPS | code::POD_NETWORK_OVERLAPS => Severity::Warning,
            _ => Severity::Error,
        };
        assert_eq!(diagnoses[0].severity, severity, "{diagnoses:#?}");
        assert!(!diagnoses[0].remedies.is_empty(), "{diagnoses:#?}");
        let is_distinguished = diagnoses[0].distinguished_by.is_some();
        assert_eq!(is_distinguished, *certainty < Certainty::Confirmed, "{diagnoses:#?}");
    }
}

/// Causes of which the facts leave several are each possible, and name each other.
#[test]
fn several_causes_are_alternatives() {
    let mut facts = healthy();
    lost_node(&mut facts);
    facts.node_states.remove(&host(2));
    let diagnoses = diagnose_cluster(&facts);
    let codes: Vec<_> = diagnoses.iter().map(|one| one.code).collect();
    assert_eq!(codes, [code::NODE_OFF, code::WAY_LOST, code::KUBELET_NOT_RUNNING]);
    for one in &diagnoses {
        assert_eq!(one.certainty, Certainty::Possible);
        assert_eq!(one.alternatives.len(), 2, "{one:#?}");
        assert!(diagnoses.iter().all(|other| other == one || one.is_alternative_to(other)));
    }
    assert_eq!(exit_of(&diagnoses), Exit::Warned);
}

#[test]
fn the_failed_tests_are_the_evidence() {
    let mut facts = healthy();
    no_routes(&mut facts);
    let diagnoses = diagnose_cluster(&facts);
    let evidence = &diagnoses[0].evidence;
    assert_eq!(
        evidence[..2],
        [
            PodNetworkEvidence::PodRoutesMissing {
                node: "pi2".to_owned(),
                missing: vec![MissingPodRoute {
                    network: "10.244.0.0/24".parse().unwrap(),
                    node: "pi1".to_owned(),
                }],
            }
            .into(),
            PodNetworkEvidence::PluginLink {
                node: "pi2".to_owned(),
                link: "flannel.1",
                exists: true
            }
            .into(),
        ]
    );
    let failed = facts.connectivity_tests.iter().filter(|test| crosses(test)).count();
    assert_eq!(evidence.len(), 2 + 3 + 1);
    assert!(evidence[2..5].iter().all(|one| {
        matches!(one, Evidence::Cluster(ClusterEvidence::ConnectivityTest(test)) if crosses(test))
    }));
    assert_eq!(evidence[5], ClusterEvidence::FurtherTestsFailed { count: failed - 3 }.into());
}

/// Rules of one node's packet filter that lets pods through, as flannel's do, are no fault.
#[test]
fn a_policy_of_drop_with_accepts_for_pods_is_healthy() {
    for accepts in ["10.244.0.0/16", "10.0.0.0/8", "cni0", "everything"] {
        let mut facts = healthy();
        vxlan(&mut facts);
        look_of(&mut facts, 2).forward_drops = vec![ForwardDrop {
            table: Untrusted::new("ip filter"),
            chain: Untrusted::new("FORWARD"),
            accepts: vec![Untrusted::new(accepts)],
        }];
        assert_eq!(diagnosed(&facts)[0].0, code::VXLAN_PORT_BLOCKED, "{accepts}");
    }
}

#[test]
fn two_faults_at_once_are_two() {
    let mut facts = healthy();
    wifi_flannel(&mut facts);
    break_(&mut facts, &SILENT, |tried| is_kubelet_of(tried, "pi2"));
    let codes: Vec<DiagnosisCode> = diagnosed(&facts).into_iter().map(|(code, ..)| code).collect();
    assert_eq!(codes, [code::FIREWALL_DROP, code::FLANNEL_ON_UNREACHABLE_LINK]);
}
