//! A node in memory: its network, its packet filter, its programs, and what it says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use pontoon_model::host::HostName;
use pontoon_model::net::Prefix;
use pontoon_model::snapshot::{Link, Snapshot};
use pontoon_model::untrusted::Untrusted;
use pontoon_netlink::nf_tables::ruleset::NftRuleset;
use serde_json::{Value, json};

use super::packet_filter::{self, ProxyMode};
use crate::node_state::NodeState;
use crate::objects::{ClusterNode, NodeReadiness};

/// How many nodes the cluster has: `pi1` is its control plane.
pub(crate) const NODES: u8 = 3;
/// The clock of the control plane at the beginning, in seconds since 1970.
pub(crate) const BEGIN_S: i64 = 1_795_909_243;

/// What a packet filter does with packets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FilterAction {
    /// They are dropped silently.
    Drop,
    /// The sender is told that the way is prohibited.
    Prohibit,
    /// The sender is told that nothing listens.
    Refuse,
}

/// A node as it is, which includes what it says of itself.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct TwinNode {
    /// Its number: `pi2` has 2.
    pub(crate) number: u8,
    /// What the API server says of it.
    pub(crate) object: ClusterNode,
    /// Its programs and files.
    pub(crate) state: NodeState,
    /// Its links and routes.
    pub(crate) snapshot: Snapshot,
    /// The rules at its forward hook.
    pub(crate) ruleset: NftRuleset,
    /// What its packet filter does with connections to ports of its own.
    pub(crate) inbound: BTreeMap<u16, FilterAction>,
    /// What it does with its own connections to ports elsewhere.
    pub(crate) outbound: BTreeMap<u16, FilterAction>,
    /// kube-proxy has written rules for the cluster's Services.
    pub(crate) has_service_rules: bool,
    /// How long kube-proxy takes to write rules for a new Service.
    pub(crate) service_rules_after: Duration,
    /// kube-proxy gives connections to Services the source address of the link they leave by.
    pub(crate) masquerades: bool,
    /// A policy on the node drops what its pods send to Services.
    pub(crate) drops_services_of_pods: bool,
    /// A packet filter on the node drops what its pods send to this Service.
    pub(crate) dropped_service: Option<IpAddr>,
    /// Its table of Services refuses all of them: kube-proxy has lost what is in it.
    pub(crate) refuses_services: bool,
    /// How long the sandbox of a pod takes.
    pub(crate) pod_address_after: Duration,
    /// Why the network of its pods cannot be entered.
    pub(crate) pods_closed: Option<Untrusted>,
    /// Largest packet that passes its port of the switch, in bytes; larger ones are dropped
    /// silently.
    pub(crate) path_mtu: u32,
    /// Whether it answers an echo (ping).
    pub(crate) answers_echo: bool,
    /// What its kubelet's log holds.
    pub(crate) kubelet_log: String,
}

impl TwinNode {
    /// A node on which everything works.
    pub(super) fn new(number: u8, mode: ProxyMode, services: &[Prefix]) -> Self {
        let programs =
            ["kubelet", "kube-proxy", "containerd", "flanneld", "kube-apiserver", "etcd"];
        let count = if number == 1 { 6 } else { 4 };
        let eth0: IpAddr = ip(&format!("10.0.0.{number}"));
        let ruleset = packet_filter::ruleset(mode, services);
        Self {
            number,
            object: ClusterNode {
                name: format!("pi{number}"),
                internal_ips: vec![eth0],
                ready: NodeReadiness::Yes,
                created_s: Some(BEGIN_S - 100_000),
                pod_cidrs: vec![network(&format!("10.244.{}.0/24", number - 1))],
                is_control_plane: number == 1,
                labels: BTreeMap::from([("host".to_owned(), format!("pi{number}"))]),
                pressures: Vec::new(),
                flannel_ip: Some(eth0),
                pause_images: Vec::new(),
            },
            state: NodeState {
                host_name: format!("pi{number}"),
                addresses: BTreeSet::from([eth0, ip(&format!("172.20.5.{number}"))]),
                has_kubeconfig: number == 1,
                programs: programs[..count].iter().map(ToString::to_string).collect(),
                kubelet_server: Some(Untrusted::new("10.0.0.1:6443")),
                proxy_mode: Some(Untrusted::new(match mode {
                    ProxyMode::Iptables => "iptables",
                    ProxyMode::Nftables => "nftables",
                })),
                cni_files: vec![Untrusted::new("10-flannel.conflist")],
                flannel_subnet: Some(network(&format!("10.244.{}.1/24", number - 1))),
                advertised: (number == 1).then_some(eth0),
                sees_rules: true,
                ..NodeState::default()
            },
            snapshot: snapshot(number),
            ruleset,
            inbound: BTreeMap::new(),
            outbound: BTreeMap::new(),
            has_service_rules: true,
            service_rules_after: Duration::ZERO,
            masquerades: true,
            drops_services_of_pods: false,
            dropped_service: None,
            refuses_services: false,
            pod_address_after: Duration::ZERO,
            pods_closed: None,
            path_mtu: 1500,
            answers_echo: true,
            kubelet_log: String::new(),
        }
    }

