//! Every rule on a cluster that works but for one thing.

mod cluster;

use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::untrusted::Untrusted;

use pontoon_diagnosis::evidence::{ClusterEvidence, MissingPodRoute, PodNetworkEvidence};
use pontoon_diagnosis::{Certainty, Evidence, Severity, exit_of};
use pontoon_model::exit::Exit;

use super::diagnose_cluster;
use crate::cluster_facts::{ClusterFacts, CollectedText};
use crate::connectivity_test::{
    ApiAddressSource, ConnectivityOutcome, ConnectivityTarget, ConnectivityTest,
    LARGE_TRANSFER_BYTES,
};
use crate::node_state::ForwardDrop;
use crate::objects::{KubeProxySettings, NodeReadiness};
use cluster::{
    SILENT, break_, crosses, healthy, host, ip, is_kubelet_of, look_of, objects_of, retry,
    snapshot_of,
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

fn wifi_node_ip(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].internal_ips = vec![ip("172.20.5.2")];
    retry(facts);
    break_(facts, &ConnectivityOutcome::NoNeighbour, |tried| is_kubelet_of(tried, "pi2"));
}

fn no_node_ip(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].internal_ips.clear();
    retry(facts);
    break_(
        facts,
        &ConnectivityOutcome::Wrong(Untrusted::new("no preferred addresses found")),
        |tried| matches!(&tried.to, ConnectivityTarget::KubeletByApi { node } if node == "pi2"),
    );
}

fn foreign_node_ip(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].internal_ips = vec![ip("10.0.0.77")];
    retry(facts);
    break_(facts, &ConnectivityOutcome::NoNeighbour, |tried| is_kubelet_of(tried, "pi2"));
}

fn twins(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].internal_ips = vec![ip("10.0.0.1")];
}

fn nodes_in_services(facts: &mut ClusterFacts) {
    objects_of(facts).networks.services = vec!["10.0.0.0/31".parse().unwrap()];
    for at in [1, 2] {
        snapshot_of(facts, at).links.retain(|link| link.name.as_str() != "eth0");
    }
    look_of(facts, 2).addresses.remove(&ip("10.0.0.2"));
    facts.record.facts.hosts.clear();
}

fn foreign_flannel(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].flannel_ip = Some(ip("10.77.0.2"));
    break_(facts, &SILENT, crosses);
}

fn other_network(facts: &mut ClusterFacts) {
    let objects = objects_of(facts);
    objects.flannel_network = Some("10.244.0.0/24".parse().unwrap());
    break_(facts, &SILENT, crosses);
}

fn kubelet_rejected(facts: &mut ClusterFacts) {
    break_(facts, &ConnectivityOutcome::Prohibited, |tried| is_kubelet_of(tried, "pi2"));
}

fn no_runtime(facts: &mut ClusterFacts) {
    look_of(facts, 2).programs.remove("containerd");
}

/// Services are routed by the WiFi, and what comes back gets lost there.
fn wifi_services(facts: &mut ClusterFacts) {
    break_(facts, &SILENT, |tried| of_service(tried) && !tried.from.is_pod);
}

fn not_ready(facts: &mut ClusterFacts) {
    let why = "Network plugin returns error: cni plugin not initialized";
    objects_of(facts).nodes[1].ready = NodeReadiness::No(Untrusted::new(why));
    let (node, by) = ("pi2".to_owned(), "the node's condition".to_owned());
    facts.texts.push(CollectedText { node, source: by, text: why.to_owned() });
    untried(facts);
}

fn removed_plugin(facts: &mut ClusterFacts) {
    not_ready(facts);
    look_of(facts, 2).cni_files.clear();
}

fn unread_plugin(facts: &mut ClusterFacts) {
    not_ready(facts);
}

fn lost_node(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].ready = NodeReadiness::Unknown;
    untried(facts);
    break_(facts, &SILENT, |tried| {
        tried.from.node == "pi2" && matches!(tried.to, ConnectivityTarget::Api { .. })
    });
}

