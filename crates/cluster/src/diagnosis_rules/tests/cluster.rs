//! A cluster of two nodes on a switch (eth0) and a WiFi (wlan0) that keeps them apart.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use pontoon_model::facts::HostFacts;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::record::Record;
use pontoon_model::snapshot::Snapshot;
use pontoon_model::untrusted::Untrusted;
use pontoon_rules::report::pairs::{PairReachability, PairRow, RoundCounts};
use serde_json::{Value, json};

use crate::cluster_facts::ClusterFacts;
use crate::connectivity_test::{
    ConnectivityOutcome, ConnectivitySource, ConnectivityTarget, ConnectivityTest,
};
use crate::diagnosis_rules::crosses_nodes;
use crate::node_state::NodeState;
use crate::objects::{
    ClusterNode, ClusterObjects, ClusterService, EndpointSlice, KubeProxySettings, NodeReadiness,
    Pod,
};
use crate::test_matrix::{TestMatrix, TestPod};

pub(super) const SILENT: ConnectivityOutcome = ConnectivityOutcome::Silent { ms: 3_500 };

pub(super) fn link(index: u32, name: &str, kind: &str, mtu: u32, address: &str) -> Value {
    json!({
        "name": name, "index": index, "mac": format!("02:00:00:00:00:{index:02x}"), "mtu": mtu, "kind": kind,
        "is_up": true, "has_carrier": true, "master": null, "radio": null, "sysctls": {},
        "addresses": [{ "prefix": address, "scope": 0, "flags": 128, "valid_s": null }],
    })
}

pub(super) fn route(to: &str, link: &str, gateway: Option<&str>) -> Value {
    json!({
        "destination": to, "gateway": gateway, "link": link, "source": null, "metric": 0,
        "table": 254, "protocol": 3, "kind": "unicast", "flags": 0,
    })
}

pub(super) fn snapshot(at: u8) -> Snapshot {
    let other = if at == 1 { 2 } else { 1 };
    let peer = format!("10.244.{}.0", other - 1);
    let value = json!({
        "host_name": format!("pi{at}"),
        "links": [
            link(2, "eth0", "ethernet", 1500, &format!("10.0.0.{at}/24")),
            link(3, "wlan0", "wifi", 1500, &format!("172.20.5.{at}/16")),
            link(4, "flannel.1", "tunnel", 1450, &format!("10.244.{}.0/32", at - 1)),
            link(5, "cni0", "bridge", 1450, &format!("10.244.{}.1/24", at - 1)),
        ],
        "routes": [
            route("0.0.0.0/0", "wlan0", Some("172.20.0.1")),
            route(&format!("{peer}/24"), "flannel.1", Some(&peer)),
        ],
        "rules": [], "neighbours": [], "forwarding": { "ipv4": true, "ipv6": false },
        "all_links": {}, "resolver": { "servers": [], "search": [] }, "hosts_file": [],
        "clock": { "unix_s": 0 },
        "netfilter": { "is_readable": true, "tables": [], "legacy_tables": [], "owners": [] },
        "privileges": { "net_raw": true, "net_admin": true },
    });
    serde_json::from_value(value).unwrap()
}

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(super) fn node(at: u8) -> ClusterNode {
    ClusterNode {
        name: format!("pi{at}"),
        internal_ips: vec![ip(&format!("10.0.0.{at}"))],
        ready: NodeReadiness::Yes,
        pod_cidrs: vec![format!("10.244.{}.0/24", at - 1).parse().unwrap()],
        is_control_plane: at == 1,
        flannel_ip: Some(ip(&format!("10.0.0.{at}"))),
        ..ClusterNode::default()
    }
}

pub(super) fn objects() -> ClusterObjects {
    let service = |namespace: &str, name: &str, address: &str| ClusterService {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        address: Some(ip(address)),
    };
    let slice = |namespace: &str, service: &str, address: &str, port| EndpointSlice {
        namespace: namespace.to_owned(),
        service: service.to_owned(),
        ready: vec![ip(address)],
        port: Some(port),
    };
    let mut objects = ClusterObjects {
        nodes: vec![node(1), node(2)],
        pods: vec![Pod {
            namespace: "kube-system".to_owned(),
            name: "coredns-a".to_owned(),
            node: Some("pi1".to_owned()),
            address: Some(ip("10.244.0.2")),
            is_ready: true,
            labels: BTreeMap::from([("k8s-app".to_owned(), "kube-dns".to_owned())]),
            ..Pod::default()
        }],
        services: vec![
            service("default", "kubernetes", "10.96.0.1"),
            service("kube-system", "kube-dns", "10.96.0.10"),
        ],
        slices: vec![
            slice("default", "kubernetes", "10.0.0.1", 6443),
            slice("kube-system", "kube-dns", "10.244.0.2", 53),
        ],
        proxy: Some(KubeProxySettings { server: Some(Untrusted::new("10.0.0.1:6443")) }),
        ..ClusterObjects::default()
    };
    objects.networks.pods = vec!["10.244.0.0/16".parse().unwrap()];
    objects.networks.services = vec!["10.96.0.0/12".parse().unwrap()];
    objects
}

