//! The hosts of the cases once more, this time as network namespaces: predictions from our own
//! snapshot of each match the choices of the real programs there.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use pontoon_model::record::RecordReader;
use pontoon_model::snapshot::Snapshot;
use pontoon_predict::flannel::FlannelVersion;
use pontoon_predict::node_name::GoResolver;
use pontoon_predict::{flannel, kubeadm, kubelet};
use pontoon_tests::program;
use serde_json::Value;

use crate::files::{assert_same, clusters, list, word, words};
use crate::hosts::{addresses, flannel_differs};

/// The commands before the lines of a case: files of its own, and removing every interface.
const BEGIN: &str = "set -e
mount -t tmpfs none /var/lib
mkdir -p /var/lib/kubelet
cp \"$1/flags\" /var/lib/kubelet/kubeadm-flags.env
mount --bind \"$1/hosts\" /etc/hosts
mount --bind \"$1/empty\" /etc/resolv.conf
mount --bind \"$1/nsswitch\" /etc/nsswitch.conf
ip link set lo up
";

/// The commands that make the host of a case, and predict there.
fn script(case: &Value) -> String {
    let mut script = BEGIN.to_owned();
    let facts = &case["facts"];
    let _ = writeln!(script, "hostname {}", word(facts, "hostname"));
    let setup = words(&case["setup"]);
    let made: BTreeSet<&str> = setup
        .iter()
        .filter_map(|line| line.strip_prefix("link add ")?.split_whitespace().next())
        .collect();
    for interface in list(facts, "interfaces") {
        let name = word(interface, "name");
        if name != "lo" && !made.contains(name) {
            let _ = writeln!(script, "ip link add {name} type veth peer name p-{name}");
            let _ = writeln!(script, "ip link set p-{name} up\nip link set {name} up");
        }
    }
    for line in setup {
        let _ = match line.strip_prefix("!nocarrier ") {
            Some(link) => writeln!(script, "ip link set p-{link} down"),
            None => writeln!(script, "ip {line}"),
        };
    }
    script.push_str("exec \"$2\" predict --record \"$1/record\" >\"$1/page\"\n");
    script
}

/// The snapshot that the host takes of itself.
fn raise(case: &Value, folder: &Path) -> Snapshot {
    for (name, text) in [
        ("hosts", word(&case["facts"], "hosts")),
        ("flags", word(&case["facts"], "flags")),
        ("nsswitch", "hosts: files dns\n"),
        ("empty", ""),
        ("script", &script(case)),
    ] {
        fs::write(folder.join(name), text).expect("a file of a case can be written");
    }
    let output = run(folder);
    let said = String::from_utf8_lossy(&output.stderr);
    let record = fs::read_to_string(folder.join("record"))
        .unwrap_or_else(|_| panic!("{}: {said}", word(case, "id")));
    let mut reader = RecordReader::default();
    for line in record.lines() {
        reader.line(line.as_bytes()).expect("a line of a record");
    }
    let hosts = reader.finish().expect("a record").facts.hosts;
    hosts.into_values().next().expect("a host").snapshot
}

#[expect(clippy::disallowed_methods, reason = "a host is a namespace, which unshare(1) makes")]
fn run(folder: &Path) -> std::process::Output {
    Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "--uts", "bash"])
        .arg(folder.join("script"))
        .args([folder, program::path()])
        .output()
        .expect("unshare is part of util-linux")
}

#[test]
fn our_own_snapshot_leads_to_what_the_real_programs_took() {
    let all = clusters();
    let cases = list(&all, "cases");
    let mut differing = Vec::new();
    for case in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let node = raise(case, folder.path());
        let real = &case["real"];
        let id = word(case, "id");
        let internal = kubelet::node_addresses_of(&node, GoResolver::PureGo);
        if addresses(&internal) != words(&real["kubelet_internal_ips"]) {
            differing.push(format!("{id}: kubelet {internal:?}"));
        }
        let advertised = kubeadm::advertise_address(&node, None);
        let expected: Vec<String> =
            real["kubeadm_advertise"].as_str().map(str::to_owned).into_iter().collect();
        if addresses(&advertised) != expected {
            differing.push(format!("{id}: kubeadm {advertised:?}"));
        }
        let tunnel = flannel::external_interface(&node, FlannelVersion::Newest);
        differing.extend(
            flannel_differs(&tunnel, &real["flannel_v0.28.10"])
                .map(|why| format!("{id}: flannel {why}")),
        );
    }
    assert_same("raised", cases.len(), &differing);
}