fn pods_on_wifi(facts: &mut ClusterFacts) {
    objects_of(facts).networks.pods.push("172.20.0.0/16".parse().unwrap());
}

fn wifi_flannel(facts: &mut ClusterFacts) {
    for (at, node) in objects_of(facts).nodes.iter_mut().enumerate() {
        node.flannel_ip = Some(ip(&format!("172.20.5.{}", at + 1)));
    }
    break_(facts, &SILENT, crosses);
}

fn no_routes(facts: &mut ClusterFacts) {
    snapshot_of(facts, 2).routes.truncate(1);
    break_(facts, &SILENT, crosses);
}

fn no_flannel(facts: &mut ClusterFacts) {
    no_routes(facts);
    snapshot_of(facts, 2).links.retain(|link| link.name.as_str() != "flannel.1");
    look_of(facts, 2).programs.remove("flanneld");
}

fn no_cidr(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].pod_cidrs.clear();
    break_(facts, &SILENT, crosses);
}

fn old_bridge(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].pod_cidrs = vec!["10.244.7.0/24".parse().unwrap()];
    let routes = &mut snapshot_of(facts, 1).routes;
    routes[1].destination = "10.244.7.0/24".parse().unwrap();
    break_(facts, &SILENT, |tried| {
        crosses(tried) || matches!(&tried.to, ConnectivityTarget::Pod { node, .. } if node == "pi2")
    });
}

fn vxlan(facts: &mut ClusterFacts) {
    break_(facts, &SILENT, crosses);
}

fn forward_drop(facts: &mut ClusterFacts) {
    look_of(facts, 2).forward_drops = vec![ForwardDrop {
        table: Untrusted::new("inet hostfw"),
        chain: Untrusted::new("forward"),
        accepts: Vec::new(),
    }];
    stuck(facts);
}

/// Nothing that pi2 would have to forward gets through.
fn stuck(facts: &mut ClusterFacts) {
    break_(facts, &SILENT, |tried| {
        (tried.from.node == "pi2" && tried.from.is_pod)
            || matches!(&tried.to, ConnectivityTarget::Pod { node, .. } if node == "pi2" && tried.from.node == "pi1")
    });
}

fn forward_off(facts: &mut ClusterFacts) {
    snapshot_of(facts, 2).forwarding.ipv4 = Some(false);
    stuck(facts);
}

fn hole(facts: &mut ClusterFacts) {
    break_(facts, &ConnectivityOutcome::LargeLost { mtu: 1500 }, |tried| {
        matches!(tried.to, ConnectivityTarget::Sizes { .. })
    });
    break_(facts, &ConnectivityOutcome::Stalls { bytes: 0 }, |tried| {
        tried.from.node == "pi2" && matches!(tried.to, ConnectivityTarget::Api { .. })
            || matches!(tried.to, ConnectivityTarget::Pod { bytes: LARGE_TRANSFER_BYTES, .. })
    });
}

fn pod_hole(facts: &mut ClusterFacts) {
    let links = &mut snapshot_of(facts, 1).links;
    links.iter_mut().find(|link| link.name.as_str() == "flannel.1").unwrap().mtu = 1480;
    break_(
        facts,
        &ConnectivityOutcome::Stalls { bytes: 0 },
        |tried| matches!(&tried.to, ConnectivityTarget::Pod { node, bytes: LARGE_TRANSFER_BYTES, .. } if node == "pi1"),
    );
}

fn kubelet_port(facts: &mut ClusterFacts) {
    break_(facts, &SILENT, |tried| is_kubelet_of(tried, "pi2"));
}

fn kubelet_gone(facts: &mut ClusterFacts) {
    look_of(facts, 2).programs.remove("kubelet");
    break_(facts, &ConnectivityOutcome::Refused, |tried| is_kubelet_of(tried, "pi2"));
}

fn wifi_api(facts: &mut ClusterFacts) {
    objects_of(facts).slices[0].ready = vec![ip("172.20.5.1")];
    retry(facts);
    break_(facts, &ConnectivityOutcome::NoNeighbour, |tried| {
        let is_there = match tried.to {
            ConnectivityTarget::Api { at, by } => {
                by == ApiAddressSource::Service || at.ip() == ip("172.20.5.1")
            }
            _ => false,
        };
        tried.from.node == "pi2" && is_there
    });
}

