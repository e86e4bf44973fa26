//! From a scenario to what each node of the lab must do: pure, so that it can be read and tested.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Mac};
use serde::{Deserialize, Serialize};

use crate::kubernetes_node::KubernetesNodeSetup;
use crate::scenario::{
    Attachment, LinkImpairment, Machine, MachineRole, Network, NetworkKind, Scenario, ServiceSpec,
};
use crate::ssh::SshSetup;

mod access_point;
mod machine;
#[cfg(test)]
mod tests;

/// The whole lab as work for its nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabPlan {
    /// Nodes by key: a machine's name, or `network:NAME`.
    pub(crate) nodes: BTreeMap<String, NodePlan>,
    /// Cables between them.
    pub(crate) cables: Vec<VethPair>,
}

/// A node: a process with a network namespace of its own.
#[derive(Clone, Debug)]
pub(crate) struct NodePlan {
    /// A host has mounts, processes and a name of its own as well.
    pub(crate) etc: Option<EtcFiles>,
    /// What it does first.
    pub(crate) steps: Vec<NodeStep>,
    /// What it does when all other nodes have done that.
    pub(crate) services: Vec<NodeStep>,
}

/// What is particular in a host's `/etc`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct EtcFiles {
    pub(crate) name: HostName,
    pub(crate) hosts: String,
    pub(crate) resolv: String,
}

/// A virtual cable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VethPair {
    /// The machine's end.
    pub(crate) machine: String,
    pub(crate) link: IfName,
    pub(crate) mac: Mac,
    /// The network's end.
    pub(crate) network: String,
    pub(crate) port: String,
}

/// One step of a node.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NodeStep {
    /// Take this name and this `/etc`.
    HostFiles(EtcFiles),
    /// Allow ping sockets.
    PingGroups,
    /// Write kernel settings; `/`-separated below `/proc/sys`.
    Sysctl {
        key: String,
        value: String,
        /// Fine if the kernel does not have it.
        optional: bool,
    },
    /// Give these lines to `ip -batch`.
    Ip(String),
    /// Give these lines to `bridge -batch`.
    Bridge(String),
    /// Give these rules to `nft -f`.
    Nft(String),
    /// Run a program to its end.
    Run(Vec<String>),
    /// Start our own services.
    Serve(ServiceHelperConfig),
    /// Start our own relay.
    Relay(RelayHelperConfig),
    /// Be a Kubernetes node.
    Kubernetes(KubernetesNodeSetup),
    /// Have an ssh server, and the way to those of the others.
    Ssh(SshSetup),
}

/// The configuration of the service helper.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct ServiceHelperConfig {
    pub(crate) services: Vec<ServiceSpec>,
    /// One UDP socket for each, so that answers leave from the address that the request was sent to.
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) internet: Option<IpAddr>,
    pub(crate) internet_time: Option<IpAddr>,
}

/// The configuration of the relay helper.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct RelayHelperConfig {
    pub(crate) manner: LinkImpairment,
    /// Pairs of interfaces: the station's side, the access point's side.
    pub(crate) pairs: Vec<(String, String)>,
}

/// A link of a machine as its network sees it.
pub(crate) struct BridgePort<'a> {
    pub(crate) name: String,
    pub(crate) host: &'a HostName,
    pub(crate) link: &'a IfName,
    pub(crate) attachment: &'a Attachment,
    pub(crate) mac: Mac,
    pub(crate) is_station: bool,
    pub(crate) ordinal: usize,
}

impl BridgePort<'_> {
    /// Whether its frames pass the network's relay.
    fn is_relayed(&self, network: &Network) -> bool {
        let relay = network.relay.as_ref().filter(|_| self.is_station);
        relay.is_some_and(|relay| relay.hosts.is_empty() || relay.hosts.contains(self.host))
    }

    /// The two interfaces between which the relay carries its frames: toward the station, and
    /// toward the bridge.
    fn relay_ends(&self) -> (String, String) {
        (format!("air-{}", self.ordinal), format!("relay-{}", self.ordinal))
    }
}

/// The key of a network's node; no machine's name has a colon.
pub(crate) fn network_key(name: &str) -> String {
    format!("network:{name}")
}

