//! The choice of each real component on many kinds of hosts, compared with `pontoon predict`.
//!
//! One real control plane; each host is a network namespace made by the lines of a case, with a
//! link of its own to the API server (`mgmt0`, the last interface, without a default route), as
//! they were when the cases were measured. The kubelets share a containerd that runs nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use pontoon_model::record::RecordReader;
use pontoon_model::snapshot::Snapshot;
use pontoon_predict::flannel::FlannelVersion;
use pontoon_predict::node_name::GoResolver;
use pontoon_predict::{PredictedChoice, flannel, kube_proxy, kubeadm, kubelet};
use pontoon_tests::checkout::{root, text};
use serde_json::Value;

use crate::cluster::{Cluster, MASTER, scenario};
use crate::session::Running;

/// The Kubernetes of these tests is built without the C library.
const LINKAGE: GoResolver = GoResolver::PureGo;
/// Hosts that run in parallel.
const AT_ONCE: usize = 4;

const INIT: &str = "apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 192.168.77.1}
nodeRegistration: {kubeletExtraArgs: [{name: node-ip, value: 192.168.77.1}]}
skipPhases: [addon]
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
networking: {podSubnet: 10.244.0.0/16}
";

/// Files and addresses that all hosts share.
const READY: &str = "set -e
mkdir -p /run/shapes
sed -e '/^staticPodPath/d' -e '/^containerRuntimeEndpoint/d' /var/lib/kubelet/config.yaml \
>/run/shapes/kubelet.yaml
cat >>/run/shapes/kubelet.yaml <<'END'
containerRuntimeEndpoint: unix:///run/shapes/containerd.sock
cgroupsPerQOS: false
enforceNodeAllocatable: [none]
END
echo '{\"Network\": \"10.244.0.0/16\", \"Backend\": {\"Type\": \"vxlan\"}}' >/run/shapes/net-conf.json
cat >/run/shapes/containerd.toml <<'END'
version = 2
root = \"/var/lib/containerd-shapes\"
state = \"/run/shapes/containerd\"
[grpc]
  address = \"/run/shapes/containerd.sock\"
