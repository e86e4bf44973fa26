//! Rows of a cluster of two nodes on a switch (eth0) and a WiFi (wlan0) that keeps them apart.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use pontoon_model::facts::HostFacts;
use pontoon_model::host::HostName;
use pontoon_model::net::{Family, IfName};
use pontoon_model::record::Record;
use pontoon_model::report::pairs::{Pair, Rounds, State};
use pontoon_model::snapshot::Snapshot;
use pontoon_model::untrusted::Untrusted;
use serde_json::{Value, json};

use super::{Certainty, judge};
use crate::course::{Course, Placed};
use crate::facts::{Facts, Written};
use crate::look::{ForwardDrop, Look};
use crate::objects::{Node, Objects, Pod, ProxySettings, Ready, Service, Slice};
use crate::trial::{MANY, Outcome, Place, Target, Tried, Way};

const SILENT: Outcome = Outcome::Silent { ms: 3_500 };

fn link(index: u32, name: &str, kind: &str, mtu: u32, address: &str) -> Value {
    json!({
        "name": name, "index": index, "mac": format!("02:00:00:00:00:{index:02x}"), "mtu": mtu, "kind": kind,
        "is_up": true, "has_carrier": true, "master": null, "radio": null, "sysctls": {},
        "addresses": [{ "prefix": address, "scope": 0, "flags": 128, "valid_s": null }],
    })
}

fn route(to: &str, link: &str, gateway: Option<&str>) -> Value {
    json!({
        "destination": to, "gateway": gateway, "link": link, "source": null, "metric": 0,
        "table": 254, "protocol": 3, "kind": "unicast", "flags": 0,
    })
}

