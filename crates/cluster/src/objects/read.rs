//! Reads what `kubectl get -o json` writes (k8s.io/api/core/v1, k8s.io/api/discovery/v1).

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::untrusted::Untrusted;
use serde::Deserialize;
use serde_json::Value;

use super::{Node, Objects, Pod, Ready, Service, Slice, settings};
use crate::moment::unix_s;

/// The text is no list of objects.
#[derive(Debug, thiserror::Error)]
#[error("kubectl did not write a list of objects")]
pub struct NotAList(#[from] serde_json::Error);

/// Labels that are kept: what says which part of the cluster a pod is.
const LABELS: [&str; 4] = ["k8s-app", "app", "component", super::OWN_LABEL.0];

/// Takes the objects of a list of several kinds; those of other kinds are left out.
///
/// # Errors
///
/// [`NotAList`]. An object that is not as it should be is left out.
pub fn read(text: &str, objects: &mut Objects) -> Result<(), NotAList> {
    #[derive(Deserialize)]
    struct List {
        items: Vec<Value>,
    }
    let list: List = serde_json::from_str(text)?;
    for item in list.items {
        let kind = item.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind.as_str() {
            "Node" => objects.nodes.extend(of(item).map(node)),
            "Pod" => objects.pods.extend(of(item).map(pod)),
            "Service" => objects.services.extend(of(item).map(service)),
            "EndpointSlice" => objects.slices.extend(of(item).map(slice)),
            "ConfigMap" => {
                if let Some(RawMap { metadata, data }) = of(item) {
                    settings::take(objects, &metadata.name, &data);
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
struct Metadata {
    name: String,
    namespace: String,
    uid: String,
    creation_timestamp: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawMap {
    metadata: Metadata,
    #[serde(default)]
    data: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawNode {
    metadata: Metadata,
    #[serde(default)]
    spec: NodeSpec,
    #[serde(default)]
    status: NodeStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NodeSpec {
    #[serde(rename = "podCIDRs")]
    pod_cidrs: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NodeStatus {
    addresses: Vec<Typed>,
    conditions: Vec<Condition>,
    images: Vec<Image>,
    node_info: NodeInfo,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    r#type: String,
    address: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Condition {
    r#type: String,
    status: String,
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Image {
    names: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NodeInfo {
    kubelet_version: String,
}

const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";
/// github.com/flannel-io/flannel pkg/subnet/kube/annotations.go.
const FLANNEL_IP: &str = "flannel.alpha.coreos.com/public-ip";

fn node(raw: RawNode) -> Node {
    let RawNode { metadata, spec, status } = raw;
    let condition = status.conditions.iter().find(|condition| condition.r#type == "Ready");
    let internal = status.addresses.iter().filter(|address| address.r#type == "InternalIP");
    let names = status.images.iter().flat_map(|image| &image.names);
    let mut pauses = names.filter(|name| {
        let last = name.rsplit('/').next().unwrap_or_default();
        last.starts_with("pause:") || last.starts_with("mirrored-pause:")
    });
    Node {
        internal_ips: internal.filter_map(|address| address.address.parse().ok()).collect(),
        ready: match condition.map(|condition| (condition.status.as_str(), &condition.message)) {
            Some(("True", _)) => Ready::Yes,
            Some(("False", message)) => Ready::No(Untrusted::new(message)),
            _ => Ready::Unknown,
        },
        created_s: unix_s(&metadata.creation_timestamp),
        pod_cidrs: spec.pod_cidrs.iter().filter_map(|cidr| cidr.parse().ok()).collect(),
        is_control_plane: metadata.labels.contains_key(CONTROL_PLANE),
        kubelet: Untrusted::new(&status.node_info.kubelet_version),
        flannel_ip: metadata.annotations.get(FLANNEL_IP).and_then(|address| address.parse().ok()),
        pause_image: pauses.next().cloned(),
        name: metadata.name,
    }
}

#[derive(Deserialize)]
struct RawPod {
    metadata: Metadata,
    #[serde(default)]
    spec: PodSpec,
    #[serde(default)]
    status: PodStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodSpec {
    node_name: Option<String>,
    host_network: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodStatus {
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
    conditions: Vec<Condition>,
    container_statuses: Vec<ContainerStatus>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContainerStatus {
    state: BTreeMap<String, Reason>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    reason: String,
    message: String,
}

fn pod(raw: RawPod) -> Pod {
    let RawPod { mut metadata, spec, status } = raw;
    metadata.labels.retain(|label, _| LABELS.contains(&label.as_str()));
    let states = status.container_statuses.iter().flat_map(|container| &container.state);
    let mut waits = states
        .filter(|(state, _)| *state != "running")
        .map(|(_, why)| Untrusted::new(format!("{} {}", why.reason, why.message).trim()));
    let is_ready =
        |condition: &Condition| condition.r#type == "Ready" && condition.status == "True";
    Pod {
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
        node: spec.node_name.filter(|node| !node.is_empty()),
        address: status.pod_ip.and_then(|address| address.parse().ok()),
        is_on_host_network: spec.host_network,
        is_ready: status.conditions.iter().any(is_ready),
        waits: waits.next(),
        created_s: unix_s(&metadata.creation_timestamp),
        labels: metadata.labels,
    }
}

#[derive(Deserialize)]
struct RawService {
    metadata: Metadata,
    #[serde(default)]
    spec: ServiceSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ServiceSpec {
    #[serde(rename = "clusterIP")]
    cluster_ip: String,
}

fn service(raw: RawService) -> Service {
    let address: Option<IpAddr> = raw.spec.cluster_ip.parse().ok();
    Service { namespace: raw.metadata.namespace, name: raw.metadata.name, address }
}

#[derive(Deserialize)]
struct RawSlice {
    metadata: Metadata,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
    #[serde(default)]
    ports: Vec<Port>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Endpoint {
    addresses: Vec<String>,
    conditions: EndpointConditions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EndpointConditions {
    ready: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Port {
    port: Option<u16>,
}

/// The label by which a slice says whose it is (`well_known_labels.go` in k8s.io/api/discovery/v1).
const SERVICE_NAME: &str = "kubernetes.io/service-name";

fn slice(raw: RawSlice) -> Slice {
    // None means ready (discovery/v1 EndpointConditions).
    let ready = raw.endpoints.iter().filter(|one| one.conditions.ready != Some(false));
    let addresses = ready.flat_map(|one| &one.addresses);
    Slice {
        ready: addresses.filter_map(|address| address.parse().ok()).collect(),
        port: raw.ports.iter().find_map(|port| port.port),
        service: raw.metadata.labels.get(SERVICE_NAME).cloned().unwrap_or_default(),
        namespace: raw.metadata.namespace,
    }
}
