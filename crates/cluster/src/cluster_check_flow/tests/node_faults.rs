//! Faults of nodes: they are not ready, cut off, or short of something.

use pontoon_model::untrusted::Untrusted;

use super::faults::{kubelet_stopped, no_default_route, small_path_mtu};
use crate::objects::{NodePressure, NodeReadiness};
use crate::tests::twin::cluster::ClusterTwin;
use crate::tests::twin::node::{FilterAction, NODES, network};

/// What kubelet says without a network plug-in.
const NO_PLUGIN: &str = "container runtime network not ready: NetworkReady=false \
                         reason:NetworkPluginNotReady message:Network plugin returns error: cni \
                         plugin not initialized";

const KUBELET_ENDS: &str = "E1201 10:00:00.000000     811 bootstrap.go:266] part of the existing \
    bootstrap client certificate in /etc/kubernetes/kubelet.conf is expired: 2026-11-30 00:00:00 \
    +0000 UTC\nE1201 10:00:00.000000     811 run.go:72] \"command failed\" err=\"failed to run \
    Kubelet: unable to load bootstrap kubeconfig: stat /etc/kubernetes/bootstrap-kubelet.conf: no \
    such file or directory\"\n";

/// The cable is out of a worker.
pub(super) fn cable_out(twin: &mut ClusterTwin) {
    lost(twin);
    twin.node(3).link_mut("eth0").has_carrier = false;
}

/// The same before anybody noticed that the node is lost.
pub(super) fn link_switched_off(twin: &mut ClusterTwin) {
    let link = twin.node(3).link_mut("eth0");
    (link.is_up, link.has_carrier) = (false, false);
}

pub(super) fn cable_out_of_control_plane(twin: &mut ClusterTwin) {
    for number in 2..=NODES {
        twin.node(number).object.ready = NodeReadiness::Unknown;
    }
    twin.node(1).link_mut("eth0").has_carrier = false;
}

fn short_of(twin: &mut ClusterTwin, condition: &str) {
    let (condition, message) = (condition.to_owned(), Untrusted::new("kubelet has disk pressure"));
    twin.node(3).object.pressures = vec![NodePressure { condition, message }];
}

pub(super) fn disk_full(twin: &mut ClusterTwin) {
    short_of(twin, "DiskPressure");
}

/// kubelet rejects pods on such a node.
pub(super) fn memory_short(twin: &mut ClusterTwin) {
    short_of(twin, "MemoryPressure");
    twin.node(3).pod_address_after = std::time::Duration::from_secs(100_000);
}

/// kubelet's client certificate expired, and it ends again and again.
pub(super) fn kubelet_certificate_expired(twin: &mut ClusterTwin) {
    kubelet_long_stopped(twin);
    twin.node(3).kubelet_log = KUBELET_ENDS.to_owned();
}

/// The same in its log, and then somebody stopped it.
pub(super) fn kubelet_stopped_by_hand(twin: &mut ClusterTwin) {
    kubelet_long_stopped(twin);
    twin.node(3).kubelet_log = format!("{KUBELET_ENDS}Stopping kubelet.service - kubelet\n");
}

pub(super) fn runtime_stopped(twin: &mut ClusterTwin) {
    twin.node(3).stop("containerd");
}

fn not_ready(twin: &mut ClusterTwin) {
    twin.node(3).object.ready = NodeReadiness::No(Untrusted::new(NO_PLUGIN));
}

fn without_flannel(twin: &mut ClusterTwin) {
    twin.flannel_network = None;
    for number in 1..=NODES {
        twin.node(number).object.flannel_ip = None;
        twin.node(number).stop("flanneld");
        twin.node(number).state.cni_files.clear();
    }
}

/// As kubeadm leaves a cluster: no node is ready, and CoreDNS has no network.
pub(super) fn plugin_not_installed(twin: &mut ClusterTwin) {
    without_flannel(twin);
    for node in &mut twin.nodes {
        node.object.ready = NodeReadiness::No(Untrusted::new(NO_PLUGIN));
    }
    twin.has_dns = false;
}

pub(super) fn plugin_removed(twin: &mut ClusterTwin) {
    not_ready(twin);
    twin.node(3).state.cni_files.clear();
}

pub(super) fn plugin_not_read(twin: &mut ClusterTwin) {
    not_ready(twin);
}

pub(super) fn plugin_without_pod_network(twin: &mut ClusterTwin) {
    plugin_removed(twin);
    twin.node(3).object.pod_cidrs.clear();
}

pub(super) fn plugin_not_running(twin: &mut ClusterTwin) {
    plugin_removed(twin);
    twin.node(3).stop("flanneld");
}

/// Calico runs on the other nodes, and not here.
pub(super) fn calico_elsewhere(twin: &mut ClusterTwin) {
    without_flannel(twin);
    not_ready(twin);
    for number in [1, 2] {
        twin.node(number).state.programs.insert("calico-node".to_owned());
        twin.node(number).state.cni_files.push(Untrusted::new("10-calico.conflist"));
    }
}

fn lost(twin: &mut ClusterTwin) {
    twin.node(3).object.ready = NodeReadiness::Unknown;
}

pub(super) fn host_off(twin: &mut ClusterTwin) {
    lost(twin);
    twin.unreached.insert(3);
    twin.apart.insert((3, "eth0"));
}

pub(super) fn kubelet_long_stopped(twin: &mut ClusterTwin) {
    lost(twin);
    kubelet_stopped(twin);
}

/// Neither a default route nor an address with a network.
pub(super) fn no_route(twin: &mut ClusterTwin) {
    lost(twin);
    no_default_route(twin);
    twin.node(3).link_mut("eth0").addresses[0].prefix = network("10.0.0.3/32");
}

pub(super) fn api_port_dropped(twin: &mut ClusterTwin) {
    lost(twin);
    twin.node(3).outbound.insert(6443, FilterAction::Drop);
}

pub(super) fn api_port_prohibited(twin: &mut ClusterTwin) {
    lost(twin);
    twin.node(3).outbound.insert(6443, FilterAction::Prohibit);
}

pub(super) fn kubelet_asks_wrong_port(twin: &mut ClusterTwin) {
    lost(twin);
    twin.node(3).state.kubelet_server = Some(Untrusted::new("10.0.0.1:6444"));
}

/// Large packets are lost, and no host answers an echo that would show it.
pub(super) fn small_path_mtu_unseen(twin: &mut ClusterTwin) {
    lost(twin);
    small_path_mtu(twin);
    twin.nodes.iter_mut().for_each(|node| node.answers_echo = false);
}

pub(super) fn kubelet_hangs(twin: &mut ClusterTwin) {
    lost(twin);
}