    /// The host that it is.
    pub(crate) fn host(&self) -> HostName {
        format!("pi{}", self.number).parse().unwrap()
    }

    /// The address of its test pod: the ninth of the network that flannel has for its pods.
    pub(super) fn test_address(&self) -> IpAddr {
        let subnet = self.state.flannel_subnet;
        let subnet = subnet.unwrap_or_else(|| network(&format!("10.244.{}.1/24", self.number - 1)));
        let IpAddr::V4(first) = subnet.address else { panic!("{subnet}") };
        Ipv4Addr::from_bits(first.to_bits() + 8).into()
    }

    /// The link of that name.
    pub(crate) fn link(&self, name: &str) -> Option<&Link> {
        self.snapshot.links.iter().find(|link| link.name.as_str() == name)
    }

    /// The same, to be changed.
    pub(crate) fn link_mut(&mut self, name: &str) -> &mut Link {
        self.snapshot.links.iter_mut().find(|link| link.name.as_str() == name).unwrap()
    }

    /// Takes a link away, with its routes and addresses.
    pub(crate) fn remove_link(&mut self, name: &str) {
        let is_its = |link: &Option<pontoon_model::net::IfName>| {
            link.as_ref().is_some_and(|link| link.as_str() == name)
        };
        self.snapshot.routes.retain(|route| !is_its(&route.link));
        self.snapshot.links.retain(|link| link.name.as_str() != name);
    }

    /// Stops a program, which for kubelet and kube-proxy leaves what it made.
    pub(crate) fn stop(&mut self, program: &str) {
        assert!(self.state.programs.remove(program), "{program} does not run on {}", self.number);
        if program == "kube-proxy" {
            self.state.proxy_mode = None;
        }
    }

    pub(super) fn runs(&self, program: &str) -> bool {
        self.state.runs(program)
    }
}

/// An address of the twin.
pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A network of the twin.
pub(crate) fn network(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn link(index: u32, name: &str, kind: &str, mtu: u32, address: &str) -> Value {
    json!({
        "name": name, "index": index, "mac": format!("02:00:00:00:00:{index:02x}"), "mtu": mtu,
        "kind": kind, "is_up": true, "has_carrier": true, "master": null, "radio": null,
        "sysctls": {},
        "addresses": [{ "prefix": address, "scope": 0, "flags": 128, "valid_s": null }],
    })
}

fn route(to: &str, link: &str, gateway: &str) -> Value {
    json!({
        "destination": to, "gateway": gateway, "link": link, "source": null, "metric": 0,
        "table": 254, "protocol": 3, "kind": "unicast", "flags": 0,
    })
}

/// The network of a host: two links, flannel's link and bridge, and routes to the other nodes' pods.
fn snapshot(number: u8) -> Snapshot {
    let third = number - 1;
    let mut routes = vec![route("0.0.0.0/0", "wlan0", "172.20.0.1")];
    for other in (0..NODES).filter(|other| *other != third) {
        let gateway = format!("10.244.{other}.0");
        routes.push(route(&format!("{gateway}/24"), "flannel.1", &gateway));
    }
    let value = json!({
        "host_name": format!("pi{number}"),
        "links": [
            link(2, "eth0", "ethernet", 1500, &format!("10.0.0.{number}/24")),
            link(3, "wlan0", "wifi", 1500, &format!("172.20.5.{number}/16")),
            link(4, "flannel.1", "tunnel", 1450, &format!("10.244.{third}.0/32")),
            link(5, "cni0", "bridge", 1450, &format!("10.244.{third}.1/24")),
        ],
        "routes": routes, "rules": [], "neighbours": [],
        "forwarding": { "ipv4": true, "ipv6": false }, "all_links": {},
        "resolver": { "servers": [], "search": [] }, "hosts_file": [],
        "clock": { "unix_s": BEGIN_S },
        "netfilter": { "is_readable": true, "tables": [], "legacy_tables": [], "owners": [] },
        "privileges": { "net_raw": true, "net_admin": true },
    });
    serde_json::from_value(value).unwrap()
}