fn snapshot(at: u8) -> Snapshot {
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

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn node(at: u8) -> Node {
    Node {
        name: format!("pi{at}"),
        internal_ips: vec![ip(&format!("10.0.0.{at}"))],
        ready: Ready::Yes,
        pod_cidrs: vec![format!("10.244.{}.0/24", at - 1).parse().unwrap()],
        is_control_plane: at == 1,
        flannel_ip: Some(ip(&format!("10.0.0.{at}"))),
        ..Node::default()
    }
}

fn objects() -> Objects {
    let service = |namespace: &str, name: &str, address: &str| Service {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        address: Some(ip(address)),
    };
    let slice = |namespace: &str, service: &str, address: &str, port| Slice {
        namespace: namespace.to_owned(),
        service: service.to_owned(),
        ready: vec![ip(address)],
        port: Some(port),
    };
    let mut objects = Objects {
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
        proxy: Some(ProxySettings { server: Some(Untrusted::new("10.0.0.1:6443")) }),
        ..Objects::default()
    };
    objects.networks.pods = vec!["10.244.0.0/16".parse().unwrap()];
    objects.networks.services = vec!["10.96.0.0/12".parse().unwrap()];
    objects
}

fn look(at: u8) -> Look {
    let programs = ["kubelet", "kube-proxy", "containerd", "flanneld", "kube-apiserver", "etcd"];
    Look {
        host_name: format!("pi{at}"),
        addresses: BTreeSet::from([ip(&format!("10.0.0.{at}")), ip(&format!("172.20.5.{at}"))]),
        has_kubeconfig: at == 1,
        programs: programs[..if at == 1 { 6 } else { 4 }].iter().map(ToString::to_string).collect(),
        kubelet_server: Some(Untrusted::new("10.0.0.1:6443")),
        sees_rules: true,
        cni_files: vec![Untrusted::new("10-flannel.conflist")],
        ..Look::default()
    }
}

fn host(at: u8) -> HostName {
    format!("pi{at}").parse().unwrap()
}

fn pair(link: &str, state: State) -> Pair {
    let link: IfName = link.parse().unwrap();
    Pair {
        from: host(1),
        to: host(2),
        link: Some(link),
        family: Family::V4,
        state,
        there: Rounds::default(),
        back: Rounds::default(),
    }
}

/// A cluster in which everything works.
fn healthy() -> Facts {
    let mut record = Record::default();
    for at in [1, 2] {
        record.facts.hosts.insert(host(at), HostFacts::of(snapshot(at)));
    }
    let mut facts = Facts {
        now_s: 0,
        control_plane: Some(host(1)),
        objects: Ok(objects()),
        looks: BTreeMap::from([(host(1), look(1)), (host(2), look(2))]),
        record,
        pairs: vec![pair("eth0", State::Open), pair("wlan0", State::Isolated)],
        tried: Vec::new(),
        texts: Vec::new(),
    };
    retry(&mut facts);
    facts
}

/// Everything is tried anew, and works.
fn retry(facts: &mut Facts) {
    let objects = facts.objects().unwrap().clone();
    let placed: Vec<Placed> = [1, 2]
        .map(|at: u8| Placed {
            node: format!("pi{at}"),
            uid: String::new(),
            address: ip(&format!("10.244.{}.9", at - 1)),
        })
        .into();
    let course = Course { objects: &objects, placed: &placed, service: Some(ip("10.96.7.7")) };
    facts.tried.clear();
    for node in &objects.nodes {
        let server = facts.look(node).and_then(|look| look.kubelet_server.clone());
        let mut all: Vec<(bool, Target)> =
            course.from_node(node, server.as_ref()).into_iter().map(|to| (false, to)).collect();
        all.extend(course.from_pod(node).into_iter().map(|to| (true, to)));
        if node.is_control_plane {
            let names = objects.nodes.iter().map(|node| node.name.clone());
            all.extend(names.map(|node| (false, Target::KubeletByApi { node })));
        }
        facts.tried.extend(all.into_iter().map(|(is_pod, to)| Tried {
            from: Place { node: node.name.clone(), is_pod },
            to,
            outcome: Outcome::Works { ms: 1 },
        }));
    }
}

fn break_(facts: &mut Facts, outcome: &Outcome, is_meant: impl Fn(&Tried) -> bool) {
    let mut hit = 0;
    for tried in facts.tried.iter_mut().filter(|tried| is_meant(tried)) {
        tried.outcome = outcome.clone();
        hit += 1;
    }
    assert!(hit > 0, "nothing was broken");
}

fn objects_of(facts: &mut Facts) -> &mut Objects {
    facts.objects.as_mut().unwrap()
}

fn snapshot_of(facts: &mut Facts, at: u8) -> &mut Snapshot {
    &mut facts.record.facts.hosts.get_mut(&host(at)).unwrap().snapshot
}

fn look_of(facts: &mut Facts, at: u8) -> &mut Look {
    facts.looks.get_mut(&host(at)).unwrap()
}

/// Whatever goes to pods of the other node.
fn crosses(tried: &Tried) -> bool {
    super::crosses_nodes(tried)
}

fn is_kubelet_of(tried: &Tried, name: &str) -> bool {
    matches!(&tried.to,
        Target::Kubelet { node, .. } | Target::KubeletByApi { node } if node == name)
}

/// What is accused: codes, nodes, certainty.
fn accused(facts: &Facts) -> Vec<(String, String, Certainty)> {
    let all = judge(facts).into_iter().map(|one| {
        let codes: Vec<_> = one.causes.iter().map(|code| code.0).collect();
        let nodes: Vec<_> = one.nodes.into_iter().collect();
        (codes.join(" "), nodes.join(" "), one.certainty)
    });
    all.collect()
}

#[test]
fn a_cluster_that_works_is_accused_of_nothing() {
    assert_eq!(accused(&healthy()), []);
}

#[test]
fn each_fault_has_its_cause_and_no_other() {
    type Row = (fn(&mut Facts), &'static str, &'static str, Certainty);
    let table: &[Row] = &[
        (wifi_node_ip, "internal-ip-unreachable", "pi2", Certainty::Certain),
        (no_node_ip, "no-internal-ip", "pi2", Certainty::Certain),
        (foreign_node_ip, "node-ip-not-on-host", "pi2", Certainty::Certain),
        (wifi_flannel, "flannel-on-unreachable-link", "pi1 pi2", Certainty::Certain),
        (no_routes, "flannel-without-routes", "pi2", Certainty::Certain),
        (no_flannel, "flannel-not-running", "pi2", Certainty::Certain),
        (no_cidr, "pod-cidr-not-assigned", "pi2", Certainty::Certain),
        (old_bridge, "cni0-stale-address", "pi2", Certainty::Certain),
        (vxlan, "vxlan-port-blocked", "pi1 pi2", Certainty::Likely),
        (forward_drop, "forward-policy-drop", "pi2", Certainty::Certain),
        (forward_off, "ip-forward-off", "pi2", Certainty::Certain),
        (hole, "path-mtu-hole", "pi1 pi2", Certainty::Certain),
        (pod_hole, "pod-mtu-hole", "pi1", Certainty::Certain),
        (kubelet_port, "firewall-drop", "pi2", Certainty::Likely),
        (kubelet_gone, "kubelet-not-running", "pi2", Certainty::Certain),
        (wifi_api, "api-service-leads-nowhere", "pi2", Certainty::Certain),
        (no_service_route, "no-route-to-service-range", "pi2", Certainty::Certain),
        (no_proxy, "kube-proxy-without-rules", "pi2", Certainty::Certain),
        (lost_proxy, "kube-proxy-server-unreachable", "pi2", Certainty::Certain),
        (no_dns, "coredns-not-ready", "pi1", Certainty::Certain),
        (no_plugin, "cni-not-installed", "pi2", Certainty::Certain),
        (silent_node, "kubelet-not-running", "pi2", Certainty::Certain),
        (dead_server, "api-server-not-running", "pi1", Certainty::Certain),
        (services_on_wifi, "service-network-overlaps", "pi1 pi2", Certainty::Warning),
        (unknown, "", "pi2", Certainty::Undecided),
    ];
    for (fault, code, nodes, certainty) in table {
        let mut facts = healthy();
        fault(&mut facts);
        let expected = vec![((*code).to_owned(), (*nodes).to_owned(), *certainty)];
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
    facts.tried.retain(|tried| !tried.from.is_pod);
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
        assert_eq!(accused(&facts)[0].0, "vxlan-port-blocked", "{accepts}");
    }
}

#[test]
fn two_faults_at_once_are_two() {
    let mut facts = healthy();
    wifi_flannel(&mut facts);
    break_(&mut facts, &SILENT, |tried| is_kubelet_of(tried, "pi2"));
    let codes: Vec<String> = accused(&facts).into_iter().map(|(code, ..)| code).collect();
    assert_eq!(codes, ["firewall-drop", "flannel-on-unreachable-link"]);
}
