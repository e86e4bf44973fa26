//! Error texts of clusters that were broken on purpose are recognised, and the measured cause is
//! among those that remain.

use pontoon_causes::cause::cause_named;
use pontoon_causes::symptom::explain;
use pontoon_causes::symptom::explanation::Explanation;
use pontoon_diagnosis::Certainty;
use serde_json::Value;

use crate::files::{assert_same, list, symptoms, word};

/// The fault that was made, by the entry's id.
const MEASURED: &[(&str, &str)] = &[
    ("logs-noarp", "internal-ip-unreachable"),
    ("exec-noarp", "internal-ip-unreachable"),
    ("logs-drop", "internal-ip-unreachable"),
    ("pf-drop", "internal-ip-unreachable"),
    ("no-addresses", "no-internal-ip"),
    ("after-restart-notfound", "kubelet-just-restarted"),
    ("flannel-wifi-curl", "flannel-on-unreachable-link"),
    ("dns-timeout", "flannel-on-unreachable-link"),
    ("dns-refused", "coredns-not-ready"),
    ("san", "api-certificate-lacks-name"),
    ("proxy-hang", "kube-proxy-server-unreachable"),
    ("coredns-nons", "no-nameserver"),
    ("clusterip-unreach", "no-route-to-service-range"),
    ("pull-noroute", "no-way-to-internet"),
    ("apiserver-bind", "old-pod-still-runs"),
    ("node-in-service-range", "node-network-in-service-range"),
    ("proxy-conntrack", "conntrack-not-writable"),
    ("forward-drop", "forward-policy-drop"),
    ("forward-drop-dns", "forward-policy-drop"),
    ("forward-drop-second-chain", "forward-policy-drop"),
    ("mtu-api", "path-mtu-hole"),
    ("mtu-join", "path-mtu-hole"),
    ("mtu-kubelet", "path-mtu-hole"),
    ("mtu-body", "pod-mtu-hole"),
    ("svc-overlaps-wifi", "service-network-overlaps"),
    ("pod-overlaps-wifi", "pod-network-overlaps"),
    ("wg-down", "tunnel-down"),
    ("wg-socket", "tunnel-socket-in-use"),
    ("nat-missing", "nat-missing"),
];

/// Entries that a user would paste: not those that describe a state.
fn pasted(all: &Value) -> Vec<&Value> {
    let is_text = |entry: &&Value| entry["is_observation"] != true;
    list(all, "entries").iter().filter(is_text).collect()
}

fn explained(entry: &Value) -> Explanation {
    explain(word(entry, "symptom_text").as_bytes())
}

fn codes(explanation: &Explanation) -> Vec<&'static str> {
    explanation.diagnoses.iter().map(|one| one.code.as_str()).collect()
}

/// The cause of this entry, if known: by its own `code`, or by our list.
fn measured(entry: &Value) -> Option<&str> {
    let of_list =
        || MEASURED.iter().find(|(id, _)| *id == word(entry, "id")).map(|(_, code)| *code);
    entry["code"].as_str().or_else(of_list)
}

#[test]
fn every_text_is_recognised_with_its_measured_cause() {
    let all = symptoms();
    let entries = pasted(&all);
    let mut differing = Vec::new();
    for entry in &entries {
        let found = codes(&explained(entry));
        let is_right = match measured(entry) {
            Some(code) => found.contains(&code),
            None => !found.is_empty(),
        };
        if !is_right {
            differing.push(format!("{}: {found:?}", word(entry, "id")));
        }
    }
    assert_same("symptoms", entries.len(), &differing);
}

/// Texts that several broken clusters have in common.
#[test]
fn one_text_of_several_clusters_is_undecided() {
    let all = symptoms();
    let entries = pasted(&all);
    for entry in &entries {
        // Clusters differ in addresses and waiting times, not in words.
        let words = |entry: &Value| {
            let text = word(entry, "symptom_text").to_owned();
            text.replace(|letter: char| letter.is_ascii_digit(), "")
        };
        let alike = entries.iter().filter(|other| words(other) == words(entry));
        let mut causes: Vec<_> = alike.filter_map(|other| measured(other)).collect();
        causes.sort_unstable();
        causes.dedup();
        if causes.len() > 1 {
            let explanation = explained(entry);
            let id = word(entry, "id");
            let first: Vec<_> = explanation.diagnoses_of(&explanation.symptoms[0]).collect();
            assert!(first.len() > 1, "{id}: {first:?}");
            assert!(
                first.iter().all(|one| one.certainty == Certainty::Possible),
                "{id}: {first:?}"
            );
            let found = codes(&explanation);
            assert!(causes.iter().all(|code| found.contains(code)), "{id}: {found:?}");
        }
    }
}

#[test]
fn the_list_of_what_was_broken_is_of_this_table() {
    for (id, code) in MEASURED {
        assert!(cause_named(code).is_some(), "{id} names {code}, which is no cause");
    }
}
