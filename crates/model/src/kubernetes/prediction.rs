//! What the components of a cluster will choose on every host, and whether the others reach it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Choice, Component, Pick};
use crate::exit::Exit;
use crate::facts::Facts;
use crate::host::HostName;
use crate::net::{Family, IfName};
use crate::pairing::usable_address;
use crate::record::Record;
use crate::report::pairs::{Pair, State};
use crate::snapshot::Snapshot;
use crate::untrusted::Untrusted;

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

/// Which other hosts reach an address on the link where it is.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Reach {
    /// Those that do.
    pub reached_by: Vec<HostName>,
    /// Those that do not.
    pub unreached_by: Vec<HostName>,
    /// Those of which what was seen does not suffice, or that were not asked.
    pub undecided: Vec<HostName>,
}

impl Reach {
    /// Whether nobody was there to ask.
    #[must_use]
    pub const fn is_unasked(&self) -> bool {
        self.reached_by.is_empty() && self.unreached_by.is_empty() && self.undecided.is_empty()
    }
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

/// Who reaches an address of a host on the link that has it.
///
/// Frames of the survey decide, not what any program said.
#[must_use]
pub fn reach(name: &HostName, address: IpAddr, facts: &Facts, pairs: &[Pair]) -> Reach {
    let mut states: BTreeMap<&HostName, State> = BTreeMap::new();
    for pair in pairs.iter().filter(|pair| pair.family == Family::of(address)) {
        let peer = if pair.from == *name {
            &pair.to
        } else if pair.to == *name {
            &pair.from
        } else {
            continue;
        };
        // The link is that of `from`, whichever of the two that is.
        let is_there = match &pair.link {
            None => true,
            Some(link) => facts.hosts.get(&pair.from).is_some_and(|from| {
                let own = from.snapshot.link(link).into_iter().flat_map(|link| &link.addresses);
                own.into_iter().any(|own| own.prefix.contains(address))
            }),
        };
        if is_there {
            states.entry(peer).or_insert(pair.state);
        }
    }
    let mut reach = Reach::default();
    for peer in facts.hosts.keys().filter(|peer| *peer != name) {
        let place = match states.get(peer) {
            Some(State::Open | State::ViaGateway | State::Answered) => &mut reach.reached_by,
            Some(State::Undecided) | None => &mut reach.undecided,
            Some(_) => &mut reach.unreached_by,
        };
        place.push(peer.clone());
    }
    reach
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
