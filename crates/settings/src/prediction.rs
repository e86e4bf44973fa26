//! What the components of a cluster will choose on every host, and whether the others reach it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use pontoon_model::exit::Exit;
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::{Family, IfName};
use pontoon_model::pairing::usable_address;
use pontoon_model::record::Record;
use pontoon_model::snapshot::Snapshot;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::{Choice, Component, Pick};
use pontoon_rules::report::pairs::Pair;
use pontoon_rules::report::reach::{Reach, reach};

/// The name and version of this form. Within a version fields are only ever added.
pub const SCHEMA: &str = "pontoon/prediction/v1";

/// What is foretold.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Prediction {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Of each host.
    pub hosts: Vec<HostPrediction>,
    /// Hosts that were named and could not be asked, and why.
    pub unreached: BTreeMap<HostName, Untrusted>,
}

/// What is foretold of a host.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HostPrediction {
    /// The host.
    pub host: HostName,
    /// What each component takes.
    pub choices: Vec<ComponentChoice>,
    /// Who reaches what is taken, by address.
    pub reach: BTreeMap<IpAddr, Reach>,
    /// What all others reach, where they do not reach what is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
}

/// What a component takes.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ComponentChoice {
    /// The component.
    pub component: Component,
    /// What it makes of the host.
    pub choice: Choice,
    /// Where its rule was read.
    pub source: &'static str,
    /// Whether the real program was run beside this rule.
    pub is_proven: bool,
}

/// An address that would do.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Better {
    /// The link.
    pub link: IfName,
    /// Its address.
    pub address: IpAddr,
}

impl Prediction {
    /// Foretells what these components take, of all hosts of a record. `pairs` are its pairs.
    #[must_use]
    pub fn of(record: &Record, pairs: &[Pair], components: &[Component]) -> Self {
        let Record { facts, unreached } = record;
        let hosts = facts
            .hosts
            .iter()
            .map(|(name, host)| of_host(name, &host.snapshot, facts, pairs, components))
            .collect();
        Self { schema: SCHEMA.to_owned(), hosts, unreached: unreached.clone() }
    }

    /// What it amounts to.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let of_hosts = self.hosts.iter().map(HostPrediction::exit).min().unwrap_or(Exit::Good);
        if self.unreached.is_empty() { of_hosts } else { of_hosts.min(Exit::Unreachable) }
    }
}

impl HostPrediction {
    /// Whether components that have to agree do not.
    #[must_use]
    pub fn is_at_odds(&self) -> bool {
        let picks = self.picks().filter(|(component, _)| component.is_in_kubeadms_cluster());
        let first = picks.filter_map(|(_, pick)| pick.addresses.first());
        let first: BTreeSet<_> = first.filter(|address| !address.is_loopback()).collect();
        first.len() > 1
    }

    /// What is taken by whom.
    pub fn picks(&self) -> impl Iterator<Item = (Component, &Pick)> {
        self.choices.iter().filter_map(|choice| Some((choice.component, choice.choice.pick()?)))
    }

    fn exit(&self) -> Exit {
        let is_refused =
            self.choices.iter().any(|choice| matches!(choice.choice, Choice::Refusal { .. }));
        let is_unknown =
            self.choices.iter().any(|choice| matches!(choice.choice, Choice::Unknown { .. }));
        let is_unreached = self.reach.values().any(|reach| !reach.unreached_by.is_empty());
        let is_undecided = self.reach.values().any(|reach| !reach.undecided.is_empty());
        if is_refused || is_unreached {
            Exit::Failed
        } else if is_unknown || is_undecided || self.is_at_odds() {
            Exit::Warned
        } else {
            Exit::Good
        }
    }
}

fn of_host(
    name: &HostName,
    node: &Snapshot,
    facts: &Facts,
    pairs: &[Pair],
    components: &[Component],
) -> HostPrediction {
    let choices: Vec<ComponentChoice> = components
        .iter()
        .map(|component| ComponentChoice {
            component: *component,
            choice: component.choose(node),
            source: component.source(),
            is_proven: component.is_proven(),
        })
        .collect();
    let taken = choices.iter().filter_map(|choice| choice.choice.pick());
    let taken: BTreeSet<IpAddr> = taken.flat_map(|pick| &pick.addresses).copied().collect();
    let reach: BTreeMap<IpAddr, Reach> = taken
        .into_iter()
        .filter(|address| !address.is_loopback())
        .map(|address| (address, reach(name, address, facts, pairs)))
        .collect();
    let is_cut_off = reach.values().any(|reach| !reach.unreached_by.is_empty());
    let has_no_address =
        choices.iter().any(|choice| matches!(choice.choice, Choice::Refusal { .. }));
    let better = (is_cut_off || has_no_address).then(|| better(name, node, facts, pairs)).flatten();
    HostPrediction { host: name.clone(), choices, reach, better }
}

/// The first link that all others reach.
fn better(name: &HostName, node: &Snapshot, facts: &Facts, pairs: &[Pair]) -> Option<Better> {
    let mut links = node.links.iter().filter(|link| link.is_usable() && link.reaches_hosts());
    links.find_map(|link| {
        let address = usable_address(link, Family::V4)?.prefix.address;
        let reach = reach(name, address, facts, pairs);
        let is_reached = !reach.reached_by.is_empty()
            && reach.unreached_by.is_empty()
            && reach.undecided.is_empty();
        is_reached.then(|| Better { link: link.name.clone(), address })
    })
}

#[cfg(test)]
mod tests;
