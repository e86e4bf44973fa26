//! Real kubelets, kubeadms, kube-proxies and flanneld on hosts of a real cluster.

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::Snapshot;
use pontoon_predict::flannel::FlannelVersion;
use pontoon_predict::node_name::GoResolver;
use pontoon_predict::{PredictedChoice, flannel, kube_proxy, kubeadm, kubelet};
use serde_json::Value;

use crate::files::{assert_same, clusters, host, list, word, words};

/// Their Kubernetes was built without the C library.
const LINKAGE: GoResolver = GoResolver::PureGo;

pub(crate) fn addresses(choice: &PredictedChoice) -> Vec<String> {
    let pick = choice.pick().into_iter();
    pick.flat_map(|pick| &pick.addresses).map(ToString::to_string).collect()
}

fn words_of(choice: &PredictedChoice) -> &str {
    match choice {
        PredictedChoice::Refusal { words, .. } => words,
        PredictedChoice::Unknown { missing } => missing,
        PredictedChoice::Pick(_) => "",
    }
}

/// Runs a comparison on every host; it returns the differences.
fn compare(what: &str, differs: impl Fn(&Snapshot, &Value) -> Option<String>) {
    let all = clusters();
    let cases = list(&all, "cases");
    let differing: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let found = differs(&host(&case["facts"]), &case["real"])?;
            Some(format!("{} ({}): {found}", word(case, "id"), word(case, "shape")))
        })
        .collect();
    assert_same(what, cases.len(), &differing);
}

#[test]
fn the_internal_ip_is_the_real_kubelets() {
    compare("kubelet", |node, real| {
        let choice = kubelet::node_addresses_of(node, LINKAGE);
        let error = word(real, "kubelet_error");
        let is_same = addresses(&choice) == words(&real["kubelet_internal_ips"])
            && (error.is_empty() || words_of(&choice).contains(error));
        (!is_same).then(|| format!("{choice:?}, not {real}", real = real["kubelet_internal_ips"]))
    });
}

#[test]
fn what_is_no_node_ip_is_said_as_kubelet_says_it() {
    compare("kubelet's warnings", |node, real| {
        let warning = word(real, "kubelet_warning");
        let choice = kubelet::node_addresses_of(node, LINKAGE);
        let notes = choice.pick().map(|pick| pick.notes.clone()).unwrap_or_default();
        let is_ignored = notes.iter().any(|note| note.contains("is no address and is ignored"));
        (warning.contains("ignoring them") != is_ignored).then(|| format!("{notes:?}, {warning}"))
    });
}

#[test]
fn the_advertise_address_is_the_real_kubeadms() {
    compare("kubeadm", |node, real| {
        let choice = kubeadm::advertise_address(node, None);
        let is_same = match (choice.pick(), real["kubeadm_advertise"].as_str()) {
            (Some(_), Some(address)) => addresses(&choice) == [address],
            (None, None) => word(real, "kubeadm_text").contains(words_of(&choice)),
            _ => false,
        };
        (!is_same).then(|| format!("{choice:?}, not {}", real["kubeadm_advertise"]))
    });
}

#[test]
fn the_node_ips_are_the_real_kube_proxys() {
    compare("kube-proxy", |node, real| {
        let choice = kube_proxy::node_ips_of(node, LINKAGE);
        let real = &real["kube_proxy_node_ips"];
        // It never got an address, and takes the loopback addresses.
        let expected =
            if real.is_null() { vec!["127.0.0.1".into(), "::1".into()] } else { words(real) };
        (addresses(&choice) != expected).then(|| format!("{choice:?}, not {real}"))
    });
}

pub(crate) fn flannel_differs(choice: &PredictedChoice, real: &Value) -> Option<String> {
    let is_same = match choice.pick() {
        Some(pick) => {
            pick.links == [word(real, "iface")]
                && addresses(choice) == [word(real, "public_ip")]
                && pick.mtu.map(u64::from) == real["mtu"].as_u64()
        }
        // Its log contains the source line at which it gave up.
        None => word(real, "error").ends_with(words_of(choice)),
    };
    (!is_same).then(|| format!("{choice:?}, not {real}"))
}

#[test]
fn the_end_of_the_tunnel_is_the_real_flannels() {
    for (field, version) in
        [("flannel_v0.25.7", FlannelVersion::V0_25), ("flannel_v0.28.10", FlannelVersion::Newest)]
    {
        compare(field, |node, real| {
            flannel_differs(&flannel::external_interface(node, version), &real[field])
        });
    }
}

#[test]
fn over_ipv6_alone_as_well() {
    compare("flannel, IPv6", |node, real| {
        let real = real.get("flannel_v6_config")?;
        let choice = flannel::external_interface_of(node, FlannelVersion::V0_25, IpFamily::V6);
        let expected = serde_json::json!({
            "iface": real["iface"], "public_ip": real["public_ipv6"],
            "mtu": real["mtu"], "error": real["error"],
        });
        flannel_differs(&choice, &expected)
    });
}
