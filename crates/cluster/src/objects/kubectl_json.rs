//! Reads what `kubectl get -o json` writes (k8s.io/api/core/v1, k8s.io/api/discovery/v1).

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::untrusted::Untrusted;
use serde::Deserialize;
use serde_json::Value;

use super::{
    ClusterNode, ClusterObjects, ClusterService, EndpointSlice, NodePressure, NodeReadiness, Pod,
    config_maps,
};
use crate::timestamp::unix_s;

/// The text is no list of objects.
#[derive(Debug, thiserror::Error)]
#[error("kubectl did not write a list of objects")]
pub struct ObjectListError(#[from] serde_json::Error);

/// Labels that are kept: what says which part of the cluster a pod is.
const LABELS: [&str; 4] = ["k8s-app", "app", "component", super::OWN_LABEL.0];

/// Takes the objects of a list of several kinds; those of other kinds are left out.
///
/// # Errors
///
/// [`ObjectListError`]. An object that is not as it should be is left out.
pub fn read(text: &str, objects: &mut ClusterObjects) -> Result<(), ObjectListError> {
    #[derive(Deserialize)]
    struct RawObjectList {
        items: Vec<Value>,
    }
    let list: RawObjectList = serde_json::from_str(text)?;
    for item in list.items {
        let kind = item.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind.as_str() {
            "Node" => objects.nodes.extend(of(item).map(node)),
            "Pod" => objects.pods.extend(of(item).map(pod)),
            "Service" => objects.services.extend(of(item).map(service)),
            "EndpointSlice" => objects.slices.extend(of(item).map(slice)),
            "ConfigMap" => {
                if let Some(RawConfigMap { metadata, data }) = of(item) {
                    config_maps::take(objects, (&metadata.namespace, &metadata.name), &data);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn of<T: for<'a> Deserialize<'a>>(item: Value) -> Option<T> {
    serde_json::from_value(item).ok()
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ObjectMeta {
    name: String,
    namespace: String,
    uid: String,
    creation_timestamp: String,
    deletion_timestamp: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawConfigMap {
    metadata: ObjectMeta,
    #[serde(default)]
    data: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawNode {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: RawNodeSpec,
    #[serde(default)]
    status: RawNodeStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawNodeSpec {
    #[serde(rename = "podCIDRs")]
    pod_cidrs: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawNodeStatus {
    addresses: Vec<RawNodeAddress>,
    conditions: Vec<RawCondition>,
    images: Vec<RawContainerImage>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawNodeAddress {
    r#type: String,
    address: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawCondition {
    r#type: String,
    status: String,
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawContainerImage {
    names: Vec<String>,
}

/// How many pause images of a node are kept: a control plane has one or two.
const PAUSE_IMAGES_MAX: usize = 16;

/// Whether the last part of an image's name says that it is a pause image; whose image it is, is
/// another question.
fn is_pause_image(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    last.starts_with("pause:") || last.starts_with("mirrored-pause:")
}

/// What a node can be short of (kubernetes.io: Node-pressure Eviction).
const PRESSURES: [&str; 3] = ["DiskPressure", "MemoryPressure", "PIDPressure"];

fn pressure(condition: &RawCondition) -> Option<NodePressure> {
    let is_short = PRESSURES.contains(&condition.r#type.as_str()) && condition.status == "True";
    is_short.then(|| NodePressure {
        condition: condition.r#type.clone(),
        message: Untrusted::new(&condition.message),
    })
}

const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";
/// github.com/flannel-io/flannel pkg/subnet/kube/annotations.go.
const FLANNEL_IP: &str = "flannel.alpha.coreos.com/public-ip";

fn node(raw: RawNode) -> ClusterNode {
    let RawNode { metadata, spec, status } = raw;
    let condition = status.conditions.iter().find(|condition| condition.r#type == "Ready");
    let internal = status.addresses.iter().filter(|address| address.r#type == "InternalIP");
    let images = status.images.into_iter().flat_map(|image| image.names);
    ClusterNode {
        internal_ips: internal.filter_map(|address| address.address.parse().ok()).collect(),
        ready: match condition.map(|condition| (condition.status.as_str(), &condition.message)) {
            Some(("True", _)) => NodeReadiness::Yes,
            Some(("False", message)) => NodeReadiness::No(Untrusted::new(message)),
            _ => NodeReadiness::Unknown,
        },
        pressures: status.conditions.iter().filter_map(pressure).collect(),
        created_s: unix_s(&metadata.creation_timestamp),
        pod_cidrs: spec.pod_cidrs.iter().filter_map(|cidr| cidr.parse().ok()).collect(),
        is_control_plane: metadata.labels.contains_key(CONTROL_PLANE),
        flannel_ip: metadata.annotations.get(FLANNEL_IP).and_then(|address| address.parse().ok()),
        pause_images: images.filter(|name| is_pause_image(name)).take(PAUSE_IMAGES_MAX).collect(),
        name: metadata.name,
    }
}

#[derive(Deserialize)]
struct RawPod {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: RawPodSpec,
    #[serde(default)]
    status: RawPodStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawPodSpec {
    node_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawPodStatus {
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
    phase: String,
    conditions: Vec<RawCondition>,
    container_statuses: Vec<RawContainerStatus>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawContainerStatus {
    ready: bool,
    state: BTreeMap<String, RawContainerState>,
    last_state: BTreeMap<String, RawContainerState>,
}

impl RawContainerStatus {
    /// Why it is not running; of one that was restarted and is not ready yet, how it ended. Between
    /// two crashes it runs for a moment, which says nothing good of it.
    fn wait(&self) -> Option<&RawContainerState> {
        let stopped = self.state.iter().find(|(state, _)| *state != "running");
        let ended = self.last_state.iter().next().filter(|_| !self.ready);
        stopped.or(ended).map(|(_, why)| why)
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawContainerState {
    reason: String,
    message: String,
    started_at: String,
}

fn pod(raw: RawPod) -> Pod {
    let RawPod { mut metadata, spec, status } = raw;
    metadata.labels.retain(|label, _| LABELS.contains(&label.as_str()));
    let running = status.container_statuses.iter().filter_map(|one| one.state.get("running"));
    let started_s = running.filter_map(|running| unix_s(&running.started_at)).max();
    let mut waits = status.container_statuses.iter().filter_map(RawContainerStatus::wait);
    let is_ready =
        |condition: &RawCondition| condition.r#type == "Ready" && condition.status == "True";
    Pod {
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
        node: spec.node_name.filter(|node| !node.is_empty()),
        address: status.pod_ip.and_then(|address| address.parse().ok()),
        is_ready: status.conditions.iter().any(is_ready),
        is_ended: metadata.deletion_timestamp.is_some()
            || ["Succeeded", "Failed"].contains(&status.phase.as_str()),
        waits: waits
            .next()
            .map(|why| Untrusted::new(format!("{} {}", why.reason, why.message).trim())),
        created_s: unix_s(&metadata.creation_timestamp),
        started_s,
        labels: metadata.labels,
    }
}

#[derive(Deserialize)]
struct RawService {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: RawServiceSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawServiceSpec {
    #[serde(rename = "clusterIP")]
    cluster_ip: String,
}

fn service(raw: RawService) -> ClusterService {
    let address: Option<IpAddr> = raw.spec.cluster_ip.parse().ok();
    ClusterService { namespace: raw.metadata.namespace, name: raw.metadata.name, address }
}

#[derive(Deserialize)]
struct RawEndpointSlice {
    metadata: ObjectMeta,
    #[serde(default)]
    endpoints: Vec<RawEndpoint>,
    #[serde(default)]
    ports: Vec<RawEndpointPort>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawEndpoint {
    addresses: Vec<String>,
    conditions: RawEndpointConditions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawEndpointConditions {
    ready: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawEndpointPort {
    port: Option<u16>,
}

/// The label by which a slice says whose it is (`well_known_labels.go` in k8s.io/api/discovery/v1).
const SERVICE_NAME: &str = "kubernetes.io/service-name";

fn slice(raw: RawEndpointSlice) -> EndpointSlice {
    // None means ready (discovery/v1 EndpointConditions).
    let ready = raw.endpoints.iter().filter(|one| one.conditions.ready != Some(false));
    let addresses = ready.flat_map(|one| &one.addresses);
    EndpointSlice {
        ready: addresses.filter_map(|address| address.parse().ok()).collect(),
        port: raw.ports.iter().find_map(|port| port.port),
        service: raw.metadata.labels.get(SERVICE_NAME).cloned().unwrap_or_default(),
        namespace: raw.metadata.namespace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As kubectl writes them, cut to what is read.
    const LIST: &str = r#"{ "items": [
        { "kind": "Node",
          "metadata": { "name": "pi2", "creationTimestamp": "2026-11-28T23:40:43Z",
            "annotations": { "flannel.alpha.coreos.com/public-ip": "172.20.5.2" } },
          "spec": { "podCIDRs": ["10.244.1.0/24"] },
          "status": {
            "addresses": [{ "type": "Hostname", "address": "pi2" },
                          { "type": "InternalIP", "address": "10.0.0.2" }],
            "conditions": [{ "type": "Ready", "status": "False", "message": "no network" },
                           { "type": "MemoryPressure", "status": "False", "message": "enough" },
                           { "type": "DiskPressure", "status": "True", "message": "full" }],
            "images": [{ "names": ["registry.k8s.io/etcd:3.6"] },
                       { "names": ["registry.k8s.io/pause@sha256:1", "registry.k8s.io/pause:3.10"] }],
            "nodeInfo": { "kubeletVersion": "v1.36.2" } } },
        { "kind": "Pod",
          "metadata": { "name": "kube-apiserver-pi1", "namespace": "kube-system", "uid": "u",
            "labels": { "component": "kube-apiserver", "tier": "control-plane" } },
          "spec": { "nodeName": "pi1", "hostNetwork": true },
          "status": { "podIP": "10.0.0.1",
            "containerStatuses": [{ "state": { "running": { "startedAt": "2026-11-28T23:40:43Z" } } }] } },
        { "kind": "Pod",
          "metadata": { "name": "coredns-a", "namespace": "kube-system", "uid": "v" },
          "spec": {},
          "status": { "phase": "Failed", "containerStatuses": [{ "state": { "waiting":
            { "reason": "CrashLoopBackOff", "message": "back-off\u001b[2J" } } }] } },
        { "kind": "Pod",
          "metadata": { "name": "coredns-b", "namespace": "kube-system", "uid": "w" },
          "spec": {},
          "status": { "containerStatuses": [{ "ready": false, "restartCount": 2,
            "state": { "running": { "startedAt": "2026-11-28T23:40:43Z" } },
            "lastState": { "terminated": { "reason": "Error", "exitCode": 1 } } }] } },
        { "kind": "EndpointSlice",
          "metadata": { "namespace": "default", "labels": { "kubernetes.io/service-name": "kubernetes" } },
          "endpoints": [{ "addresses": ["10.0.0.1"] },
                        { "addresses": ["10.0.0.9"], "conditions": { "ready": false } }],
          "ports": [{ "port": 6443 }] },
        { "kind": "Service", "metadata": { "namespace": "default", "name": "headless" },
          "spec": { "clusterIP": "None" } },
        { "kind": "Secret", "metadata": { "name": "not ours" } },
        { "kind": "Node", "metadata": "none" }
    ] }"#;

    #[test]
    fn objects_are_read_as_kubectl_writes_them() {
        let mut objects = ClusterObjects::default();
        read(LIST, &mut objects).unwrap();
        let [node] = &objects.nodes[..] else { panic!("{objects:?}") };
        assert_eq!(node.internal_ips, ["10.0.0.2".parse::<IpAddr>().unwrap()]);
        assert_eq!(node.flannel_ip, Some("172.20.5.2".parse().unwrap()));
        assert_eq!(node.pause_images, ["registry.k8s.io/pause:3.10"]);
        assert_eq!(node.pressures[0].condition, "DiskPressure");
        assert_eq!(node.pressures.len(), 1);
        assert!(matches!(&node.ready, NodeReadiness::No(why) if why.raw() == "no network"));
        let [server, dns, restarted] = &objects.pods[..] else { panic!("{objects:?}") };
        assert_eq!(server.started_s, Some(1_795_909_243));
        assert_eq!(server.labels.len(), 1);
        assert_eq!(dns.node, None);
        assert_eq!(
            dns.waits.as_ref().map(ToString::to_string).as_deref(),
            Some("CrashLoopBackOff back-off\\u{1b}[2J")
        );
        assert!(dns.is_ended && !restarted.is_ended);
        assert_eq!(restarted.waits.as_ref().map(Untrusted::raw), Some("Error"));
        let ends = objects.endpoints("default", "kubernetes");
        assert_eq!(ends, [("10.0.0.1".parse().unwrap(), 6443)]);
        assert_eq!(objects.services[0].address, None);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["", "{}", "error: no", r#"{"items": 1}"#] {
            assert!(read(text, &mut ClusterObjects::default()).is_err(), "{text}");
        }
    }
}
