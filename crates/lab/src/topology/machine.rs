//! What a host, router or server does when the lab is raised.

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};

use super::{
    EtcFiles, NodePlan, NodeStep, ServiceHelperConfig, addresses, best_address, line, sysctl,
    sysctl_if_there,
};
use crate::kubernetes_node::KubernetesNodeSetup;
use crate::scenario::{Attachment, Machine, MachineRole, Scenario};

/// What `NetworkManager` gives the default route of a radio link.
const RADIO_METRIC: u32 = 600;

pub(super) fn node(
    scenario: &Scenario,
    name: &HostName,
    machine: &Machine,
    part: MachineRole,
) -> NodePlan {
    let etc = (part == MachineRole::Host).then(|| etc(scenario, name, machine));
    let mut steps: Vec<NodeStep> = etc.iter().cloned().map(NodeStep::HostFiles).collect();
    steps.push(NodeStep::PingGroups);
    steps.extend(before_links(machine, part));
    steps.push(NodeStep::Ip(links(scenario, machine)));
    steps.extend(machine.proxy_arp.iter().flat_map(proxy_arp));
    for (key, value) in &machine.sysctls {
        steps.push(sysctl(proc_path(key), value));
    }
    let masquerade = masquerade(machine);
    steps.extend(masquerade.into_iter().chain(machine.nft.clone()).map(NodeStep::Nft));
    steps.extend(machine.run.iter().cloned().map(NodeStep::Run));
    let mut services = Vec::new();
    if !machine.services.is_empty() {
        services.push(NodeStep::Serve(ServiceHelperConfig {
            services: machine.services.clone(),
            addresses: addresses(machine),
            internet: scenario.internet,
            internet_time: scenario.internet_time,
        }));
    }
    if let Some(role) = machine.kubernetes {
        services.push(NodeStep::Kubernetes(KubernetesNodeSetup { name: name.to_string(), role }));
    }
    NodePlan { etc, steps, services }
}

/// `sysctl`'s names use either sign between parts; with `/`, a dot is part of a name.
fn proc_path(key: &str) -> String {
    if key.contains('/') { key.to_owned() } else { key.replace('.', "/") }
}

/// What a kernel has before anybody changes it (Documentation/networking/ip-sysctl.rst). A new
/// namespace begins with the settings of the machine, and those may be anything
/// (`net.core.devconf_inherit_init_net`).
const KERNEL_DEFAULTS: [(&str, u8); 8] = [
    ("rp_filter", 0),
    ("arp_ignore", 0),
    ("arp_announce", 0),
    ("arp_filter", 0),
    ("proxy_arp", 0),
    ("accept_redirects", 1),
    ("send_redirects", 1),
    ("accept_local", 0),
];

fn before_links(machine: &Machine, part: MachineRole) -> Vec<NodeStep> {
    let has_v6 = addresses(machine).iter().any(std::net::IpAddr::is_ipv6);
    let mut steps = vec![sysctl("net/ipv4/ip_forward", &0)];
    for link in ["all", "default"].into_iter().chain(machine.links.keys().map(IfName::as_str)) {
        let set = |(key, value)| sysctl(format!("net/ipv4/conf/{link}/{key}"), &value);
        steps.extend(KERNEL_DEFAULTS.map(set));
    }
    if has_v6 {
        // Duplicate address detection would hold each address back for a second.
        let all = ["all", "default"].map(str::to_owned).into_iter();
        for link in all.chain(machine.links.keys().map(ToString::to_string)) {
            steps.push(sysctl(format!("net/ipv6/conf/{link}/accept_dad"), &0));
        }
    } else {
        // A kernel without IPv6 is as good.
        steps.push(sysctl_if_there("net/ipv6/conf/all/disable_ipv6", &1));
    }
    if part == MachineRole::Router {
        steps.push(sysctl("net/ipv4/ip_forward", &1));
        if has_v6 {
            steps.push(sysctl("net/ipv6/conf/all/forwarding", &1));
        }
    }
    steps
}

fn links(scenario: &Scenario, machine: &Machine) -> String {
    let mut batch = String::new();
    line(&mut batch, format_args!("link set lo up"));
    for (link, attachment) in &machine.links {
        let network = scenario.network.get(&attachment.network);
        if network.is_some_and(|network| network.relay.is_some()) {
            // The relay carries single frames, no bundles of them.
            line(&mut batch, format_args!("link set dev {link} gso_max_segs 1"));
        }
        if let Some(mtu) = attachment.mtu {
            line(&mut batch, format_args!("link set dev {link} mtu {mtu}"));
        }
        for prefix in attachment.address.as_slice() {
            let nodad = if prefix.family() == IpFamily::V6 { " nodad" } else { " brd +" };
            line(&mut batch, format_args!("address add {prefix} dev {link}{nodad}"));
        }
        if attachment.up {
            line(&mut batch, format_args!("link set dev {link} up"));
        }
    }
    // When all links are up: a route may use any of them.
    for (link, attachment) in machine.links.iter().filter(|(_, attachment)| attachment.up) {
        default_routes(&mut batch, link, attachment);
    }
    for words in &machine.rules {
        line(&mut batch, format_args!("rule add {words}"));
    }
    for words in &machine.routes {
        line(&mut batch, format_args!("route add {words}"));
    }
    for words in &machine.neighbours {
        line(&mut batch, format_args!("neighbour replace {words}"));
    }
    batch
}

fn default_routes(batch: &mut String, link: &IfName, attachment: &Attachment) {
    let is_radio = link.as_str().starts_with("wl");
    let metric = attachment.metric.unwrap_or(if is_radio { RADIO_METRIC } else { 0 });
    let metric = if metric == 0 { String::new() } else { format!(" metric {metric}") };
    for gateway in attachment.gateway.as_slice() {
        let is_near = |prefix: &pontoon_model::net::Prefix| prefix.contains(*gateway);
        let onlink = if attachment.address.as_slice().iter().any(is_near) { "" } else { " onlink" };
        line(batch, format_args!("route add default via {gateway} dev {link}{metric}{onlink}"));
    }
}

fn proxy_arp(link: &IfName) -> [NodeStep; 2] {
    [
        sysctl(format!("net/ipv4/conf/{link}/proxy_arp_pvlan"), &1),
        // Otherwise the kernel waits up to 0.8 s before it answers.
        sysctl(format!("net/ipv4/neigh/{link}/proxy_delay"), &0),
    ]
}

fn masquerade(machine: &Machine) -> Option<String> {
    let links: Vec<String> = machine.masquerade.iter().map(|link| format!("\"{link}\"")).collect();
    let links = Some(links.join(", ")).filter(|links| !links.is_empty())?;
    Some(format!(
        "table inet pontoon-nat {{\n  chain leave {{\n    type nat hook postrouting priority \
         srcnat;\n    oifname {{ {links} }} masquerade\n  }}\n}}\n"
    ))
}

fn etc(scenario: &Scenario, name: &HostName, machine: &Machine) -> EtcFiles {
    let lines = machine.hosts_file.clone().unwrap_or_else(|| {
        let mut lines = vec!["127.0.0.1 localhost".to_owned(), format!("127.0.1.1 {name}")];
        for (other, machine) in scenario.host.iter().filter(|(other, _)| *other != name) {
            lines.extend(best_address(scenario, machine).map(|at| format!("{at} {other}")));
        }
        lines
    });
    let servers = machine.resolver.iter().map(|server| format!("nameserver {server}\n"));
    EtcFiles { name: name.clone(), hosts: lines.join("\n") + "\n", resolv: servers.collect() }
}
