//! Every fault with the causes that a check of the cluster finds, in both modes of kube-proxy.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use pontoon_model::code::{self, DiagnosisCode};

use super::faults::*;
use super::node_faults::*;
use super::*;

/// A cause, or several that are not told apart, and the nodes that it is about.
type ExpectedCause = (&'static [DiagnosisCode], &'static str);

/// A fault, and all that a check finds then.
struct FaultRow {
    name: &'static str,
    fault: fn(&mut ClusterTwin),
    expected: &'static [ExpectedCause],
}

macro_rules! rows {
    ($($fault:ident => [$($expected:expr),* $(,)?],)*) => {
        [$(FaultRow { name: stringify!($fault), fault: $fault, expected: &[$($expected),*] }),*]
    };
}

const ALL: &str = "pi1 pi2 pi3";

const ROWS: &[FaultRow] = &rows! {
    // The API server.
    control_plane_without_runtime => [(&[code::CONTAINERD_NOT_RUNNING], "pi1")],
    control_plane_without_kubelet => [(&[code::KUBELET_NOT_RUNNING], "pi1")],
    no_etcd => [(&[code::ETCD_NOT_RUNNING], "pi1")],
    no_api_server => [(&[code::API_SERVER_NOT_RUNNING], "pi1")],
    api_certificate_expired => [(
        &[code::CLOCK_BEFORE_CERTIFICATE, code::CERTIFICATE_EXPIRED, code::CLOCK_AHEAD],
        "pi1",
    )],
    address_gone => [(&[code::ADVERTISE_ADDRESS_NOT_ON_HOST], "pi1")],
    address_gone_for_long => [(&[code::ADVERTISE_ADDRESS_NOT_ON_HOST], "pi1")],
    advertised_on_wifi => [(&[code::API_SERVICE_LEADS_NOWHERE], "pi2 pi3")],
    // Addresses of nodes.
    node_ip_on_wifi => [(&[code::INTERNAL_IP_UNREACHABLE], "pi3")],
    no_node_ip => [(&[code::NO_INTERNAL_IP], "pi3")],
    foreign_node_ip => [(&[code::NODE_IP_NOT_ON_HOST], "pi3")],
    node_ip_of_another => [(&[code::INTERNAL_IP_OF_ANOTHER_HOST], "pi2 pi3")],
    // kubelet's port.
    kubelet_port_dropped => [(&[code::FIREWALL_DROP], "pi3")],
    kubelet_port_prohibited => [(&[code::FIREWALL_REJECT], "pi3")],
    kubelet_port_refused => [(&[code::FIREWALL_REJECT], "pi3")],
    kubelet_stopped => [(&[code::KUBELET_NOT_RUNNING], "pi3")],
    kubelet_certificate => [
        (&[code::API_CERTIFICATE_LACKS_NAME, code::ANOTHER_SERVER_ANSWERS], "pi3"),
    ],
    // Networks that overlap.
    nodes_in_service_range => [
        (&[code::NODE_NETWORK_IN_SERVICE_RANGE], "pi1"),
        (&[code::NODE_NETWORK_IN_SERVICE_RANGE], "pi2"),
        (&[code::NODE_NETWORK_IN_SERVICE_RANGE], "pi3"),
        (&[code::SERVICE_NETWORK_OVERLAPS], ALL),
    ],
    services_on_wifi => [(&[code::SERVICE_NETWORK_OVERLAPS], ALL)],
    pods_on_wifi => [(&[code::POD_NETWORK_OVERLAPS], ALL)],
    // Sizes of packets.
    small_path_mtu => [(&[code::PATH_MTU_HOLE], ALL)],
    large_overlay_mtu => [(&[code::POD_MTU_HOLE], ALL)],
    // Links.
    cable_out => [(&[code::NODE_LINK_DOWN], "pi3")],
    link_switched_off => [(&[code::NODE_LINK_DOWN], "pi3")],
    cable_out_of_control_plane => [(&[code::NODE_LINK_DOWN], "pi1")],
    // Resources.
    disk_full => [(&[code::DISK_FULL], "pi3")],
    memory_short => [(&[code::NODE_SHORT_OF_RESOURCES], "pi3")],
    // Nodes that are not ready.
    runtime_stopped => [(&[code::CONTAINERD_NOT_RUNNING], "pi3")],
    plugin_not_installed => [
        (&[code::CNI_NOT_INSTALLED], "pi1"),
        (&[code::CNI_NOT_INSTALLED], "pi2"),
        (&[code::CNI_NOT_INSTALLED], "pi3"),
        (&[code::COREDNS_NOT_READY], "pi1"),
    ],
    plugin_removed => [(&[code::CNI_CONFIG_REMOVED], "pi3")],
    plugin_not_read => [(&[code::CNI_CONFIG_NOT_READ], "pi3")],
    plugin_without_pod_network => [(&[code::POD_CIDR_NOT_ASSIGNED], "pi3")],
    plugin_not_running => [(&[code::FLANNEL_NOT_RUNNING], "pi3")],
    calico_elsewhere => [(&[code::CNI_NOT_READY], "pi3")],
    host_off => [(&[code::NODE_OFF, code::WAY_LOST, code::KUBELET_NOT_RUNNING], "pi3")],
    kubelet_long_stopped => [(&[code::KUBELET_NOT_RUNNING], "pi3")],
    kubelet_certificate_expired => [(&[code::KUBELET_CERTIFICATE_EXPIRED], "pi3")],
    kubelet_stopped_by_hand => [(&[code::KUBELET_NOT_RUNNING], "pi3")],
    no_route => [(&[code::NO_ROUTE_FROM_HERE], "pi3")],
    api_port_dropped => [(&[code::API_ADDRESS_UNREACHABLE], "pi3")],
    api_port_prohibited => [(&[code::FIREWALL_REJECT], "pi3")],
    kubelet_asks_wrong_port => [(&[code::WRONG_ENDPOINT], "pi3")],
    small_path_mtu_unseen => [(&[code::PATH_MTU_HOLE], "pi3")],
    kubelet_hangs => [(&[code::KUBELET_LOST_API_SERVER], "pi3")],
    // flannel.
    foreign_flannel_ip => [(&[code::FLANNEL_INTERFACE_MISSING], "pi3")],
    flannel_on_wifi => [(&[code::FLANNEL_ON_UNREACHABLE_LINK], ALL)],
    no_flannel_routes => [(&[code::FLANNEL_WITHOUT_ROUTES], "pi3")],
    flannel_never_ran => [(&[code::FLANNEL_NOT_RUNNING], "pi3")],
    flannel_died => [(&[code::FLANNEL_NOT_RUNNING], "pi3")],
    no_pod_network => [(&[code::POD_CIDR_NOT_ASSIGNED], "pi3")],
    other_flannel_network => [
        (&[code::FLANNEL_NETWORK_DIFFERS], "pi1"),
        (&[code::FLANNEL_NETWORK_DIFFERS], "pi2"),
        (&[code::FLANNEL_NETWORK_DIFFERS], "pi3"),
    ],
    subnet_of_another => [(&[code::FLANNEL_SUBNET_DIFFERS], "pi3")],
    stale_bridge => [(&[code::CNI0_STALE_ADDRESS], "pi3")],
    vxlan_dropped => [(&[code::VXLAN_PORT_BLOCKED], ALL)],
    // Forwarding.
    forwarding_off => [(&[code::IP_FORWARD_OFF], "pi3")],
    host_firewall => [(&[code::FORWARD_POLICY_DROP], "pi3")],
    host_firewall_unseen => [(&[code::FORWARD_POLICY_DROP], "pi3")],
    docker_after_flannel => [(&[code::FORWARD_POLICY_DROP], "pi3")],
    docker_before_flannel => [],
    // DNS.
    dns_not_ready => [(&[code::COREDNS_NOT_READY], "pi1")],
    one_dns_pod_not_ready => [(&[code::UNEXPLAINED], "pi2")],
    corefile_rejected => [(&[code::COREFILE_REJECTED], "pi1 pi2")],
    dns_without_answer => [(&[code::COREDNS_NOT_READY], "pi1")],
    // Services.
    kube_proxy_stopped => [(&[code::KUBE_PROXY_WITHOUT_RULES], "pi3")],
    kube_proxy_selects_others => [
        (&[code::KUBE_PROXY_WITHOUT_RULES], "pi2"),
        (&[code::KUBE_PROXY_WITHOUT_RULES], "pi3"),
    ],
    kube_proxy_asks_wifi => [
        (&[code::KUBE_PROXY_SERVER_UNREACHABLE], "pi2"),
        (&[code::KUBE_PROXY_SERVER_UNREACHABLE], "pi3"),
    ],
    no_default_route => [(&[code::NO_ROUTE_TO_SERVICE_RANGE], "pi3")],
    services_not_masqueraded => [(&[code::REPLY_INTO_OTHER_NETWORK], "pi3")],
    services_dropped_for_pods => [(
        &[code::FIREWALL_DROP, code::KUBE_PROXY_WITHOUT_RULES, code::NETWORK_POLICY],
        "pi3",
    )],
    // Not a reply that gets lost, though the route to Services is over the WiFi.
    services_refused => [(
        &[code::FIREWALL_REJECT, code::KUBE_PROXY_WITHOUT_RULES, code::NETWORK_POLICY],
        "pi3",
    )],
    api_service_dropped_for_pods => [(&[code::FIREWALL_DROP, code::NETWORK_POLICY], "pi3")],
    test_service_dropped_for_pods => [(
        &[code::FIREWALL_DROP, code::KUBE_PROXY_WITHOUT_RULES, code::NETWORK_POLICY],
        "pi3",
    )],
};

