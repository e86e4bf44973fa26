//! Objects as kubectl writes them.

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
    { "kind": "DaemonSet", "metadata": { "namespace": "tenant", "name": "kube-proxy" },
      "spec": { "template": { "spec": { "nodeSelector": { "not": "ours" } } } } },
    { "kind": "DaemonSet", "metadata": { "namespace": "kube-system", "name": "kube-proxy" },
      "spec": { "template": { "spec": { "nodeSelector": { "kubernetes.io/os": "linux" } } } } },
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
    let selector = objects.proxy_selector.unwrap();
    assert_eq!(selector, [("kubernetes.io/os".to_owned(), "linux".to_owned())].into());
}

#[test]
fn what_is_no_list_is_refused() {
    for text in ["", "{}", "error: no", r#"{"items": 1}"#] {
        assert!(read(text, &mut ClusterObjects::default()).is_err(), "{text}");
    }
}