pub(super) fn look(at: u8) -> NodeState {
    let programs = ["kubelet", "kube-proxy", "containerd", "flanneld", "kube-apiserver", "etcd"];
    NodeState {
        host_name: format!("pi{at}"),
        addresses: BTreeSet::from([ip(&format!("10.0.0.{at}")), ip(&format!("172.20.5.{at}"))]),
        has_kubeconfig: at == 1,
        programs: programs[..if at == 1 { 6 } else { 4 }].iter().map(ToString::to_string).collect(),
        kubelet_server: Some(Untrusted::new("10.0.0.1:6443")),
        sees_rules: true,
        cni_files: vec![Untrusted::new("10-flannel.conflist")],
        ..NodeState::default()
    }
}

pub(super) fn host(at: u8) -> HostName {
    format!("pi{at}").parse().unwrap()
}

pub(super) fn pair(link: &str, state: PairReachability) -> PairRow {
    let link: IfName = link.parse().unwrap();
    PairRow {
        from: host(1),
        to: host(2),
        link: Some(link),
        family: IpFamily::V4,
        state,
        there: RoundCounts::default(),
        back: RoundCounts::default(),
    }
}

/// A cluster in which everything works.
pub(super) fn healthy() -> ClusterFacts {
    let mut record = Record::default();
    for at in [1, 2] {
        record.facts.hosts.insert(host(at), HostFacts::of(snapshot(at)));
    }
    let mut facts = ClusterFacts {
        now_s: 0,
        control_plane: Some(host(1)),
        objects: Ok(objects()),
        node_states: BTreeMap::from([(host(1), look(1)), (host(2), look(2))]),
        record,
        pairs: vec![
            pair("eth0", PairReachability::Open),
            pair("wlan0", PairReachability::Isolated),
        ],
        connectivity_tests: Vec::new(),
        texts: Vec::new(),
    };
    retry(&mut facts);
    facts
}

/// Everything is tried anew, and works.
pub(super) fn retry(facts: &mut ClusterFacts) {
    let objects = facts.objects().unwrap().clone();
    let placed: Vec<TestPod> = [1, 2]
        .map(|at: u8| TestPod {
            node: format!("pi{at}"),
            uid: String::new(),
            address: ip(&format!("10.244.{}.9", at - 1)),
        })
        .into();
    let course =
        TestMatrix { objects: &objects, test_pods: &placed, service: Some(ip("10.96.7.7")) };
    facts.connectivity_tests.clear();
    for node in &objects.nodes {
        let server = facts.node_state(node).and_then(|look| look.kubelet_server.clone());
        let mut all: Vec<(bool, ConnectivityTarget)> =
            course.from_node(node, server.as_ref()).into_iter().map(|to| (false, to)).collect();
        all.extend(course.from_pod(node).into_iter().map(|to| (true, to)));
        if node.is_control_plane {
            let names = objects.nodes.iter().map(|node| node.name.clone());
            all.extend(names.map(|node| (false, ConnectivityTarget::KubeletByApi { node })));
        }
        facts.connectivity_tests.extend(all.into_iter().map(|(is_pod, to)| ConnectivityTest {
            from: ConnectivitySource { node: node.name.clone(), is_pod },
            to,
            outcome: ConnectivityOutcome::Works { ms: 1 },
        }));
    }
}

pub(super) fn break_(
    facts: &mut ClusterFacts,
    outcome: &ConnectivityOutcome,
    is_meant: impl Fn(&ConnectivityTest) -> bool,
) {
    let mut hit = 0;
    for tried in facts.connectivity_tests.iter_mut().filter(|tried| is_meant(tried)) {
        tried.outcome = outcome.clone();
        hit += 1;
    }
    assert!(hit > 0, "nothing was broken");
}

pub(super) fn objects_of(facts: &mut ClusterFacts) -> &mut ClusterObjects {
    facts.objects.as_mut().unwrap()
}

pub(super) fn snapshot_of(facts: &mut ClusterFacts, at: u8) -> &mut Snapshot {
    &mut facts.record.facts.hosts.get_mut(&host(at)).unwrap().snapshot
}

pub(super) fn look_of(facts: &mut ClusterFacts, at: u8) -> &mut NodeState {
    facts.node_states.get_mut(&host(at)).unwrap()
}

/// Whatever goes to pods of the other node.
pub(super) fn crosses(tried: &ConnectivityTest) -> bool {
    crosses_nodes(tried)
}

pub(super) fn is_kubelet_of(tried: &ConnectivityTest, name: &str) -> bool {
    matches!(&tried.to,
        ConnectivityTarget::Kubelet { node, .. } | ConnectivityTarget::KubeletByApi { node } if node == name)
}
