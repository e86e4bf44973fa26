//! A cluster that works, broken in one way each.

use pontoon_model::untrusted::Untrusted;

use super::cluster::{
    SILENT, break_, crosses, ip, is_kubelet_of, look_of, objects_of, retry, snapshot_of,
};
use crate::cluster_facts::{ClusterFacts, CollectedText};
use crate::connectivity_test::{
    ApiAddressSource, ConnectivityOutcome, ConnectivityTarget, ConnectivityTest,
    LARGE_TRANSFER_BYTES,
};
use crate::node_state::ForwardDrop;
use crate::objects::{KubeProxySettings, NodeReadiness};

pub(super) fn wifi_node_ip(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].internal_ips = vec![ip("172.20.5.2")];
    retry(facts);
    break_(facts, &ConnectivityOutcome::NoNeighbour, |tried| is_kubelet_of(tried, "pi2"));
}

pub(super) fn no_node_ip(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].internal_ips.clear();
    retry(facts);
    break_(
        facts,
        &ConnectivityOutcome::Wrong(Untrusted::new("no preferred addresses found")),
        |tried| matches!(&tried.to, ConnectivityTarget::KubeletByApi { node } if node == "pi2"),
    );
}

pub(super) fn foreign_node_ip(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].internal_ips = vec![ip("10.0.0.77")];
    retry(facts);
    break_(facts, &ConnectivityOutcome::NoNeighbour, |tried| is_kubelet_of(tried, "pi2"));
}

pub(super) fn twins(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].internal_ips = vec![ip("10.0.0.1")];
}

pub(super) fn nodes_in_services(facts: &mut ClusterFacts) {
    objects_of(facts).networks.services = vec!["10.0.0.0/31".parse().unwrap()];
    for at in [1, 2] {
        snapshot_of(facts, at).links.retain(|link| link.name.as_str() != "eth0");
    }
    look_of(facts, 2).addresses.remove(&ip("10.0.0.2"));
    facts.record.facts.hosts.clear();
}

pub(super) fn foreign_flannel(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].flannel_ip = Some(ip("10.77.0.2"));
    break_(facts, &SILENT, crosses);
}

pub(super) fn other_network(facts: &mut ClusterFacts) {
    let objects = objects_of(facts);
    objects.flannel_network = Some("10.244.0.0/24".parse().unwrap());
    break_(facts, &SILENT, crosses);
}

pub(super) fn kubelet_rejected(facts: &mut ClusterFacts) {
    break_(facts, &ConnectivityOutcome::Prohibited, |tried| is_kubelet_of(tried, "pi2"));
}

pub(super) fn no_runtime(facts: &mut ClusterFacts) {
    look_of(facts, 2).programs.remove("containerd");
}

/// Services are routed by the WiFi, and what comes back gets lost there.
pub(super) fn wifi_services(facts: &mut ClusterFacts) {
    break_(facts, &SILENT, |tried| of_service(tried) && !tried.from.is_pod);
}

pub(super) fn not_ready(facts: &mut ClusterFacts) {
    let why = "Network plugin returns error: cni plugin not initialized";
    objects_of(facts).nodes[1].ready = NodeReadiness::No(Untrusted::new(why));
    let (node, by) = ("pi2".to_owned(), "the node's condition".to_owned());
    facts.texts.push(CollectedText { node, source: by, text: why.to_owned() });
    untried(facts);
}

pub(super) fn removed_plugin(facts: &mut ClusterFacts) {
    not_ready(facts);
    look_of(facts, 2).cni_files.clear();
}

pub(super) fn unread_plugin(facts: &mut ClusterFacts) {
    not_ready(facts);
}

pub(super) fn lost_node(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].ready = NodeReadiness::Unknown;
    untried(facts);
    break_(facts, &SILENT, |tried| {
        tried.from.node == "pi2" && matches!(tried.to, ConnectivityTarget::Api { .. })
    });
}

pub(super) fn pods_on_wifi(facts: &mut ClusterFacts) {
    objects_of(facts).networks.pods.push("172.20.0.0/16".parse().unwrap());
}

pub(super) fn wifi_flannel(facts: &mut ClusterFacts) {
    for (at, node) in objects_of(facts).nodes.iter_mut().enumerate() {
        node.flannel_ip = Some(ip(&format!("172.20.5.{}", at + 1)));
    }
    break_(facts, &SILENT, crosses);
}

pub(super) fn no_routes(facts: &mut ClusterFacts) {
    snapshot_of(facts, 2).routes.truncate(1);
    break_(facts, &SILENT, crosses);
}

pub(super) fn no_flannel(facts: &mut ClusterFacts) {
    no_routes(facts);
    snapshot_of(facts, 2).links.retain(|link| link.name.as_str() != "flannel.1");
    look_of(facts, 2).programs.remove("flanneld");
}

pub(super) fn no_cidr(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].pod_cidrs.clear();
    break_(facts, &SILENT, crosses);
}

pub(super) fn old_bridge(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].pod_cidrs = vec!["10.244.7.0/24".parse().unwrap()];
    let routes = &mut snapshot_of(facts, 1).routes;
    routes[1].destination = "10.244.7.0/24".parse().unwrap();
    break_(facts, &SILENT, |tried| {
        crosses(tried) || matches!(&tried.to, ConnectivityTarget::Pod { node, .. } if node == "pi2")
    });
}

