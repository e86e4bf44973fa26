//! Every rule on a cluster that works but for one thing.

mod cluster;

use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::untrusted::Untrusted;

use super::{Certainty, diagnose_cluster};
use crate::cluster_facts::{ClusterFacts, CollectedText};
use crate::connectivity_test::{
    ApiAddressSource, ConnectivityOutcome, ConnectivityTarget, ConnectivityTest,
    LARGE_TRANSFER_BYTES,
};
use crate::node_state::ForwardDrop;
use crate::objects::{KubeProxySettings, NodeReadiness};
use cluster::{
    SILENT, break_, crosses, healthy, ip, is_kubelet_of, look_of, objects_of, retry, snapshot_of,
};

/// What is accused: codes, nodes, certainty.
fn accused(facts: &ClusterFacts) -> Vec<(Vec<DiagnosisCode>, String, Certainty)> {
    let all = diagnose_cluster(facts).into_iter().map(|one| {
        let nodes: Vec<_> = one.nodes.into_iter().collect();
        (one.causes, nodes.join(" "), one.certainty)
    });
    all.collect()
}

#[test]
fn a_cluster_that_works_is_accused_of_nothing() {
    assert_eq!(accused(&healthy()), []);
}

#[test]
fn each_fault_has_its_cause_and_no_other() {
    type RuleCase = (fn(&mut ClusterFacts), &'static [DiagnosisCode], &'static str, Certainty);
    let table: &[RuleCase] = &[
        (wifi_node_ip, &[code::INTERNAL_IP_UNREACHABLE], "pi2", Certainty::Certain),
        (no_node_ip, &[code::NO_INTERNAL_IP], "pi2", Certainty::Certain),
        (foreign_node_ip, &[code::NODE_IP_NOT_ON_HOST], "pi2", Certainty::Certain),
        (twins, &[code::INTERNAL_IP_OF_ANOTHER_HOST], "pi1 pi2", Certainty::Certain),
        (nodes_in_services, &[code::NODE_NETWORK_IN_SERVICE_RANGE], "pi1", Certainty::Certain),
        (foreign_flannel, &[code::FLANNEL_INTERFACE_MISSING], "pi2", Certainty::Certain),
        (other_network, &[code::FLANNEL_NETWORK_DIFFERS], "pi2", Certainty::Certain),
        (wifi_flannel, &[code::FLANNEL_ON_UNREACHABLE_LINK], "pi1 pi2", Certainty::Certain),
        (no_routes, &[code::FLANNEL_WITHOUT_ROUTES], "pi2", Certainty::Certain),
        (no_flannel, &[code::FLANNEL_NOT_RUNNING], "pi2", Certainty::Certain),
        (no_cidr, &[code::POD_CIDR_NOT_ASSIGNED], "pi2", Certainty::Certain),
        (old_bridge, &[code::CNI0_STALE_ADDRESS], "pi2", Certainty::Certain),
        (vxlan, &[code::VXLAN_PORT_BLOCKED], "pi1 pi2", Certainty::Likely),
        (forward_drop, &[code::FORWARD_POLICY_DROP], "pi2", Certainty::Certain),
        (forward_off, &[code::IP_FORWARD_OFF], "pi2", Certainty::Certain),
        (hole, &[code::PATH_MTU_HOLE], "pi1 pi2", Certainty::Certain),
        (pod_hole, &[code::POD_MTU_HOLE], "pi1", Certainty::Certain),
        (kubelet_port, &[code::FIREWALL_DROP], "pi2", Certainty::Likely),
        (kubelet_rejected, &[code::FIREWALL_REJECT], "pi2", Certainty::Likely),
        (no_runtime, &[code::CONTAINERD_NOT_RUNNING], "pi2", Certainty::Certain),
        (kubelet_gone, &[code::KUBELET_NOT_RUNNING], "pi2", Certainty::Certain),
        (wifi_api, &[code::API_SERVICE_LEADS_NOWHERE], "pi2", Certainty::Certain),
        (no_service_route, &[code::NO_ROUTE_TO_SERVICE_RANGE], "pi2", Certainty::Certain),
        (wifi_services, &[code::REPLY_INTO_OTHER_NETWORK], "pi2", Certainty::Likely),
        (no_proxy, &[code::KUBE_PROXY_WITHOUT_RULES], "pi2", Certainty::Certain),
        (lost_proxy, &[code::KUBE_PROXY_SERVER_UNREACHABLE], "pi2", Certainty::Certain),
        (no_dns, &[code::COREDNS_NOT_READY], "pi1", Certainty::Certain),
        (no_plugin, &[code::CNI_NOT_INSTALLED], "pi2", Certainty::Certain),
        (removed_plugin, &[code::CNI_CONFIG_REMOVED], "pi2", Certainty::Certain),
        (unread_plugin, &[code::CNI_CONFIG_NOT_READ], "pi2", Certainty::Certain),
        (lost_node, &[code::API_ADDRESS_UNREACHABLE], "pi2", Certainty::Likely),
        (silent_node, &[code::KUBELET_NOT_RUNNING], "pi2", Certainty::Certain),
        (dead_server, &[code::API_SERVER_NOT_RUNNING], "pi1", Certainty::Certain),
        (services_on_wifi, &[code::SERVICE_NETWORK_OVERLAPS], "pi1 pi2", Certainty::Warning),
        (pods_on_wifi, &[code::POD_NETWORK_OVERLAPS], "pi1 pi2", Certainty::Warning),
        (unknown, &[], "pi2", Certainty::Undecided),
        (untried, &[], "pi2", Certainty::Undecided),
        (broken_off, &[], "pi2", Certainty::Undecided),
    ];
    for (fault, causes, nodes, certainty) in table {
        let mut facts = healthy();
        fault(&mut facts);
        let expected = vec![(causes.to_vec(), (*nodes).to_owned(), *certainty)];
        assert_eq!(accused(&facts), expected, "{:#?}", diagnose_cluster(&facts));
    }
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
        assert_eq!(accused(&facts)[0].0, [code::VXLAN_PORT_BLOCKED], "{accepts}");
    }
}

#[test]
fn two_faults_at_once_are_two() {
    let mut facts = healthy();
    wifi_flannel(&mut facts);
    break_(&mut facts, &SILENT, |tried| is_kubelet_of(tried, "pi2"));
    let codes: Vec<DiagnosisCode> =
        accused(&facts).into_iter().flat_map(|(causes, ..)| causes).collect();
    assert_eq!(codes, [code::FIREWALL_DROP, code::FLANNEL_ON_UNREACHABLE_LINK]);
}
