//! `pontoon settings` and `pontoon kubeadm` as they are typed: what is written, and what is refused.

use std::path::Path;
use std::process::Output;

use pontoon_tests::program::{pontoon_in, stdout};
use serde_json::json;

const HASH: &str = "sha256:7173b809ca12ec5dee4506cd86be934c4596dd234ee82c0662eac04a8c2c71dc";

/// The facts of a host on a switch and a WiFi, written by hand.
fn captured(folder: &Path) {
    let facts = json!({
        "hostname": "pi1",
        "interfaces": [
            { "name": "eth0", "index": 2, "flags": ["up", "running"], "mtu": 1500,
              "addrs": ["10.0.0.1/24"] },
            { "name": "wlan0", "index": 3, "flags": ["up", "running"], "mtu": 1500,
              "addrs": ["172.20.5.1/16"] },
        ],
        "ip_route_all": "default via 172.20.0.1 dev wlan0\n",
    });
    std::fs::write(folder.join("pi1.json"), facts.to_string()).expect("a file");
}

fn typed(words: &[&str], input: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    captured(folder.path());
    let all = [words, &["--facts", "pi1.json"]].concat();
    pontoon_in(folder.path(), &[], &all, input)
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn what_the_facts_do_not_decide_is_refused_with_what_would() {
    let version = ["--kubeadm-version", "v1.36.2"];
    let init = [&["kubeadm", "init"][..], &version].concat();
    let table: [(&[&str], u8, &str); 6] = [
        (&init, 4, "no other host was asked about 10.0.0.1 on eth0"),
        (&["kubeadm", "init", "--link", "eth0"], 4, "the version of kubeadm on pi1 is not known"),
        (
            &["kubeadm", "init", "--link", "eth0", "--kubeadm-version", "v1.21.0"],
            4,
            "kubeadm v1.21.0 reads no configuration",
        ),
        (&["kubeadm", "init", "--for", "pi9"], 2, "the facts are of pi1"),
        (&["kubeadm", "init", "--address", "10.0.0.9"], 2, "the host has 10.0.0.1 on eth0"),
        (
            &["settings", "flannel", "--link", "eth0", "--pod-cidr", "172.20.0.0/16"],
            2,
            "has 172.20.0.0/16 (on wlan0)",
        ),
    ];
    for (words, code, expected) in table {
        let output = typed(words, "");
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code.into()), "{words:?}: {said}");
        assert!(said.contains(expected) && said.contains("hint: "), "{words:?}: {said}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn the_form_follows_the_version_of_kubeadm() {
    for (version, api, node_ip) in [
        ("1.29.3", "kubeadm.k8s.io/v1beta3", "node-ip: \"10.0.0.1\""),
        ("v1.31.0", "kubeadm.k8s.io/v1beta4", "- name: node-ip"),
    ] {
        let words = ["kubeadm", "init", "--link", "eth0", "--kubeadm-version", version];
        let output = typed(&words, "");
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(text.contains(api) && text.contains(node_ip), "{text}");
    }
}

#[test]
fn a_pasted_line_becomes_a_configuration() {
    let line = format!(
        "kubeadm join 10.0.0.7:6443 --token abcdef.0123456789abcdef \\\n  \
         --discovery-token-ca-cert-hash {HASH}\n"
    );
    let words =
        ["kubeadm", "join", "--link", "eth0", "--kubeadm-version", "v1.36.2", "--line", "-"];
    let output = typed(&words, &line);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for part in ["apiServerEndpoint: \"10.0.0.7:6443\"", "token: \"abcdef.0123456789abcdef\"", HASH]
    {
        assert!(text.contains(part), "{text}");
    }
    let refused = typed(&words, "kubeadm join 10.0.0.7:6443 --token abcdef.0123456789abcd");
    assert_eq!(refused.status.code(), Some(2));
    assert!(!stderr(&refused).contains("0123456789"), "{}", stderr(&refused));
}