pub(super) fn vxlan(facts: &mut ClusterFacts) {
    break_(facts, &SILENT, crosses);
}

pub(super) fn forward_drop(facts: &mut ClusterFacts) {
    look_of(facts, 2).forward_drops = vec![ForwardDrop {
        table: Untrusted::new("inet hostfw"),
        chain: Untrusted::new("forward"),
        accepts: Vec::new(),
    }];
    stuck(facts);
}

/// Nothing that pi2 would have to forward gets through.
pub(super) fn stuck(facts: &mut ClusterFacts) {
    break_(facts, &SILENT, |tried| {
        (tried.from.node == "pi2" && tried.from.is_pod)
            || matches!(&tried.to, ConnectivityTarget::Pod { node, .. } if node == "pi2" && tried.from.node == "pi1")
    });
}

pub(super) fn forward_off(facts: &mut ClusterFacts) {
    snapshot_of(facts, 2).forwarding.ipv4 = Some(false);
    stuck(facts);
}

pub(super) fn hole(facts: &mut ClusterFacts) {
    break_(facts, &ConnectivityOutcome::LargeLost { mtu: 1500 }, |tried| {
        matches!(tried.to, ConnectivityTarget::Sizes { .. })
    });
    break_(facts, &ConnectivityOutcome::Stalls { bytes: 0 }, |tried| {
        tried.from.node == "pi2" && matches!(tried.to, ConnectivityTarget::Api { .. })
            || matches!(tried.to, ConnectivityTarget::Pod { bytes: LARGE_TRANSFER_BYTES, .. })
    });
}

pub(super) fn pod_hole(facts: &mut ClusterFacts) {
    let links = &mut snapshot_of(facts, 1).links;
    links.iter_mut().find(|link| link.name.as_str() == "flannel.1").unwrap().mtu = 1480;
    break_(
        facts,
        &ConnectivityOutcome::Stalls { bytes: 0 },
        |tried| matches!(&tried.to, ConnectivityTarget::Pod { node, bytes: LARGE_TRANSFER_BYTES, .. } if node == "pi1"),
    );
}

pub(super) fn kubelet_port(facts: &mut ClusterFacts) {
    break_(facts, &SILENT, |tried| is_kubelet_of(tried, "pi2"));
}

pub(super) fn kubelet_gone(facts: &mut ClusterFacts) {
    look_of(facts, 2).programs.remove("kubelet");
    break_(facts, &ConnectivityOutcome::Refused, |tried| is_kubelet_of(tried, "pi2"));
}

pub(super) fn wifi_api(facts: &mut ClusterFacts) {
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

pub(super) fn of_service(tried: &ConnectivityTest) -> bool {
    tried.from.node == "pi2"
        && matches!(
            tried.to,
            ConnectivityTarget::Api { by: ApiAddressSource::Service, .. }
                | ConnectivityTarget::Service { .. }
                | ConnectivityTarget::Dns { pod_on: None, .. }
        )
}

pub(super) fn no_service_route(facts: &mut ClusterFacts) {
    snapshot_of(facts, 2).routes.remove(0);
    break_(facts, &ConnectivityOutcome::NoRoute, |tried| of_service(tried) && !tried.from.is_pod);
}

pub(super) fn no_proxy(facts: &mut ClusterFacts) {
    look_of(facts, 2).programs.remove("kube-proxy");
    break_(facts, &SILENT, of_service);
}

pub(super) fn lost_proxy(facts: &mut ClusterFacts) {
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

pub(super) fn no_dns(facts: &mut ClusterFacts) {
    let objects = objects_of(facts);
    objects.pods[0].is_ready = false;
    objects.slices[1].ready.clear();
    retry(facts);
    break_(facts, &ConnectivityOutcome::Refused, |tried| {
        matches!(tried.to, ConnectivityTarget::Dns { .. })
    });
}

pub(super) fn no_plugin(facts: &mut ClusterFacts) {
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

pub(super) fn silent_node(facts: &mut ClusterFacts) {
    objects_of(facts).nodes[1].ready = NodeReadiness::Unknown;
    kubelet_gone(facts);
}

pub(super) fn dead_server(facts: &mut ClusterFacts) {
    facts.objects = Err(Untrusted::new("The connection to the server 10.0.0.1:6443 was refused"));
    facts.connectivity_tests.clear();
    look_of(facts, 1).programs.remove("kube-apiserver");
}

pub(super) fn services_on_wifi(facts: &mut ClusterFacts) {
    objects_of(facts).networks.services = vec!["172.20.0.0/16".parse().unwrap()];
}

/// What no rule knows is said, and no cause is made up for it.
pub(super) fn unknown(facts: &mut ClusterFacts) {
    break_(facts, &ConnectivityOutcome::Wrong(Untrusted::new("I am a teapot")), |tried| {
        tried.from.node == "pi2"
            && !tried.from.is_pod
            && matches!(tried.to, ConnectivityTarget::Api { by: ApiAddressSource::Kubelet, .. })
    });
}

/// That nothing failed because nothing was tried is no good news.
pub(super) fn untried(facts: &mut ClusterFacts) {
    facts.connectivity_tests.retain(|tried| tried.from.node != "pi2" || !tried.from.is_pod);
}

pub(super) fn broken_off(facts: &mut ClusterFacts) {
    break_(facts, &ConnectivityOutcome::Untried(Untrusted::new("the connection ended")), |tried| {
        tried.from.node == "pi2"
    });
}
