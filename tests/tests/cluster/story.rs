//! The story: on the campus network a cluster is created in the usual way, and the join fails; with
//! addresses on the switch it works, for all traffic of a cluster.

use crate::cluster::{Cluster, KUBECTL, MASTER, WORKER, scenario};
use crate::good_logs::{self, EarlierLines};
use crate::settings::AS_ANYONE_TYPES_IT;
use crate::{checked, killed, words};

/// Four pods of a web server, two on each node, and their Service.
const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Exists}]
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
      terminationGracePeriodSeconds: 1
      containers:
      - {name: web, image: lab/web:1, args: [serve, '8080'], readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}";

/// A pod: its name, address and node.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Pod {
    name: String,
    address: String,
    node: String,
}

fn pods(cluster: &Cluster) -> Vec<Pod> {
    let columns =
        "{range .items[*]}{.metadata.name} {.status.podIP} {.spec.nodeName}{\"\\n\"}{end}";
    let text = cluster.kubectl(&format!("get pods -l app=web -o 'jsonpath={columns}'"));
    let pod = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        Some(Pod { name: words.next()?, address: words.next()?, node: words.next()? })
    };
    text.lines().filter_map(pod).collect()
}

/// Sends a request from a pod, and expects this many bytes. Without a number it is the first
/// request of its kind, and repeated: a pod is ready before kube-proxy on every node and `CoreDNS`
/// have been updated.
fn assert_gets(cluster: &Cluster, from: &Pod, url: &str, bytes: Option<usize>) {
    let times = if bytes.is_none() { 30 } else { 1 };
    let said = cluster.lab.must(
        MASTER,
        &format!(
            "for i in $(seq {times}); do
               said=$({KUBECTL} exec {} -- /web get '{url}' 8 2>&1) && break; sleep 1
             done; echo \"$said\"",
            from.name
        ),
    );
    let mut words = said.split_whitespace();
    assert_eq!(words.next(), Some("200"), "{} on {}: {url}: {said}", from.name, from.node);
    if let Some(bytes) = bytes {
        assert_eq!(words.next(), Some(bytes.to_string().as_str()), "{url}: {said}");
    }
}

/// Asserts what must hold for a working cluster.
fn assert_works(cluster: &Cluster) {
    cluster.apply(WEB);
    cluster.kubectl("rollout status deployment web --timeout=300s");
    cluster.kubectl("-n kube-system rollout status deployment coredns --timeout=300s");
    let pods = pods(cluster);
    let on = |node: &str| -> Vec<&Pod> { pods.iter().filter(|pod| pod.node == node).collect() };
    assert_eq!((on(MASTER).len(), on(WORKER).len()), (2, 2), "{pods:?}");
    let service = cluster.kubectl("get service web -o 'jsonpath={.spec.clusterIP}'");
    for (from, to) in [(on(MASTER)[0], on(WORKER)[0]), (on(WORKER)[0], on(MASTER)[0])] {
        assert_gets(cluster, from, &format!("http://{}:8080/", to.address), None);
        for size in [1_000, 1_401, 1_500, 9_000, 100_000] {
            let url = format!("http://{}:8080/bytes?n={size}", to.address);
            assert_gets(cluster, from, &url, Some(size));
        }
        assert_gets(cluster, from, &format!("http://{service}/"), None);
        assert_gets(cluster, from, &format!("http://{service}/bytes?n=100000"), Some(100_000));
        assert_gets(cluster, from, "http://web.default.svc.cluster.local/", None);
        assert_gets(cluster, from, "http://web/", None);
        let log = cluster.kubectl(&format!("logs {}", to.name));
        assert!(log.contains("listening on 8080"), "{}: {log}", to.name);
    }
}

/// Removes it again, so that the next test finds the state of a new cluster.
fn remove_web(cluster: &Cluster) {
    cluster.kubectl("delete deployment/web service/web");
    cluster.kubectl("wait pod -l app=web --for=delete --timeout=300s");
}

impl Cluster {
    /// The rest of a cluster after init: the worker, flannel; it is ready and in this mode.
    fn completed(&self, line: &str, mode: &str) {
        self.join(line);
        self.flannel(&self.flannel_option());
        self.await_nodes();
        assert_eq!(self.proxy_mode(), mode);
        let status = "-n kube-system rollout status deployment coredns --timeout=300s";
        let said = self.lab.run(MASTER, &format!("{KUBECTL} {status}"));
        if said.code != 0 {
            let check = self.lab.run(MASTER, "pontoon cluster check pi1 pi2 -v").out;
            panic!("{}{}\n{check}", said.out, said.err);
        }
    }
}

