//! Faults of a cluster, each of which changes what is so and not what is seen of it.

use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;

use crate::objects::Pod;
use crate::tests::twin::cluster::ClusterTwin;
use crate::tests::twin::node::{FilterAction, NODES, ip, network};
use crate::tests::twin::{add_host_firewall, drop_by_policy, flush_flannel};

pub(super) fn node_ip_on_wifi(twin: &mut ClusterTwin) {
    twin.node(3).object.internal_ips = vec![ip("172.20.5.3")];
}

pub(super) fn no_node_ip(twin: &mut ClusterTwin) {
    twin.node(3).object.internal_ips.clear();
}

pub(super) fn foreign_node_ip(twin: &mut ClusterTwin) {
    twin.node(3).object.internal_ips = vec![ip("10.0.0.77")];
}

pub(super) fn node_ip_of_another(twin: &mut ClusterTwin) {
    twin.node(3).object.internal_ips = vec![ip("10.0.0.2")];
}

pub(super) fn kubelet_port_dropped(twin: &mut ClusterTwin) {
    twin.node(3).inbound.insert(10250, FilterAction::Drop);
}

pub(super) fn kubelet_port_prohibited(twin: &mut ClusterTwin) {
    twin.node(3).inbound.insert(10250, FilterAction::Prohibit);
}

pub(super) fn kubelet_port_refused(twin: &mut ClusterTwin) {
    twin.node(3).inbound.insert(10250, FilterAction::Refuse);
}

pub(super) fn kubelet_stopped(twin: &mut ClusterTwin) {
    twin.node(3).stop("kubelet");
}

pub(super) fn kubelet_certificate(twin: &mut ClusterTwin) {
    let why = "Error from server: tls: failed to verify certificate: x509: certificate is valid \
               for 10.0.0.33, not 10.0.0.3";
    twin.kubelet_error = Some((3, Untrusted::new(why)));
}

pub(super) fn nodes_in_service_range(twin: &mut ClusterTwin) {
    twin.set_services("10.0.0.0/12");
}

pub(super) fn services_on_wifi(twin: &mut ClusterTwin) {
    twin.set_services("172.20.0.0/16");
}

pub(super) fn pods_on_wifi(twin: &mut ClusterTwin) {
    twin.networks.pods.push(network("172.20.0.0/16"));
}

pub(super) fn advertised_on_wifi(twin: &mut ClusterTwin) {
    twin.advertised = ip("172.20.5.1");
}

pub(super) fn control_plane_without_runtime(twin: &mut ClusterTwin) {
    twin.node(1).stop("containerd");
}

pub(super) fn control_plane_without_kubelet(twin: &mut ClusterTwin) {
    twin.node(1).stop("kubelet");
    twin.node(1).stop("kube-apiserver");
}

/// An API server without its etcd ends within seconds.
pub(super) fn no_etcd(twin: &mut ClusterTwin) {
    twin.node(1).stop("etcd");
    twin.node(1).stop("kube-apiserver");
}

pub(super) fn no_api_server(twin: &mut ClusterTwin) {
    twin.node(1).stop("kube-apiserver");
}

pub(super) fn api_certificate_expired(twin: &mut ClusterTwin) {
    let why = "Unable to connect to the server: tls: failed to verify certificate: x509: \
               certificate has expired or is not yet valid";
    twin.api_error = Some(Untrusted::new(why));
}

pub(super) fn dns_not_ready(twin: &mut ClusterTwin) {
    twin.has_dns = false;
}

pub(super) fn dns_without_answer(twin: &mut ClusterTwin) {
    twin.dns_error = Some(Untrusted::new("Non-Existent Domain"));
}

pub(super) fn forwarding_off(twin: &mut ClusterTwin) {
    twin.node(3).snapshot.forwarding.ipv4 = Some(false);
}

pub(super) fn host_firewall(twin: &mut ClusterTwin) {
    add_host_firewall(&mut twin.node(3).ruleset);
}

pub(super) fn host_firewall_unseen(twin: &mut ClusterTwin) {
    host_firewall(twin);
    twin.node(3).state.sees_rules = false;
}

/// Docker, started after flannel.
pub(super) fn docker_after_flannel(twin: &mut ClusterTwin) {
    drop_by_policy(&mut twin.node(3).ruleset);
    flush_flannel(&mut twin.node(3).ruleset);
}

/// Docker, and flannel after it: its accepts let pods pass.
pub(super) fn docker_before_flannel(twin: &mut ClusterTwin) {
    drop_by_policy(&mut twin.node(3).ruleset);
}

pub(super) fn foreign_flannel_ip(twin: &mut ClusterTwin) {
    twin.node(3).object.flannel_ip = Some(ip("10.77.0.3"));
}

pub(super) fn flannel_on_wifi(twin: &mut ClusterTwin) {
    for number in 1..=NODES {
        twin.node(number).object.flannel_ip = Some(ip(&format!("172.20.5.{number}")));
    }
}

pub(super) fn no_flannel_routes(twin: &mut ClusterTwin) {
    twin.node(3).snapshot.routes.truncate(1);
}

pub(super) fn flannel_never_ran(twin: &mut ClusterTwin) {
    twin.node(3).stop("flanneld");
    twin.node(3).remove_link("flannel.1");
}

pub(super) fn flannel_died(twin: &mut ClusterTwin) {
    twin.node(3).stop("flanneld");
}

