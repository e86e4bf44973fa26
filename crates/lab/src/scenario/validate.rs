//! What a scenario must hold beyond its grammar: names that exist, and bounds.

use pontoon_model::host::HostName;

use super::{Machine, MachineRole, Network, Scenario};

/// More machines than any class room has; each costs a process or three.
const MAX_MACHINES: usize = 64;
/// As many segments as machines could need.
const MAX_NETWORKS: usize = 32;
/// Links of one machine.
const MAX_LINKS: usize = 16;
/// `HOST_NAME_MAX` of Linux.
const MAX_NAME_BYTES: usize = 64;

/// A scenario contradicts itself or asks for too much.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct InvalidScenario {
    /// Where, as a dotted key.
    pub place: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

fn wrong<T>(place: impl Into<String>, what: impl Into<String>) -> Result<T, InvalidScenario> {
    Err(InvalidScenario { place: place.into(), what: what.into() })
}

impl Scenario {
    /// Checks names, references and bounds.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub(super) fn validate(&self) -> Result<(), InvalidScenario> {
        let machines = self.machines().count();
        if self.agents().next().is_none() {
            return wrong("host", "a scenario needs at least one host with an agent");
        }
        if machines > MAX_MACHINES || self.network.len() > MAX_NETWORKS {
            let what = format!("at most {MAX_MACHINES} machines and {MAX_NETWORKS} networks");
            return wrong("host, router, server, network", what);
        }
        let mut names: Vec<&HostName> = self.machines().map(|(name, ..)| name).collect();
        names.sort();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return wrong(twice[0].as_str(), "two machines of this name");
        }
        for (name, machine, part) in self.machines() {
            self.validate_machine(name, machine, part)?;
        }
        for (name, network) in &self.network {
            self.validate_network(name, network)?;
        }
        self.validate_check()
    }

    fn validate_machine(
        &self,
        name: &HostName,
        machine: &Machine,
        part: MachineRole,
    ) -> Result<(), InvalidScenario> {
        let text = name.as_str();
        let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !is_plain || text.starts_with('-') || text.len() > MAX_NAME_BYTES {
            return wrong(text, "a machine's name has letters, digits and `-` only");
        }
        if machine.kubernetes.is_some() && part != MachineRole::Host {
            return wrong(format!("{text}.kubernetes"), "only a host can be a Kubernetes node");
        }
        if machine.links.len() > MAX_LINKS {
            return wrong(format!("{text}.links"), format!("at most {MAX_LINKS} links"));
        }
        for (link, attachment) in &machine.links {
            let place = format!("{text}.links.{link}");
            let Some(network) = self.network.get(&attachment.network) else {
                let known: Vec<&str> = self.network.keys().map(String::as_str).collect();
                let what = format!(
                    "no network `{}`; there are: {}",
                    attachment.network.escape_debug(),
                    known.join(", ")
                );
                return wrong(place, what);
            };
            let points = network.access_points.unwrap_or(1);
            if !(1..=points).contains(&attachment.access_point.unwrap_or(1)) {
                return wrong(place, format!("this network has {points} access point(s)"));
            }
            if link.as_str() == "lo" {
                return wrong(place, "`lo` is there already");
            }
        }
        let mut named = machine.masquerade.iter().chain(&machine.proxy_arp);
        if let Some(link) = named.find(|link| !machine.links.contains_key(link)) {
            return wrong(text, format!("it has no link `{link}`"));
        }
        let has_line_break = |words: &&String| words.contains(['\n', '\r']);
        let mut words = machine.routes.iter().chain(&machine.rules).chain(&machine.neighbours);
        if let Some(line) = words.find(has_line_break) {
            return wrong(text, format!("`{}` must be one line", line.escape_debug()));
        }
        let is_of_network = |key: &&String| key.starts_with("net.") || key.starts_with("net/");
        if let Some(key) = machine.sysctls.keys().find(|key| !is_of_network(key)) {
            let what = format!("`{}` is not of `net.`: it is the machine's", key.escape_debug());
            return wrong(format!("{text}.sysctls"), what);
        }
        if machine.run.iter().any(Vec::is_empty) {
            return wrong(format!("{text}.run"), "an empty list of arguments");
        }
        Ok(())
    }

    fn validate_network(&self, name: &str, network: &Network) -> Result<(), InvalidScenario> {
        let place = format!("network.{name}");
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return wrong(place, "a network's name has letters, digits and `-` only");
        }
        if network.access_points.is_some_and(|points| !(1..=8).contains(&points)) {
            return wrong(place, "1 to 8 access points");
        }
        let relay = network.relay.as_ref();
        if network.loss_percent > 100 || relay.is_some_and(|relay| relay.loss_percent > 100) {
            return wrong(place, "loss-percent is at most 100");
        }
        if relay
            .is_some_and(|relay| relay.delay_ms.max(relay.jitter_ms).max(relay.doze_ms) > 10_000)
        {
            return wrong(place, "a relay holds frames for at most 10000 ms");
        }
        let blocked = network.block.iter().flat_map(|block| [&block.from, &block.to]);
        let relayed = relay.into_iter().flat_map(|relay| &relay.hosts);
        let named = blocked.chain(relayed).chain(&network.only_with).chain(&network.unregistered);
        for host in named {
            let is_here = self.machines().any(|(machine, is, _)| {
                machine == host && is.links.values().any(|link| link.network == name)
            });
            if !is_here {
                return wrong(place, format!("no machine `{host}` on this network"));
            }
        }
        Ok(())
    }

    fn validate_check(&self) -> Result<(), InvalidScenario> {
        for host in &self.check.from {
            if !self.agents().any(|agent| agent == host) {
                return wrong("check.from", format!("`{host}` is no host with an agent"));
            }
        }
        Ok(())
    }
}
