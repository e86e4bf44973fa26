//! Every rule on a cluster that works but for one thing.

mod cluster;

use pontoon_model::code::{self, Code};
use pontoon_model::untrusted::Untrusted;

use super::{Certainty, judge};
use crate::facts::{Facts, Written};
use crate::look::ForwardDrop;
use crate::objects::{ProxySettings, Ready};
use crate::trial::{MANY, Outcome, Target, Tried, Way};
use cluster::{
    SILENT, break_, crosses, healthy, ip, is_kubelet_of, look_of, objects_of, retry, snapshot_of,
};

/// What is accused: codes, nodes, certainty.
fn accused(facts: &Facts) -> Vec<(Vec<Code>, String, Certainty)> {
    let all = judge(facts).into_iter().map(|one| {
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
    type Row = (fn(&mut Facts), &'static [Code], &'static str, Certainty);
    let table: &[Row] = &[
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
        assert_eq!(accused(&facts), expected, "{:#?}", judge(&facts));
    }
}

fn wifi_node_ip(facts: &mut Facts) {
    objects_of(facts).nodes[1].internal_ips = vec![ip("172.20.5.2")];
    retry(facts);
    break_(facts, &Outcome::NoNeighbour, |tried| is_kubelet_of(tried, "pi2"));
}

fn no_node_ip(facts: &mut Facts) {
    objects_of(facts).nodes[1].internal_ips.clear();
    retry(facts);
    break_(
        facts,
        &Outcome::Wrong(Untrusted::new("no preferred addresses found")),
        |tried| matches!(&tried.to, Target::KubeletByApi { node } if node == "pi2"),
    );
}

fn foreign_node_ip(facts: &mut Facts) {
    objects_of(facts).nodes[1].internal_ips = vec![ip("10.0.0.77")];
    retry(facts);
    break_(facts, &Outcome::NoNeighbour, |tried| is_kubelet_of(tried, "pi2"));
}

fn twins(facts: &mut Facts) {
    objects_of(facts).nodes[1].internal_ips = vec![ip("10.0.0.1")];
}

fn nodes_in_services(facts: &mut Facts) {
    objects_of(facts).networks.services = vec!["10.0.0.0/31".parse().unwrap()];
    for at in [1, 2] {
        snapshot_of(facts, at).links.retain(|link| link.name.as_str() != "eth0");
    }
    look_of(facts, 2).addresses.remove(&ip("10.0.0.2"));
    facts.record.facts.hosts.clear();
}

fn foreign_flannel(facts: &mut Facts) {
    objects_of(facts).nodes[1].flannel_ip = Some(ip("10.77.0.2"));
    break_(facts, &SILENT, crosses);
}

fn other_network(facts: &mut Facts) {
    let objects = objects_of(facts);
    objects.flannel_network = Some("10.244.0.0/24".parse().unwrap());
    break_(facts, &SILENT, crosses);
}

fn kubelet_rejected(facts: &mut Facts) {
    break_(facts, &Outcome::Prohibited, |tried| is_kubelet_of(tried, "pi2"));
}

fn no_runtime(facts: &mut Facts) {
    look_of(facts, 2).programs.remove("containerd");
}

/// Services are routed by the WiFi, and what comes back gets lost there.
fn wifi_services(facts: &mut Facts) {
    break_(facts, &SILENT, |tried| of_service(tried) && !tried.from.is_pod);
}

fn not_ready(facts: &mut Facts) {
    let why = "Network plugin returns error: cni plugin not initialized";
    objects_of(facts).nodes[1].ready = Ready::No(Untrusted::new(why));
    let (node, by) = ("pi2".to_owned(), "the node's condition".to_owned());
    facts.texts.push(Written { node, by, text: why.to_owned() });
    untried(facts);
}

fn removed_plugin(facts: &mut Facts) {
    not_ready(facts);
    look_of(facts, 2).cni_files.clear();
}

fn unread_plugin(facts: &mut Facts) {
    not_ready(facts);
}

fn lost_node(facts: &mut Facts) {
    objects_of(facts).nodes[1].ready = Ready::Unknown;
    untried(facts);
    break_(facts, &SILENT, |tried| {
        tried.from.node == "pi2" && matches!(tried.to, Target::Api { .. })
    });
}

fn pods_on_wifi(facts: &mut Facts) {
    objects_of(facts).networks.pods.push("172.20.0.0/16".parse().unwrap());
}

fn wifi_flannel(facts: &mut Facts) {
    for (at, node) in objects_of(facts).nodes.iter_mut().enumerate() {
        node.flannel_ip = Some(ip(&format!("172.20.5.{}", at + 1)));
    }
    break_(facts, &SILENT, crosses);
}

fn no_routes(facts: &mut Facts) {
    snapshot_of(facts, 2).routes.truncate(1);
    break_(facts, &SILENT, crosses);
}

fn no_flannel(facts: &mut Facts) {
    no_routes(facts);
    snapshot_of(facts, 2).links.retain(|link| link.name.as_str() != "flannel.1");
    look_of(facts, 2).programs.remove("flanneld");
}

fn no_cidr(facts: &mut Facts) {
    objects_of(facts).nodes[1].pod_cidrs.clear();
    break_(facts, &SILENT, crosses);
}

fn old_bridge(facts: &mut Facts) {
    objects_of(facts).nodes[1].pod_cidrs = vec!["10.244.7.0/24".parse().unwrap()];
    let routes = &mut snapshot_of(facts, 1).routes;
    routes[1].destination = "10.244.7.0/24".parse().unwrap();
    break_(facts, &SILENT, |tried| {
        crosses(tried) || matches!(&tried.to, Target::Pod { node, .. } if node == "pi2")
    });
}

fn vxlan(facts: &mut Facts) {
    break_(facts, &SILENT, crosses);
}

fn forward_drop(facts: &mut Facts) {
    look_of(facts, 2).forward_drops = vec![ForwardDrop {
        table: Untrusted::new("inet hostfw"),
        chain: Untrusted::new("forward"),
        accepts: Vec::new(),
    }];
    stuck(facts);
}

/// Nothing that pi2 would have to forward gets through.
fn stuck(facts: &mut Facts) {
    break_(facts, &SILENT, |tried| {
        (tried.from.node == "pi2" && tried.from.is_pod)
            || matches!(&tried.to, Target::Pod { node, .. } if node == "pi2" && tried.from.node == "pi1")
    });
}

fn forward_off(facts: &mut Facts) {
    snapshot_of(facts, 2).forwarding.ipv4 = Some(false);
    stuck(facts);
}

fn hole(facts: &mut Facts) {
    break_(facts, &Outcome::LargeLost { mtu: 1500 }, |tried| {
        matches!(tried.to, Target::Sizes { .. })
    });
    break_(facts, &Outcome::Stalls { bytes: 0 }, |tried| {
        tried.from.node == "pi2" && matches!(tried.to, Target::Api { .. })
            || matches!(tried.to, Target::Pod { bytes: MANY, .. })
    });
}

fn pod_hole(facts: &mut Facts) {
    let links = &mut snapshot_of(facts, 1).links;
    links.iter_mut().find(|link| link.name.as_str() == "flannel.1").unwrap().mtu = 1480;
    break_(
        facts,
        &Outcome::Stalls { bytes: 0 },
        |tried| matches!(&tried.to, Target::Pod { node, bytes: MANY, .. } if node == "pi1"),
    );
}

fn kubelet_port(facts: &mut Facts) {
    break_(facts, &SILENT, |tried| is_kubelet_of(tried, "pi2"));
}

fn kubelet_gone(facts: &mut Facts) {
    look_of(facts, 2).programs.remove("kubelet");
    break_(facts, &Outcome::Refused, |tried| is_kubelet_of(tried, "pi2"));
}

fn wifi_api(facts: &mut Facts) {
    objects_of(facts).slices[0].ready = vec![ip("172.20.5.1")];
    retry(facts);
    break_(facts, &Outcome::NoNeighbour, |tried| {
        let is_there = match tried.to {
            Target::Api { at, by } => by == Way::Service || at.ip() == ip("172.20.5.1"),
            _ => false,
        };
        tried.from.node == "pi2" && is_there
    });
}

fn of_service(tried: &Tried) -> bool {
    tried.from.node == "pi2"
        && matches!(
            tried.to,
            Target::Api { by: Way::Service, .. }
                | Target::Service { .. }
                | Target::Dns { pod_on: None, .. }
        )
}

fn no_service_route(facts: &mut Facts) {
    snapshot_of(facts, 2).routes.remove(0);
    break_(facts, &Outcome::NoRoute, |tried| of_service(tried) && !tried.from.is_pod);
}

fn no_proxy(facts: &mut Facts) {
    look_of(facts, 2).programs.remove("kube-proxy");
    break_(facts, &SILENT, of_service);
}

fn lost_proxy(facts: &mut Facts) {
    no_proxy(facts);
    let server = Some(Untrusted::new("172.20.5.1:6443"));
    objects_of(facts).proxy = Some(ProxySettings { server });
    retry(facts);
    break_(facts, &SILENT, |tried| {
        let is_proxys = matches!(tried.to, Target::Api { by: Way::Proxy, .. });
        of_service(tried) || (is_proxys && tried.from.node == "pi2")
    });
}

fn no_dns(facts: &mut Facts) {
    let objects = objects_of(facts);
    objects.pods[0].is_ready = false;
    objects.slices[1].ready.clear();
    retry(facts);
    break_(facts, &Outcome::Refused, |tried| matches!(tried.to, Target::Dns { .. }));
}

fn no_plugin(facts: &mut Facts) {
    let why = "container runtime network not ready: NetworkReady=false \
               reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not \
               initialized";
    for node in &mut objects_of(facts).nodes {
        node.flannel_ip = None;
    }
    objects_of(facts).nodes[1].ready = Ready::No(Untrusted::new(why));
    for at in [1, 2] {
        look_of(facts, at).programs.remove("flanneld");
    }
    look_of(facts, 2).cni_files.clear();
    let (node, by) = ("pi2".to_owned(), "the node's condition".to_owned());
    facts.texts.push(Written { node, by, text: why.to_owned() });
    facts.tried.retain(|tried| tried.from.node != "pi2" || !tried.from.is_pod);
}

fn silent_node(facts: &mut Facts) {
    objects_of(facts).nodes[1].ready = Ready::Unknown;
    kubelet_gone(facts);
}

fn dead_server(facts: &mut Facts) {
    facts.objects = Err(Untrusted::new("The connection to the server 10.0.0.1:6443 was refused"));
    facts.tried.clear();
    look_of(facts, 1).programs.remove("kube-apiserver");
}

fn services_on_wifi(facts: &mut Facts) {
    objects_of(facts).networks.services = vec!["172.20.0.0/16".parse().unwrap()];
}

/// What no rule knows is said, and no cause is made up for it.
fn unknown(facts: &mut Facts) {
    break_(facts, &Outcome::Wrong(Untrusted::new("I am a teapot")), |tried| {
        tried.from.node == "pi2"
            && !tried.from.is_pod
            && matches!(tried.to, Target::Api { by: Way::Kubelet, .. })
    });
}

/// That nothing failed because nothing was tried is no good news.
fn untried(facts: &mut Facts) {
    facts.tried.retain(|tried| tried.from.node != "pi2" || !tried.from.is_pod);
}

fn broken_off(facts: &mut Facts) {
    break_(facts, &Outcome::Untried(Untrusted::new("the connection ended")), |tried| {
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
    let codes: Vec<Code> = accused(&facts).into_iter().flat_map(|(causes, ..)| causes).collect();
    assert_eq!(codes, [code::FIREWALL_DROP, code::FLANNEL_ON_UNREACHABLE_LINK]);
}