#[test]
#[ignore = "takes the real Kubernetes: ./check --kubernetes"]
fn the_campus_to_its_end() {
    let cluster = Cluster::raise(&scenario("campus"));
    cluster.look();
    let line = cluster.init(AS_ANYONE_TYPES_IT);
    assert!(line.starts_with("kubeadm join 172.20.5.1:6443 "), "{line}");

    // pontoon reports this beforehand, with the stage.
    let (code, said) = cluster.rehearse(&line, "");
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("would hang for 5 minutes without output"), "{said}");
    assert!(said.contains("no ARP reply for 172.20.5.1"), "{said}");
    // It says nothing, and it does not end.
    let join = cluster.begin_join(&line);
    let said = join.within(10);
    assert!(said.is_none(), "it ended: {said:?}");
    cluster.lab.must(WORKER, "kill $(cat /run/join.pid)");
    let said = join.within(120).expect("it was ended");
    // Its output is about its own host and does not mention the address that it waits for.
    for word in ["172.20.5.1", "discovery", "context deadline", "i/o timeout"] {
        assert!(!said.out.contains(word), "it said why, with `{word}`: {}", said.out);
    }

    for host in [MASTER, WORKER] {
        let advice = cluster.written(&format!("kubeadm reset-advice --for {host}"), "");
        cluster.lab.put(host, "/run/reset.sh", &advice);
        cluster.lab.must(host, "bash /run/reset.sh");
        assert_eq!(cluster.lab.run(host, "systemctl is-active kubelet").out, "inactive\n");
    }
    the_good_half(&cluster);
}

/// With the settings that pontoon writes everything works; then it is broken, in each way.
fn the_good_half(cluster: &Cluster) {
    let earlier = EarlierLines::count(cluster);
    let line = cluster.init(&cluster.configuration("init --for pi1", ""));
    assert!(line.starts_with("kubeadm join 10.0.0.1:6443 "), "{line}");
    let (code, said) = cluster.rehearse(&line, "--patient");
    assert!(said.contains("would go through"), "{code}: {said}");
    words::kubeadm_says_what_join_check_foretells(cluster, &line);
    // kubeadm's own default, which is not mentioned.
    cluster.completed(&line, "iptables");
    cluster.assert_landed();
    assert_works(cluster);
    good_logs::nothing_follows_if_asked(cluster, &earlier);
    remove_web(cluster);
    checked::accused_of_what_is_done_to_it(cluster);
}

/// Configuration of kube-proxy besides the usual command.
const OTHER_MODE: &str = "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\n\
                          kind: KubeProxyConfiguration\nmode: nftables\n";

/// Advice is run as printed, in kube-proxy's other mode: the cluster that took the WiFi's address
/// is moved, works, gets no diagnosis, and leaves nothing behind when its lab is killed.
#[test]
#[ignore = "takes the real Kubernetes: ./check --kubernetes"]
fn a_wrong_init_is_moved_in_place() {
    let before = killed::mounts();
    let cluster = Cluster::raise(&scenario("campus"));
    cluster.look();
    cluster.init(&format!("{AS_ANYONE_TYPES_IT}{OTHER_MODE}"));
    // The facts are from before the init, so that the address which the API server has is not in them.
    let advice = cluster.configuration("repair-advice --for pi1 --from 172.20.5.1", "");
    cluster.lab.put(MASTER, "/run/repair.sh", &advice);
    cluster.lab.must(MASTER, "bash /run/repair.sh");
    let earlier = EarlierLines::count(&cluster);
    let line = cluster.lab.must(MASTER, "kubeadm token create --print-join-command");
    // With an agent on the control plane both directions are tested.
    let (code, said) =
        cluster.rehearse(&line, "--patient --server-via 'ssh pi1 pontoon agent --stdio'");
    assert!(said.contains("would go through"), "{code}: {said}");
    for stage in ["kubelet port", "pod network", "packet size"] {
        assert!(said.contains(stage), "{stage}: {said}");
    }
    cluster.completed(&line, "nftables");
    cluster.assert_landed();
    assert_works(&cluster);
    good_logs::nothing_follows_if_asked(&cluster, &earlier);
    remove_web(&cluster);
    checked::accused_of_nothing(&cluster);
    killed::leaves_nothing(&cluster, &before);
}