[plugins.\"io.containerd.grpc.v1.cri\"]
  restrict_oom_score_adj = true
END
setsid containerd -c /run/shapes/containerd.toml >/run/shapes/containerd.log 2>&1 </dev/null &
until [ -S /run/shapes/containerd.sock ]; do sleep 0.1; done
";

pub(crate) fn cases() -> Vec<Value> {
    let folder = std::env::var_os("PONTOON_CASES")
        .map_or_else(|| root().join("tests/kubernetes/cases"), PathBuf::from);
    let all: Value = serde_json::from_str(&text(&folder.join("cluster-cases.json")))
        .expect("a file of cases is JSON");
    all["cases"].as_array().cloned().expect("it has cases")
}

pub(crate) fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The lines that make the interfaces of a case, except those that it makes itself.
fn made(case: &Value) -> String {
    let lines: Vec<&str> =
        case["setup"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let own = |name: &str| {
        let mut made = lines.iter().filter_map(|line| line.strip_prefix("link add "));
        made.any(|rest| rest.split_whitespace().next() == Some(name))
    };
    let mut script = format!("hostname {}\nip link set lo up\n", word(&case["facts"], "hostname"));
    for interface in case["facts"]["interfaces"].as_array().into_iter().flatten() {
        let name = word(interface, "name");
        if name != "lo" && name != "mgmt0" && !own(name) {
            let _ = writeln!(script, "ip link add {name} type veth peer name p-{name}");
            let _ = writeln!(script, "ip link set p-{name} up\nip link set {name} up");
        }
    }
    for line in lines {
        let _ = match line.strip_prefix("!nocarrier ") {
            Some(link) => writeln!(script, "ip link set p-{link} down"),
            None => writeln!(script, "ip {line}"),
        };
    }
    script
}

/// Starts a host and the programs on it.
fn begin(cluster: &Cluster, number: usize, case: &Value) -> Running {
    let folder = format!("/run/shapes/{number}");
    let facts = &case["facts"];
    let mut script = format!("mkdir -p {folder}\n");
    for (name, content) in [
        ("hosts", word(facts, "hosts")),
        ("flags", word(facts, "flags")),
        ("nsswitch.conf", "hosts: files dns"),
        ("resolv.conf", ""),
        ("made.sh", &made(case)),
        ("shape.sh", include_str!("shape.sh")),
    ] {
        let _ = writeln!(script, "cat >{folder}/{name} <<'END-OF-FILE'\n{content}\nEND-OF-FILE");
    }
    let arguments = format!("{folder} {} {}", number + 10, word(facts, "node_name"));
    let _ = writeln!(
        script,
        "unshare --net --mount --uts bash {folder}/shape.sh {arguments} 2>{folder}/errors &
         host=$!
         until [ -e {folder}/made ]; do
           kill -0 $host || {{ cat {folder}/errors >&2; exit 1; }}
           sleep 0.1
         done
         ip link add mgmt0 netns $host type veth peer name m{number} &&
         ip link set m{number} master mgmt up && touch {folder}/linked
         wait $host; code=$?; tail -n 20 {folder}/errors >&2; exit $code"
    );
    cluster.lab.begin(MASTER, &script)
}

/// The choice of each program.
fn taken(out: &str) -> (BTreeMap<&str, &str>, Snapshot) {
    let (lines, record) = out.split_once("record\n").expect("a record is last");
    let mut reader = RecordReader::default();
    for line in record.lines() {
        reader.line(line.as_bytes()).expect("a line of a record");
    }
    let hosts = reader.finish().expect("a record").facts.hosts;
    let host = hosts.into_values().next().expect("a host");
    (lines.lines().map(|line| line.split_once(' ').unwrap_or((line, ""))).collect(), host.snapshot)
}

fn addresses(choice: &PredictedChoice) -> String {
    let pick = choice.pick().into_iter();
    let all: Vec<String> = pick.flat_map(|pick| &pick.addresses).map(ToString::to_string).collect();
    all.join(" ")
}

/// Differences between the predictions and the real choices.
fn differences(out: &str) -> Vec<String> {
    let (real, host) = taken(out);
    let of = |name: &str| real.get(name).copied().unwrap_or_default();
    let mut found = Vec::new();
    let mut same = |what: &str, predicted: String, real: &str| {
        if predicted != real {
            found.push(format!("{what} took `{real}`, predicted `{predicted}`"));
        }
    };
    same("kubelet", addresses(&kubelet::node_addresses_of(&host, LINKAGE)), of("kubelet"));
    same("kubeadm", addresses(&kubeadm::advertise_address(&host, None)), of("kubeadm"));
    if !of("kubelet").is_empty() {
        // Without an address it waits half a minute and takes the loopback's.
        same("kube-proxy", addresses(&kube_proxy::node_ips_of(&host, LINKAGE)), of("kube-proxy"));
    }
    let told = of("told");
    // The effect of the case's own routing rules is not in the snapshot.
    let usual = [0, 32_766, 32_767];
    let has_rules = host.rules.iter().any(|rule| !usual.contains(&rule.preference));
    if !(has_rules && of("predicted") == "unknown") {
        let told = if told.is_empty() { "nothing" } else { told };
        same("flannel with flags", of("predicted").to_owned(), told);
    }
    match flannel::external_interface(&host, FlannelVersion::Newest) {
        PredictedChoice::Pick(pick) => {
            let predicted = format!("{} {}", pick.links.join(" "), pick.addresses[0]);
            same("flannel", predicted, of("flannel"));
            let mtu = pick.mtu.map(|mtu| mtu.to_string()).unwrap_or_default();
            same("flannel's MTU", mtu, of("flannel-mtu"));
        }
        PredictedChoice::Refusal { words, .. } => {
            // In its log, the line of its source comes before that.
            let real = of("flannel-error");
            let end = if real.ends_with(&words) { words.clone() } else { real.to_owned() };
            same("flannel", words, &end);
        }
        PredictedChoice::Unknown { missing } => {
            found.push(format!("flannel is unknown: {missing}"));
        }
    }
    found
}

#[test]
#[ignore = "takes the real Kubernetes: ./check --kubernetes"]
fn every_component_takes_what_was_predicted() {
    let cluster = Cluster::raise(&scenario("campus"));
    cluster.lab.must(
        MASTER,
        // Without a MAC address of its own a bridge takes the lowest of its ports', a new one each
        // time a port is added, and hosts that have the old one cached lose contact for half a
        // minute.
        "ip link add mgmt address 02:aa:77:00:00:01 type bridge && ip addr add 192.168.77.1/24 dev mgmt && ip link set mgmt up",
    );
    cluster.init(INIT);
    cluster.lab.must(MASTER, READY);
    let cases: Vec<(usize, Value)> = cases().into_iter().enumerate().collect();
    let mut differing = Vec::new();
    for together in cases.chunks(AT_ONCE) {
        let running: Vec<(&Value, Running)> =
            together.iter().map(|(number, case)| (case, begin(&cluster, *number, case))).collect();
        for (case, running) in running {
            let id = word(case, "id");
            let said = running.within(600).unwrap_or_else(|| panic!("{id}: no end"));
            if said.code != 0 {
                differing.push(format!("{id} could not be asked: {}{}", said.out, said.err));
                continue;
            }
            let found = differences(&said.out);
            differing.extend(found.iter().map(|it| format!("{id}: {it}\n{}", said.err)));
        }
    }
    assert!(cases.len() >= 20, "only {} hosts", cases.len());
    assert!(differing.is_empty(), "of {} hosts:\n{}", cases.len(), differing.join("\n"));
}
