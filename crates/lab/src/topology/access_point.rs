//! What a switch or an access point does when the lab is raised: a bridge, the flags of its
//! ports, and rules in nftables' `bridge` family.

use std::net::IpAddr;

use super::{BridgePort, NodePlan, NodeStep, RelayHelperConfig, line, sysctl_if_there};
use crate::scenario::{Network, OneWayBlock, Scenario, StationIsolation};

pub(super) fn node(scenario: &Scenario, network: &Network, ports: &[BridgePort<'_>]) -> NodePlan {
    let mut steps = vec![sysctl_if_there("net/ipv6/conf/all/disable_ipv6", &1)];
    steps.push(NodeStep::Ip(bridges(network, ports)));
    steps.extend(frames_of_packet_filters(network));
    steps.push(NodeStep::Nft(rules(scenario, network, ports)));
    if network.proxy_arp {
        steps.extend(answering(network, ports));
    }
    steps.extend(stateful(network, ports));
    steps.extend(network.nft.clone().map(NodeStep::Nft));
    let pairs: Vec<_> = ports.iter().filter(|port| port.is_relayed(network)).collect();
    if let Some(manner) = network.relay.clone().filter(|_| !pairs.is_empty()) {
        let pairs = pairs.into_iter().map(BridgePort::relay_ends).collect();
        steps.push(NodeStep::Relay(RelayHelperConfig { manner, pairs }));
    }
    NodePlan { etc: None, steps, services: Vec::new() }
}

/// With `br_netfilter` loaded, a new namespace sends bridged frames through the IP chains.
fn frames_of_packet_filters(network: &Network) -> Vec<NodeStep> {
    let ip = u8::from(network.block.iter().any(|block| block.stateful));
    let set = |which: &str, value: u8| {
        sysctl_if_there(format!("net/bridge/bridge-nf-call-{which}"), &value)
    };
    vec![set("iptables", ip), set("ip6tables", 0), set("arptables", 0)]
}

fn bridges(network: &Network, ports: &[BridgePort<'_>]) -> String {
    let mut batch = String::new();
    let points = network.access_points.map_or(0..=0, |points| 1..=points);
    for bridge in std::iter::once(0).chain(points.clone().filter(|point| *point > 0)) {
        line(
            &mut batch,
            format_args!(
                "link add br{bridge} type bridge stp_state 0 mcast_snooping 0 forward_delay 0"
            ),
        );
        line(&mut batch, format_args!("link set dev br{bridge} up"));
    }
    for point in points.filter(|point| *point > 0) {
        line(&mut batch, format_args!("link add dist-{point} type veth peer name wire-{point}"));
        line(&mut batch, format_args!("link set dev dist-{point} master br0 up"));
        line(&mut batch, format_args!("link set dev wire-{point} master br{point} up"));
        if network.isolation_between_access_points {
            line(
                &mut batch,
                format_args!("link set dev dist-{point} type bridge_slave isolated on"),
            );
        }
    }
    for port in ports {
        plug(&mut batch, network, port);
    }
    batch
}

fn plug(batch: &mut String, network: &Network, port: &BridgePort<'_>) {
    let name = &port.name;
    let bridge = bridge_of(network, port);
    let mut mouth = name.clone();
    if port.is_relayed(network) {
        let (air, relay) = port.relay_ends();
        line(batch, format_args!("link add {relay} type veth peer name {name}"));
        for end in [&air, &relay] {
            line(batch, format_args!("link set dev {end} gso_max_segs 1"));
        }
        line(batch, format_args!("link set dev {relay} up"));
        mouth = air;
    }
    if let Some(mtu) = network.mtu {
        line(batch, format_args!("link set dev {name} mtu {mtu}"));
    }
    line(batch, format_args!("link set dev {name} master br{bridge} up"));
    let state = if port.attachment.carrier { "up" } else { "down" };
    line(batch, format_args!("link set dev {mouth} {state}"));
    if !port.is_station {
        return;
    }
    let mut flags = String::new();
    if network.isolation == StationIsolation::AllFrames {
        flags.push_str(" isolated on");
    }
    if network.group_suppressed {
        flags.push_str(" bcast_flood off mcast_flood off");
    }
    if network.proxy_arp {
        flags.push_str(" proxy_arp_wifi on");
    }
    if !flags.is_empty() {
        line(batch, format_args!("link set dev {name} type bridge_slave{flags}"));
    }
}

/// Stations hang on their access point, all else on the switch between them.
fn bridge_of(network: &Network, port: &BridgePort<'_>) -> u8 {
    let is_on_point = port.is_station && network.access_points.is_some();
    if is_on_point { port.attachment.access_point.unwrap_or(1) } else { 0 }
}

/// The rules of the forwarding path, in the order in which an access point would apply them.
fn rules(scenario: &Scenario, network: &Network, ports: &[BridgePort<'_>]) -> String {
    let mut table = String::from("table bridge pontoon {\n");
    if network.source_guard {
        table.push_str(&guard(ports));
    }
    table.push_str("  chain pass {\n    type filter hook forward priority 0; policy accept;\n");
    for port in ports.iter().filter(|port| network.unregistered.contains(port.host)) {
        let name = &port.name;
        line(&mut table, format_args!("    iifname \"{name}\" counter drop"));
        line(&mut table, format_args!("    oifname \"{name}\" counter drop"));
    }
    if network.loss_percent > 0 {
        let percent = network.loss_percent;
        line(&mut table, format_args!("    numgen random mod 100 < {percent} counter drop"));
    }
    let stations = set(ports.iter().filter(|port| port.is_station).map(|port| port.name.as_str()));
    if network.isolation == StationIsolation::Unicast && !stations.is_empty() {
        line(
            &mut table,
            format_args!(
                "    iifname {{ {stations} }} oifname {{ {stations} }} \
             ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00 counter drop"
            ),
        );
    }
    for block in network.block.iter().filter(|block| !block.stateful) {
        for (from, to) in pairs(block, ports) {
            line(
                &mut table,
                format_args!("    iifname \"{}\" oifname \"{}\" counter drop", from.name, to.name),
            );
        }
    }
    if !network.only_with.is_empty() && !stations.is_empty() {
        table.push_str(&allow_list(scenario, network, ports, &stations));
    }
    table.push_str("  }\n}\n");
    table
}

fn set<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn pairs<'a, 'b>(
    block: &OneWayBlock,
    ports: &'b [BridgePort<'a>],
) -> Vec<(&'b BridgePort<'a>, &'b BridgePort<'a>)> {
    let of = |host| ports.iter().filter(move |port| port.host == host);
    of(&block.from).flat_map(|from| of(&block.to).map(move |to| (from, to))).collect()
}

/// Gateway-MAC allow list: stations may exchange frames with these MACs, and ask for their
/// addresses; nothing else.
fn allow_list(
    scenario: &Scenario,
    network: &Network,
    ports: &[BridgePort<'_>],
    stations: &str,
) -> String {
    let allowed: Vec<&BridgePort<'_>> =
        ports.iter().filter(|port| network.only_with.contains(port.host)).collect();
    let macs: Vec<String> = allowed.iter().map(|port| port.mac.to_string()).collect();
    let macs = macs.join(", ");
    let mut addresses: Vec<String> = Vec::new();
    for (name, machine, _) in scenario.machines() {
        if network.only_with.contains(name) {
            let all = super::addresses(machine);
            addresses.extend(all.iter().filter(|at| at.is_ipv4()).map(ToString::to_string));
        }
    }
    let mut text = String::new();
    for rule in [
        format!("iifname {{ {stations} }} ether daddr {{ {macs} }} accept"),
        format!("oifname {{ {stations} }} ether saddr {{ {macs} }} accept"),
        format!(
            "iifname {{ {stations} }} ether type arp arp daddr ip {{ {} }} accept",
            addresses.join(", ")
        ),
        format!("iifname {{ {stations} }} counter drop"),
        format!("oifname {{ {stations} }} counter drop"),
    ] {
        line(&mut text, format_args!("    {rule}"));
    }
    text
}

/// Port security, ARP inspection and IP source guard: what a station sends carries the MAC and
/// the addresses it has.
fn guard(ports: &[BridgePort<'_>]) -> String {
    let stations: Vec<&BridgePort<'_>> = ports.iter().filter(|port| port.is_station).collect();
    let mut macs = Vec::new();
    let mut bindings = Vec::new();
    for port in &stations {
        macs.push(format!("\"{}\" . {}", port.name, port.mac));
        for prefix in port.attachment.address.as_slice() {
            if let IpAddr::V4(address) = prefix.address {
                bindings.push(format!("\"{}\" . {} . {address}", port.name, port.mac));
            }
        }
    }
    let elements = |all: Vec<String>| {
        if all.is_empty() { String::new() } else { format!("elements = {{ {} }}", all.join(", ")) }
    };
    let names = set(stations.iter().map(|port| port.name.as_str()));
    if names.is_empty() {
        return String::new();
    }
    let (macs, bindings) = (elements(macs), elements(bindings));
    format!(
        "  set macs {{\n    type ifname . ether_addr\n    {macs}\n  }}\n  \
         set bindings {{\n    type ifname . ether_addr . ipv4_addr\n    {bindings}\n  }}\n  \
         chain guard {{\n    type filter hook prerouting priority 0; policy accept;\n    \
         iifname != {{ {names} }} accept\n    \
         iifname . ether saddr != @macs counter drop\n    \
         ether type arp iifname . arp saddr ether . arp saddr ip != @bindings counter drop\n    \
         ether type ip udp sport 68 udp dport 67 accept\n    \
         ether type ip iifname . ether saddr . ip saddr != @bindings counter drop\n  }}\n"
    )
}

/// The bridge answers ARP for stations from its own neighbour table (`br_do_proxy_suppress_arp`
/// in the kernel's `net/bridge/br_arp_nd_proxy.c`), and only for MACs it can locate.
fn answering(network: &Network, ports: &[BridgePort<'_>]) -> Vec<NodeStep> {
    let mut neighbours = String::new();
    let mut places = String::new();
    for port in ports {
        let at = bridge_of(network, port);
        let (name, mac) = (&port.name, port.mac);
        for prefix in port.attachment.address.as_slice() {
            if let IpAddr::V4(address) = prefix.address {
                line(
                    &mut neighbours,
                    format_args!(
                        "neighbour replace {address} lladdr {mac} dev br{at} nud permanent"
                    ),
                );
            }
        }
        line(&mut places, format_args!("fdb replace {mac} dev {name} master static"));
    }
    vec![NodeStep::Ip(neighbours), NodeStep::Bridge(places)]
}

/// A one-way filter with memory. The `bridge` family has no connection tracking on every kernel,
/// so bridged IPv4 passes the IP chains (`bridge-nf-call-iptables`).
fn stateful(network: &Network, ports: &[BridgePort<'_>]) -> Option<NodeStep> {
    let mut rules = String::new();
    for block in network.block.iter().filter(|block| block.stateful) {
        for (from, to) in pairs(block, ports) {
            let addresses = |port: &BridgePort<'_>| -> Vec<IpAddr> {
                let prefixes = port.attachment.address.as_slice().iter();
                prefixes.map(|prefix| prefix.address).filter(IpAddr::is_ipv4).collect()
            };
            for source in addresses(from) {
                for target in addresses(to) {
                    line(
                        &mut rules,
                        format_args!("    ip saddr {source} ip daddr {target} counter drop"),
                    );
                }
            }
        }
    }
    (!rules.is_empty()).then(|| {
        NodeStep::Nft(format!(
            "table ip pontoon-state {{\n  chain pass {{\n    type filter hook forward priority 0; \
             policy accept;\n    ct state established,related accept\n{rules}  }}\n}}\n"
        ))
    })
}
