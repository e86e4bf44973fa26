//! Hosts, routers and servers: machines with links into networks.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::net::{IfName, Mac, Prefix};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service_spec::ServiceSpec;

/// A machine: a host under examination, a router or a server.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Machine {
    /// Its network interfaces, by name.
    #[serde(default)]
    pub links: BTreeMap<IfName, Attachment>,
    /// More routes, each the words after `ip route add`, such as
    /// `"192.0.2.0/24 via 172.20.0.1 dev wlan0 table 100"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<String>,
    /// Policy-routing rules, each the words after `ip rule add`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Static neighbours, each the words after `ip neighbour replace`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub neighbours: Vec<String>,
    /// Kernel settings of the network (`net.`) by their `sysctl` names, applied when the links are up; `/` in place of
    /// `.` where a link's name has a dot.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sysctls: BTreeMap<String, SysctlValue>,
    /// Packet filter rules as `nft -f` reads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nft: Option<String>,
    /// Links through which packets of others leave with this machine's own address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masquerade: Vec<IfName>,
    /// Links on which ARP is answered with this machine's own MAC for every address that is
    /// reached through that same link (`proxy_arp_pvlan`, RFC 3069), without delay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proxy_arp: Vec<IfName>,
    /// Servers in `/etc/resolv.conf`. The default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolver: Vec<IpAddr>,
    /// All lines of `/etc/hosts`. The default: `127.0.0.1 localhost`, `127.0.1.1 NAME`, and one
    /// line for every other host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts_file: Option<Vec<String>>,
    /// What it serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceSpec>,
    /// Programs to run at the end, each a list of arguments; no shell is involved. Each must end
    /// well within ten seconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<Vec<String>>,
    /// That it is a Kubernetes node, with the images of this role (hosts only). The real containerd
    /// runs on it and waits for `kubeadm init` or `kubeadm join`. `pontoon` makes no such node; the
    /// program of the tests does, `pontoon-lab-kubernetes` (docs/lab.md).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<NodeRole>,
    /// Whether an agent may be started on it (hosts only). `false`: a host that is switched off,
    /// or one that the user cannot log in to.
    #[serde(default = "super::yes")]
    pub agent: bool,
}

/// What a Kubernetes node will be, and so which images it has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeRole {
    /// `kubeadm init`, or `kubeadm join --control-plane`.
    ControlPlane,
    /// A node for `kubeadm join`.
    Worker,
}

/// The value of a kernel setting.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub enum SysctlValue {
    /// Such as `1`.
    Number(i64),
    /// Such as `"0 0"`.
    Text(String),
}

impl std::fmt::Display for SysctlValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A network interface and the network it is plugged into.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attachment {
    /// The name of the network.
    pub network: String,
    /// Its addresses with prefix length, of either family.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub address: OneOrMany<Prefix>,
    /// Gateways of its default routes: at most one of each family.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub gateway: OneOrMany<IpAddr>,
    /// Metric of those default routes. The default: none for `eth…`, 600 for `wl…`, as
    /// `NetworkManager` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// Its MAC address. The default: made from the order of hosts and links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<Mac>,
    /// Largest packet in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// `false`: the link is switched off.
    #[serde(default = "super::yes")]
    pub up: bool,
    /// `false`: the cable is out, or the radio is not associated.
    #[serde(default = "super::yes")]
    pub carrier: bool,
    /// Whether the access point takes it for one of its stations, which it may isolate. The
    /// default: hosts are, routers and servers are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<bool>,
    /// Which of the network's access points, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_point: Option<u8>,
    /// Name of its port on the network's side, for rules of your own. The default: `sta-HOST` for
    /// stations, `up-HOST` for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<IfName>,
    /// The SSID its radio reports, if not the network's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssid: Option<String>,
    /// The BSSID its radio reports, if not the network's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bssid: Option<Mac>,
    /// Whether its radio reports power saving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_save: Option<bool>,
}

/// One value or a list of them.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// Just one value, without brackets.
    One(T),
    /// Any number of values.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}
