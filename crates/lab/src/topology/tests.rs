//! The steps of each node, from the text of a scenario.

use super::*;
use crate::scenario::{NodeRole, parse};

/// A WiFi with a relay on one of its stations, a switch, a router and a server.
const SCENARIO: &str = r#"
title = "A small campus"
truth = "Only what is said."
[network.wifi]
kind = "access-point"
isolation = "all-frames"
relay = { hosts = ["pi1"], delay-ms = 5 }
[network.wire]
kind = "switch"
mtu = 1400
[host.pi1]
resolver = ["203.0.113.53"]
links.wlan0 = { network = "wifi", address = "172.20.5.1/16", gateway = "172.20.0.1" }
links.eth0 = { network = "wire", address = ["192.168.50.1/24", "2001:db8::1/64"] }
[host.a-name-that-is-too-long-for-an-interface]
links.wlan0 = { network = "wifi", address = "172.20.5.2/16" }
[host.worker]
kubernetes = "worker"
links.eth0 = { network = "wire", address = "192.168.50.3/24", gateway = "10.9.9.9" }
[router.gw]
masquerade = ["up0"]
links.lan0 = { network = "wifi", address = "172.20.0.1/16" }
links.up0 = { network = "wire" }
"#;

fn planned() -> LabPlan {
    plan(&parse("small", SCENARIO).unwrap())
}

fn ip_lines(steps: &[NodeStep]) -> String {
    let lines = steps.iter().filter_map(|step| match step {
        NodeStep::Ip(batch) => Some(batch.as_str()),
        _ => None,
    });
    lines.collect()
}

fn kernel_setting<'a>(steps: &'a [NodeStep], wanted: &str) -> Option<&'a str> {
    let mut values = steps.iter().filter_map(|step| match step {
        NodeStep::Sysctl { key, value, .. } if key == wanted => Some(value.as_str()),
        _ => None,
    });
    // The last one holds.
    values.next_back()
}

#[test]
fn a_cable_leads_from_each_link_to_its_network() {
    let plan = planned();
    let ends: Vec<_> = plan
        .cables
        .iter()
        .map(|cable| format!("{} {} {}", cable.machine, cable.link, cable.port))
        .collect();
    // pi1's frames on the WiFi pass the relay; a name of 15 letters is the longest of a port.
    let expected = [
        "a-name-that-is-too-long-for-an-interface wlan0 sta-1",
        "pi1 wlan0 air-2",
        "gw lan0 up-gw",
        "pi1 eth0 sta-pi1",
        "worker eth0 sta-worker",
        "gw up0 up-gw",
    ];
    assert_eq!(ends, expected);
    let mut macs: Vec<Mac> = plan.cables.iter().map(|cable| cable.mac).collect();
    macs.sort_unstable();
    macs.dedup();
    assert_eq!(macs.len(), plan.cables.len(), "no two links have one MAC address");
    assert!(macs.iter().all(|mac| mac.0[0] & 0b11 == 0b10), "locally administered, no group");
}

#[test]
fn only_hosts_have_files_and_names_of_their_own() {
    let plan = planned();
    let with_files: Vec<&str> = plan
        .nodes
        .iter()
        .filter_map(|(key, node)| node.etc.is_some().then_some(key.as_str()))
        .collect();
    assert_eq!(with_files, ["a-name-that-is-too-long-for-an-interface", "pi1", "worker"]);
    let etc = plan.nodes["pi1"].etc.as_ref().unwrap();
    assert_eq!(etc.resolv, "nameserver 203.0.113.53\n");
    // By the switch, where a host is on one.
    assert!(etc.hosts.contains("\n192.168.50.3 worker\n"), "{}", etc.hosts);
    assert!(!etc.hosts.contains("172.20.5.1"), "its own name stands for 127.0.1.1");
}

#[test]
fn links_are_up_before_routes_lead_over_them() {
    let plan = planned();
    let lines = ip_lines(&plan.nodes["pi1"].steps);
    let at = |line: &str| lines.find(line).unwrap_or_else(|| panic!("no `{line}` in\n{lines}"));
    let route = at("route add default via 172.20.0.1 dev wlan0 metric 600\n");
    assert!(at("link set dev eth0 up\n") < route && at("link set dev wlan0 up\n") < route);
    assert!(lines.contains("address add 2001:db8::1/64 dev eth0 nodad\n"), "{lines}");
    // A gateway that is in no network of the link.
    let lines = ip_lines(&plan.nodes["worker"].steps);
    assert!(lines.contains("via 10.9.9.9 dev eth0 onlink\n"), "{lines}");
}

#[test]
fn kernel_settings_are_those_of_the_part_a_machine_plays() {
    let plan = planned();
    let of = |key: &str, setting: &str| kernel_setting(&plan.nodes[key].steps, setting);
    assert_eq!(of("gw", "net/ipv4/ip_forward"), Some("1"));
    assert_eq!(of("pi1", "net/ipv4/ip_forward"), Some("0"));
    assert_eq!(of("worker", "net/ipv6/conf/all/disable_ipv6"), Some("1"));
    assert_eq!(of("pi1", "net/ipv6/conf/all/disable_ipv6"), None);
}

#[test]
fn a_kubernetes_node_is_made_when_the_network_is_there() {
    let plan = planned();
    let setup = KubernetesNodeSetup { name: "worker".to_owned(), role: NodeRole::Worker };
    assert_eq!(plan.nodes["worker"].services, [NodeStep::Kubernetes(setup)]);
    let is_made = |step: &NodeStep| matches!(step, NodeStep::Kubernetes(_));
    assert!(!plan.nodes.values().any(|node| node.steps.iter().any(is_made)));
}

#[test]
fn an_access_point_isolates_its_stations_and_not_its_uplink() {
    let plan = planned();
    let lines = ip_lines(&plan.nodes[&network_key("wifi")].steps);
    assert!(lines.contains("link set dev sta-1 type bridge_slave isolated on\n"), "{lines}");
    assert!(!lines.contains("dev up-gw type bridge_slave"), "{lines}");
    let lines = ip_lines(&plan.nodes[&network_key("wire")].steps);
    assert!(lines.contains("link set dev sta-pi1 mtu 1400\n"), "{lines}");
}