pub(super) fn no_pod_network(twin: &mut ClusterTwin) {
    twin.node(3).object.pod_cidrs.clear();
    twin.node(3).remove_link("flannel.1");
    for number in [1, 2] {
        route_pods_of_3(twin, number, None);
    }
}

/// flannel's file names the network of another node.
pub(super) fn subnet_of_another(twin: &mut ClusterTwin) {
    twin.node(3).state.flannel_subnet = Some(network("10.244.1.1/24"));
}

/// The address of the control plane is taken away, and its API server does not live long without.
pub(super) fn address_gone(twin: &mut ClusterTwin) {
    twin.node(1).link_mut("eth0").addresses.clear();
    twin.node(1).state.addresses.remove(&ip("10.0.0.1"));
}

pub(super) fn address_gone_for_long(twin: &mut ClusterTwin) {
    address_gone(twin);
    no_etcd(twin);
}

/// The second pod of CoreDNS, which everything works without.
fn second_dns_pod(twin: &mut ClusterTwin) -> Pod {
    let first = twin.objects().pods.remove(0);
    Pod {
        name: "coredns-b".to_owned(),
        node: Some("pi2".to_owned()),
        address: None,
        is_ready: false,
        ..first
    }
}

pub(super) fn one_dns_pod_not_ready(twin: &mut ClusterTwin) {
    let pod = second_dns_pod(twin);
    twin.more_pods.push(pod);
}

pub(super) fn corefile_rejected(twin: &mut ClusterTwin) {
    let waits = Some(Untrusted::new("CrashLoopBackOff back-off 5m0s restarting failed container"));
    let pod = Pod { waits: waits.clone(), ..second_dns_pod(twin) };
    twin.more_pods.push(pod);
    (twin.has_dns, twin.dns_waits) = (false, waits);
    twin.pod_log =
        "/etc/coredns/Corefile:5 - Error during parsing: Unknown directive 'forwrad'\n".to_owned();
}

/// The node joined anew, and got another network.
pub(super) fn stale_bridge(twin: &mut ClusterTwin) {
    twin.node(3).object.pod_cidrs = vec![network("10.244.7.0/24")];
    twin.node(3).state.flannel_subnet = Some(network("10.244.7.1/24"));
    twin.node(3).link_mut("flannel.1").addresses[0].prefix = network("10.244.7.0/32");
    for number in [1, 2] {
        route_pods_of_3(twin, number, Some(network("10.244.7.0/24")));
    }
}

/// Changes a node's route to the pods of `pi3`, or removes it.
fn route_pods_of_3(twin: &mut ClusterTwin, number: u8, to: Option<Prefix>) {
    let routes = &mut twin.node(number).snapshot.routes;
    let own = network("10.244.2.0/24");
    match to {
        Some(to) => {
            let route = routes.iter_mut().find(|route| route.destination == own).unwrap();
            (route.destination, route.gateway) = (to, Some(to.address));
        }
        None => routes.retain(|route| route.destination != own),
    }
}

pub(super) fn vxlan_dropped(twin: &mut ClusterTwin) {
    twin.drops_vxlan = true;
}

/// flannel gives up where its network is not that of the nodes.
pub(super) fn other_flannel_network(twin: &mut ClusterTwin) {
    twin.flannel_network = Some(network("10.9.0.0/16"));
    for number in 1..=NODES {
        twin.node(number).remove_link("flannel.1");
    }
}

pub(super) fn small_path_mtu(twin: &mut ClusterTwin) {
    twin.node(3).path_mtu = 1400;
}

pub(super) fn large_overlay_mtu(twin: &mut ClusterTwin) {
    for number in 1..=NODES {
        twin.node(number).link_mut("flannel.1").mtu = 1480;
        twin.node(number).link_mut("cni0").mtu = 1480;
    }
}

pub(super) fn kube_proxy_stopped(twin: &mut ClusterTwin) {
    twin.node(3).stop("kube-proxy");
}

/// kube-proxy's `DaemonSet` is for other nodes.
pub(super) fn kube_proxy_selects_others(twin: &mut ClusterTwin) {
    twin.proxy_selector = [("host".to_owned(), "pi1".to_owned())].into();
    for number in [2, 3] {
        twin.node(number).stop("kube-proxy");
    }
}

pub(super) fn kube_proxy_asks_wifi(twin: &mut ClusterTwin) {
    twin.proxy_server = "172.20.5.1:6443".to_owned();
    for number in [2, 3] {
        twin.node(number).has_service_rules = false;
    }
}

pub(super) fn no_default_route(twin: &mut ClusterTwin) {
    twin.node(3).snapshot.routes.remove(0);
}

pub(super) fn services_not_masqueraded(twin: &mut ClusterTwin) {
    twin.node(3).masquerades = false;
}

pub(super) fn services_dropped_for_pods(twin: &mut ClusterTwin) {
    twin.node(3).drops_services_of_pods = true;
}

/// A rule of the node's own drops what pods send to the API server's Service.
pub(super) fn api_service_dropped_for_pods(twin: &mut ClusterTwin) {
    twin.node(3).dropped_service = Some(ip("10.96.0.1"));
}

pub(super) fn services_refused(twin: &mut ClusterTwin) {
    twin.node(3).refuses_services = true;
}

pub(super) fn test_service_dropped_for_pods(twin: &mut ClusterTwin) {
    twin.node(3).dropped_service = Some(ip("10.96.7.7"));
}
