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
            "DaemonSet" => {
                let daemon_set: Option<RawDaemonSet> = of(item);
                let is_proxys = |set: &RawDaemonSet| {
                    set.metadata.namespace == "kube-system" && set.metadata.name == "kube-proxy"
                };
                if let Some(set) = daemon_set.filter(is_proxys) {
                    objects.proxy_selector = Some(set.spec.template.spec.node_selector);
                }
            }
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
struct RawDaemonSet {
    metadata: ObjectMeta,
    spec: RawDaemonSetSpec,
}

#[derive(Deserialize)]
struct RawDaemonSetSpec {
    template: RawPodTemplate,
}

#[derive(Deserialize)]
struct RawPodTemplate {
    spec: RawPodSpec,
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
        labels: metadata.labels,
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
    node_selector: BTreeMap<String, String>,
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
mod tests;