/// Plans the lab.
pub(crate) fn plan(scenario: &Scenario) -> LabPlan {
    let mut plan = LabPlan::default();
    for (name, network) in &scenario.network {
        let ports = ports(scenario, name);
        for port in &ports {
            plan.cables.push(cable(name, network, port));
        }
        plan.nodes.insert(network_key(name), access_point::node(scenario, network, &ports));
    }
    for (name, machine, part) in scenario.machines() {
        plan.nodes.insert(name.to_string(), machine::node(scenario, name, machine, part));
    }
    plan
}

fn cable(name: &str, network: &Network, port: &BridgePort<'_>) -> VethPair {
    VethPair {
        machine: port.host.to_string(),
        link: port.link.clone(),
        mac: port.mac,
        network: network_key(name),
        port: if port.is_relayed(network) { port.relay_ends().0 } else { port.name.clone() },
    }
}

/// The ports of a network in the order of its machines.
fn ports<'a>(scenario: &'a Scenario, network: &str) -> Vec<BridgePort<'a>> {
    let mut ports: Vec<BridgePort<'a>> = Vec::new();
    for (index, (host, machine, part)) in scenario.machines().enumerate() {
        for (place, (link, attachment)) in machine.links.iter().enumerate() {
            if attachment.network != network {
                continue;
            }
            let ordinal = ports.len() + 1;
            let is_station = attachment.station.unwrap_or(part == MachineRole::Host);
            let chosen = attachment.port.as_ref().map(ToString::to_string);
            let name = chosen.unwrap_or_else(|| port_name(&ports, host, is_station, ordinal));
            let mac = attachment.mac.unwrap_or_else(|| mac(index, place));
            ports.push(BridgePort { name, host, link, attachment, mac, is_station, ordinal });
        }
    }
    ports
}

/// `sta-HOST` or `up-HOST`; where that is too long or taken, the ordinal in place of the name.
fn port_name(
    taken: &[BridgePort<'_>],
    host: &HostName,
    is_station: bool,
    ordinal: usize,
) -> String {
    let start = if is_station { "sta" } else { "up" };
    let name = format!("{start}-{host}");
    if name.len() <= IfName::MAX_LEN && taken.iter().all(|port| port.name != name) {
        name
    } else {
        format!("{start}-{ordinal}")
    }
}

/// A locally administered address (IEEE 802: the second lowest bit of the first octet) that is
/// the same in every run.
fn mac(machine: usize, link: usize) -> Mac {
    let octet = |number: usize| u8::try_from(number + 1).unwrap_or(u8::MAX);
    Mac([0x02, 0xaa, 0, 0, octet(machine), octet(link)])
}

/// The addresses of a machine, link by link.
pub(crate) fn addresses(machine: &Machine) -> Vec<IpAddr> {
    let of = |attachment: &Attachment| -> Vec<IpAddr> {
        attachment.address.as_slice().iter().map(|prefix| prefix.address).collect()
    };
    machine.links.values().flat_map(of).collect()
}

/// Where a host is best reached by name: on a switch if it has one, else on its first link.
fn best_address(scenario: &Scenario, machine: &Machine) -> Option<IpAddr> {
    let is_switch = |attachment: &&Attachment| {
        scenario
            .network
            .get(&attachment.network)
            .is_some_and(|network| network.kind == NetworkKind::Switch)
    };
    let first = |attachment: &Attachment| {
        attachment.address.as_slice().first().map(|prefix| prefix.address)
    };
    let wired = machine.links.values().filter(is_switch).find_map(first);
    wired.or_else(|| machine.links.values().find_map(first))
}

/// One more line of a batch.
fn line(batch: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(batch, "{text}");
}

fn sysctl(key: impl Into<String>, value: &dyn std::fmt::Display) -> NodeStep {
    NodeStep::Sysctl { key: key.into(), value: value.to_string(), optional: false }
}

fn sysctl_if_there(key: impl Into<String>, value: &dyn std::fmt::Display) -> NodeStep {
    NodeStep::Sysctl { key: key.into(), value: value.to_string(), optional: true }
}
