//! A scenario: a small network as data, what is true of it, and what must be found.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::IfName;
use pontoon_model::snapshot::WifiAssociation;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod builtin;
mod load;
mod machine;
mod network;
mod service_spec;
mod schema;
mod validate;
#[cfg(test)]
mod tests;

pub use builtin::{builtin, builtin_names};
pub use load::{MAX_FILE_BYTES, ScenarioLoadError, load, parse};
pub use machine::{Attachment, Machine, NodeRole, OneOrMany, SysctlValue};
pub use network::{LinkImpairment, Network, NetworkKind, OneWayBlock, StationIsolation};
pub use schema::schema;
pub use service_spec::{DnsManner, HttpManner, NtpManner, ServiceSpec};
pub use validate::InvalidScenario;

use crate::expected_findings::ExpectedFinding;

/// A small network and what must be found in it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// Its name: that of its file without `.toml`.
    #[serde(skip)]
    pub name: String,
    /// One line: what this network is.
    pub title: String,
    /// A built-in scenario this one begins from. Tables are merged key by key, anything else in
    /// this file replaces what the base says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// What the base has and this scenario has not, such as `host.pi3` or `host.pi1.links.eth0`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// What is true of this network, in prose.
    pub truth: String,
    /// How the check is to be run.
    #[serde(default)]
    pub check: ScenarioCheck,
    /// What must be found: exactly this, above severity info.
    #[serde(default)]
    pub expect: Vec<ExpectedFinding>,
    /// What the names of connectivity checks and `example.com` resolve to in this lab's honest
    /// DNS servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internet: Option<IpAddr>,
    /// What the names of time servers resolve to, if not to `internet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internet_time: Option<IpAddr>,
    /// The segments, by name.
    #[serde(default)]
    pub network: BTreeMap<String, Network>,
    /// The hosts under examination, by name.
    #[serde(default)]
    pub host: BTreeMap<HostName, Machine>,
    /// Machines that forward between networks, by name.
    #[serde(default)]
    pub router: BTreeMap<HostName, Machine>,
    /// Machines that only serve, by name.
    #[serde(default)]
    pub server: BTreeMap<HostName, Machine>,
}

/// How the check is to be run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScenarioCheck {
    /// More arguments of `pontoon check`, such as `["--server", "203.0.113.80"]`.
    #[serde(default)]
    pub args: Vec<String>,
    /// The hosts that take part. Empty: all that have an agent.
    #[serde(default)]
    pub from: Vec<HostName>,
    /// Whether the agents can be talked to while the check runs. Without it each host records for
    /// itself and the records are merged afterwards.
    #[serde(default = "yes")]
    pub control: bool,
}

impl Default for ScenarioCheck {
    fn default() -> Self {
        Self { args: Vec::new(), from: Vec::new(), control: true }
    }
}

const fn yes() -> bool {
    true
}

/// What part a machine plays.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum MachineRole {
    /// Under examination: an agent may run on it.
    Host,
    /// Forwards between networks.
    Router,
    /// It only serves others.
    Server,
}

impl Scenario {
    /// Whether a host is to be a Kubernetes node, which not every program can make of it
    /// ([`kubernetes_node`](crate::kubernetes_node)).
    #[must_use]
    pub fn has_kubernetes_nodes(&self) -> bool {
        self.host.values().any(|host| host.kubernetes.is_some())
    }

    /// Entries that the neighbour tables of all machines together may hold: each on each of its
    /// links one for every other machine there.
    #[must_use]
    pub fn neighbours(&self) -> usize {
        let on = |network: &str| {
            let links = self.machines().flat_map(|(_, machine, _)| machine.links.values());
            links.filter(|link| link.network == network).count()
        };
        self.network.keys().map(|network| on(network)).map(|links| links * links).sum()
    }

    /// All machines: hosts, then routers, then servers.
    pub fn machines(&self) -> impl Iterator<Item = (&HostName, &Machine, MachineRole)> {
        let hosts = self.host.iter().map(|(name, machine)| (name, machine, MachineRole::Host));
        let routers =
            self.router.iter().map(|(name, machine)| (name, machine, MachineRole::Router));
        let servers =
            self.server.iter().map(|(name, machine)| (name, machine, MachineRole::Server));
        hosts.chain(routers).chain(servers)
    }

    /// The hosts on which an agent may be started.
    pub fn agents(&self) -> impl Iterator<Item = &HostName> {
        self.host.iter().filter(|(_, machine)| machine.agent).map(|(name, _)| name)
    }

    /// The hosts that take part in the check: [`ScenarioCheck::from`], or all that have an agent.
    #[must_use]
    pub fn askers(&self) -> Vec<HostName> {
        if self.check.from.is_empty() {
            self.agents().cloned().collect()
        } else {
            self.check.from.clone()
        }
    }

    /// What radios would say, by host and link: the lab has none, so these are recorded facts.
    #[must_use]
    pub fn radio_facts(&self) -> BTreeMap<(HostName, IfName), WifiAssociation> {
        let mut facts = BTreeMap::new();
        for (host, machine) in &self.host {
            for (link, attachment) in &machine.links {
                let network = self.network.get(&attachment.network);
                let is_air =
                    network.is_some_and(|network| network.kind == NetworkKind::AccessPoint);
                if !is_air || attachment.station == Some(false) {
                    continue;
                }
                let of_network = network.and_then(|network| network.ssid.as_deref());
                let ssid = attachment.ssid.as_deref().or(of_network).map(Untrusted::new);
                let bssid = attachment.bssid.or(network.and_then(|network| network.bssid));
                let power_save = attachment.power_save;
                if ssid.is_some() || bssid.is_some() || power_save.is_some() {
                    let radio =
                        WifiAssociation { ssid, bssid, power_save, ..WifiAssociation::default() };
                    facts.insert((host.clone(), link.clone()), radio);
                }
            }
        }
        facts
    }
}