/// What differs where kube-proxy uses nftables. Its rules drop new connections to addresses in the
/// network of the Services that no Service has: nodes there reach nothing, not even their own API
/// server, so that nothing is known of the cluster.
const IN_NFTABLES: &[(&str, &[ExpectedCause])] = &[(
    "nodes_in_service_range",
    &[(&[code::API_ADDRESS_UNREACHABLE, code::FIREWALL_DROP, code::HOST_OFF], "pi1")],
)];

fn expected(row: &FaultRow, mode: ProxyMode) -> FoundCauses {
    let other = IN_NFTABLES.iter().find(|(name, _)| *name == row.name);
    let other = other.filter(|_| mode == ProxyMode::Nftables);
    let expected = other.map_or(row.expected, |(_, expected)| expected).iter();
    expected.map(|(codes, nodes)| (codes.to_vec(), (*nodes).to_owned())).collect()
}

#[test]
fn every_fault_is_found_in_both_modes_of_kube_proxy() {
    let mut wrong = Vec::new();
    for (row, mode) in ROWS.iter().flat_map(|row| MODES.map(|mode| (row, mode))) {
        let mut twin = ClusterTwin::new(mode);
        (row.fault)(&mut twin);
        let facts = twin.check().facts.unwrap();
        let (found, expected) = (found(&facts), expected(row, mode));
        if found != expected {
            let failed = facts.connectivity_tests.iter().filter(|test| test.outcome.fails());
            let failed: Vec<_> = failed
                .map(|test| format!("{} to {}: {}", test.from, test.to, test.outcome))
                .collect();
            let (name, failed) = (row.name, failed.join("\n"));
            wrong.push(format!("{name} ({mode:?}): {found:?}, not {expected:?}\n{failed}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A cluster that runs is not made anew, whatever is wrong with it.
#[test]
fn no_cure_destroys_the_cluster() {
    for row in ROWS {
        let mut twin = ClusterTwin::new(ProxyMode::Iptables);
        (row.fault)(&mut twin);
        for diagnosis in diagnose_cluster(&twin.check().facts.unwrap()) {
            assert!(!diagnosis.remedies.is_empty(), "{}: {diagnosis:#?}", row.name);
            for remedy in &diagnosis.remedies {
                let words = format!("{remedy:?}");
                let is_bad = ["kubeadm init --", "kubeadm reset", "initialise again"];
                assert!(is_bad.iter().all(|bad| !words.contains(bad)), "{}: {words}", row.name);
            }
        }
    }
}

/// The codes that the sources of the rules name.
fn codes_of_rules() -> BTreeSet<String> {
    let mut open = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/diagnosis_rules"))];
    let mut codes = BTreeSet::new();
    while let Some(path) = open.pop() {
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let source = fs::read_to_string(path).unwrap();
        let names = source.split("code::").skip(1).map(|rest| {
            let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            rest.chars().take_while(|c| is_name(*c)).collect::<String>()
        });
        let names = names.filter(|name| name.len() > 1);
        codes.extend(names.map(|name| name.to_lowercase().replace('_', "-")));
    }
    codes
}

#[test]
fn every_code_of_the_rules_has_a_fault() {
    let expected = ROWS.iter().flat_map(|row| row.expected);
    let covered: BTreeSet<String> =
        expected.flat_map(|(codes, _)| *codes).map(ToString::to_string).collect();
    let mut named = codes_of_rules();
    // No fault of its own: `tests.rs` has the checks that end with it.
    assert!(named.remove(code::UNEXPLAINED.as_str()));
    assert!(named.len() > 30, "the rules are read: {named:?}");
    let missing: Vec<_> = named.difference(&covered).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