fn of_service(tried: &ConnectivityTest) -> bool {
    tried.from.node == "pi2"
        && matches!(
            tried.to,
            ConnectivityTarget::Api { by: ApiAddressSource::Service, .. }
                | ConnectivityTarget::Service { .. }
                | ConnectivityTarget::Dns { pod_on: None, .. }
        )
}

fn no_service_route(facts: &mut ClusterFacts) {
    snapshot_of(facts, 2).routes.remove(0);
    break_(facts, &ConnectivityOutcome::NoRoute, |tried| of_service(tried) && !tried.from.is_pod);
}

fn no_proxy(facts: &mut ClusterFacts) {
    look_of(facts, 2).programs.remove("kube-proxy");
    break_(facts, &SILENT, of_service);
}

fn lost_proxy(facts: &mut ClusterFacts) {
    no_proxy(facts);
    let server = Some(Untrusted::new("172.20.5.1:6443"));
    objects_of(facts).proxy = Some(KubeProxySettings { server });
    retry(facts);
    break_(facts, &SILENT, |tried| {
        let is_proxys =
            matches!(tried.to, ConnectivityTarget::Api { by: ApiAddressSource::Proxy, .. });
        of_service(tried) || (is_proxys && tried.from.node == "pi2")
    });
}

fn no_dns(facts: &mut ClusterFacts) {
    let objects = objects_of(facts);
    objects.pods[0].is_ready = false;
    objects.slices[1].ready.clear();
    retry(facts);
    break_(facts, &ConnectivityOutcome::Refused, |tried| {
        matches!(tried.to, ConnectivityTarget::Dns { .. })
    });
}

fn no_plugin(facts: &mut ClusterFacts) {
    let why = "container runtime network not ready: NetworkReady=false \
               reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not \
               initialized";
    for node in &mut objects_of(facts).nodes {
        node.flannel_ip = None;
    }
    objects_of(facts).nodes[1].ready = NodeReadiness::No(Untrusted::new(why));
    for at in [1, 2] {
        look_of(facts, at).programs.remove("flanneld");
    }
    look_of(facts, 2).cni_files.clear();
    let (node, by) = ("pi2".to_owned(), "the node's condition".to_owned());
    facts.texts.push(CollectedText { node, source: by, text: why.to_owned() });
    facts.connectivity_tests.retain(|tried| tried.from.node != "pi2" || !tried.from.is_pod);
}

fn silent_node(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].ready = NodeReadiness::Unknown;
    kubelet_gone(facts);
}

fn dead_server(facts: &mut ClusterFacts) {
    facts.objects = Err(Untrusted::new("The connection to the server 10.0.0.1:6443 was refused"));
    facts.connectivity_tests.clear();
    look_of(facts, 1).programs.remove("kube-apiserver");
}

fn services_on_wifi(facts: &mut ClusterFacts) {
    objects_of(facts).networks.services = vec!["172.20.0.0/16".parse().unwrap()];
}

/// What no rule knows is said, and no cause is made up for it.
fn unknown(facts: &mut ClusterFacts) {
    break_(facts, &ConnectivityOutcome::Wrong(Untrusted::new("I am a teapot")), |tried| {
        tried.from.node == "pi2"
            && !tried.from.is_pod
            && matches!(tried.to, ConnectivityTarget::Api { by: ApiAddressSource::Kubelet, .. })
    });
}

/// That nothing failed because nothing was tried is no good news.
fn untried(facts: &mut ClusterFacts) {
    facts.connectivity_tests.retain(|tried| tried.from.node != "pi2" || !tried.from.is_pod);
}

fn broken_off(facts: &mut ClusterFacts) {
    break_(facts, &ConnectivityOutcome::Untried(Untrusted::new("the connection ended")), |tried| {
        tried.from.node == "pi2"
    });
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
