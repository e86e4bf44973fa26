//! The settings that are written for the campus of the story, byte by byte.
//!
//! `PONTOON_WRITE=1 cargo test -p pontoon-tests current` writes them again; `./check --kubernetes`
//! gives those for kubeadm to the real kubeadm.

use std::net::IpAddr;

use pontoon_model::facts::{Facts, HostFacts};
use pontoon_model::host::HostName;
use pontoon_model::net::{IpFamily, Mac};
use pontoon_model::record::Record;
use pontoon_predict::kubeadm::endpoint::parse_join_endpoint;
use pontoon_predict::kubeadm::version::{ConfigApi, KubernetesVersion};
use pontoon_rules::report::pairs::{PairReachability, PairRow, RoundCounts};
use pontoon_settings::manifests::{
    calico, cilium, flannel, k0s, k3s, kubeadm_init, kubeadm_join, kubeadm_repair, kubeadm_reset,
    talos,
};
use pontoon_settings::node_settings::{
    NodeSettings, SettingsInputs, SettingsOverrides, decide_settings,
};
use pontoon_tests::generated::assert_current;
use serde_json::json;

use crate::files::host;

/// A Pi on the switch and on the WiFi, with the WiFi's gateway as its default route.
fn pi(number: u8) -> (HostName, HostFacts) {
    let mut node = host(&json!({
        "hostname": format!("pi{number}"),
        "interfaces": [
            { "name": "lo", "index": 1, "flags": ["up", "loopback"], "addrs": ["127.0.0.1/8"] },
            { "name": "eth0", "index": 2, "flags": ["up", "running"], "mtu": 1500,
              "addrs": [format!("10.0.0.{number}/24")] },
            { "name": "wlan0", "index": 3, "flags": ["up", "running"], "mtu": 1500,
              "addrs": [format!("172.20.5.{number}/16")] },
        ],
        "ip_route_all": format!(
            "default via 172.20.0.1 dev wlan0 metric 600\n\
             10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.{number}\n"
        ),
    }));
    for link in &mut node.links {
        link.has_carrier = true;
        link.mac = Some(Mac([2, 0, 0, 0, number, 1]));
    }
    node.forwarding.ipv4 = Some(false);
    (format!("pi{number}").parse().expect("a name"), HostFacts::of(node))
}

fn record() -> Record {
    let facts = Facts { hosts: (1..=3).map(pi).collect(), ..Facts::default() };
    Record { facts, ..Record::default() }
}

pub(crate) fn settings(of: &str) -> NodeSettings {
    let record = record();
    let names: Vec<_> = record.facts.hosts.keys().cloned().collect();
    let mut pairs = Vec::new();
    for (from, to) in [(0, 1), (0, 2), (1, 2)] {
        for (link, state) in
            [("eth0", PairReachability::Open), ("wlan0", PairReachability::Isolated)]
        {
            pairs.push(PairRow {
                from: names[from].clone(),
                to: names[to].clone(),
                link: Some(link.parse().expect("a link")),
                family: IpFamily::V4,
                state,
                there: RoundCounts::default(),
                back: RoundCounts::default(),
            });
        }
    }
    let known = SettingsInputs { record: &record, pairs: &pairs, diagnoses: &[] };
    decide_settings(known, &of.parse().expect("a name"), &SettingsOverrides::default())
        .expect("it is decided")
}

#[test]
fn the_emitted_texts_are_current() {
    let pi1 = settings("pi1");
    let version = |text: &str| text.parse::<KubernetesVersion>().expect("a version");
    let wifi: IpAddr = "172.20.5.1".parse().expect("an address");
    let endpoint = parse_join_endpoint("10.0.0.1:6443").expect("an endpoint");
    let pins = [format!("sha256:{}", "7173b809ca12ec5d".repeat(4))];
    let discovery = kubeadm_join::JoinDiscovery {
        endpoint: &endpoint,
        token: "abcdef.0123456789abcdef",
        pins: &pins,
        certificate_key: None,
        is_control_plane: false,
    };
    let pi2 = settings("pi2");
    let record = record();
    let node = &record.facts.hosts.values().next().expect("pi1").snapshot;
    let new: IpAddr = "10.0.0.1".parse().expect("an address");
    let texts = [
        (
            "init-v1beta4.yaml",
            kubeadm_init::configuration(&pi1, ConfigApi::V1Beta4, &version("v1.36.2")),
        ),
        (
            "init-v1beta3.yaml",
            kubeadm_init::configuration(&pi1, ConfigApi::V1Beta3, &version("v1.29.1")),
        ),
        ("init.sh", kubeadm_init::command(&pi1, Some(&version("v1.36.2")))),
        ("join-v1beta4.yaml", kubeadm_join::configuration(&pi2, ConfigApi::V1Beta4, &discovery)),
        ("join-v1beta3.yaml", kubeadm_join::configuration(&pi2, ConfigApi::V1Beta3, &discovery)),
        ("join.sh", kubeadm_join::preparation(&pi2)),
        ("reset.sh", kubeadm_reset::advice("pi1", node)),
        ("repair.sh", kubeadm_repair::control_plane(&pi1, wifi, ConfigApi::V1Beta4)),
        ("repair-worker.sh", kubeadm_repair::worker(&pi2, wifi, new)),
        ("flannel.sh", flannel::settings(&pi1)),
        ("calico.yaml", calico::installation(&pi1)),
        ("cilium.yaml", cilium::values(&pi1)),
        ("k3s.yaml", k3s::configuration(&pi1, k3s::K3sDistribution::K3s)),
        ("rke2.yaml", k3s::configuration(&pi1, k3s::K3sDistribution::Rke2)),
        ("k0s.yaml", k0s::configuration(&pi1)),
        ("talos.yaml", talos::patch(&pi1)),
    ];
    for (name, text) in texts {
        let wide = text.lines().find(|line| {
            line.trim_start().starts_with("# ") && !line.contains("     ") && line.len() > 80
        });
        assert_eq!(wide, None, "{name}");
        if name.contains(".yaml") {
            for document in text.split("\n---\n") {
                let read = pontoon_wire::yaml::read(document);
                assert!(read.is_ok(), "{name}: {read:?}");
            }
        }
        assert_current(&format!("tests/kubernetes/emitted/{name}"), &text);
    }
}
