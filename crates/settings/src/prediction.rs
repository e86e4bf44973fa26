//! The predicted address of each component on every host, and whether the other hosts reach it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use pontoon_model::exit::Exit;
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::record::Record;
use pontoon_model::shared_links::usable_address;
use pontoon_model::snapshot::Snapshot;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::{Component, PredictedAddresses, PredictedChoice};
use pontoon_rules::report::pairs::PairRow;
use pontoon_rules::report::reach::{AddressReach, reach};

/// Name and version of the format. Within a version, fields are only ever added.
pub const SCHEMA: &str = "pontoon/prediction/v1";

/// The predictions for all hosts.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Prediction {
    /// Always `pontoon/prediction/v1`.
    pub schema: String,
    /// The predictions for each host.
    pub hosts: Vec<HostPrediction>,
    /// Hosts that were named but could not be reached, with the reason.
    pub unreached: BTreeMap<HostName, Untrusted>,
}

/// The predictions for one host.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HostPrediction {
    /// The host of the predictions.
    pub host: HostName,
    /// The predicted choice of each component.
    pub choices: Vec<ComponentChoice>,
    /// By chosen address, which other hosts reach it.
    pub reach: BTreeMap<IpAddr, AddressReach>,
    /// An address that all others reach, if they do not reach a chosen one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub better: Option<BetterAddress>,
}

/// The predicted choice of one component.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ComponentChoice {
    /// The component that chooses.
    pub component: Component,
    /// The predicted choice.
    pub choice: PredictedChoice,
    /// Source of the rule: repository, version and file.
    pub source: &'static str,
    /// Whether the rule was compared with the running program.
    pub is_proven: bool,
}

/// An address that works for all hosts.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct BetterAddress {
    /// The link with the address.
    pub link: IfName,
    /// The first usable address of the link.
    pub address: IpAddr,
}

impl Prediction {
    /// Predicts the choices of these components on all hosts of a record. `pairs` are the record's
    /// pairs.
    #[must_use]
    pub fn predict(record: &Record, pairs: &[PairRow], components: &[Component]) -> Self {
        let Record { facts, unreached } = record;
        let hosts = facts
            .hosts
            .iter()
            .map(|(name, host)| of_host(name, &host.snapshot, facts, pairs, components))
            .collect();
        Self { schema: SCHEMA.to_owned(), hosts, unreached: unreached.clone() }
    }

    /// The exit code for the predictions.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let of_hosts = self.hosts.iter().map(HostPrediction::exit).min().unwrap_or(Exit::Good);
        if self.unreached.is_empty() { of_hosts } else { of_hosts.min(Exit::Unreachable) }
    }
}

impl HostPrediction {
    /// Whether components that must agree choose different addresses.
    #[must_use]
    pub fn has_disagreement(&self) -> bool {
        let picks =
            self.chosen_addresses().filter(|(component, _)| component.is_in_kubeadms_cluster());
        let first = picks.filter_map(|(_, pick)| pick.addresses.first());
        let first: BTreeSet<_> = first.filter(|address| !address.is_loopback()).collect();
        first.len() > 1
    }

    /// The chosen addresses by component.
    pub fn chosen_addresses(&self) -> impl Iterator<Item = (Component, &PredictedAddresses)> {
        self.choices.iter().filter_map(|choice| Some((choice.component, choice.choice.pick()?)))
    }

    fn exit(&self) -> Exit {
        let is_refused = self
            .choices
            .iter()
            .any(|choice| matches!(choice.choice, PredictedChoice::Refusal { .. }));
        let is_unknown = self
            .choices
            .iter()
            .any(|choice| matches!(choice.choice, PredictedChoice::Unknown { .. }));
        let is_unreached = self.reach.values().any(|reach| !reach.unreached_by.is_empty());
        let is_undecided = self.reach.values().any(|reach| !reach.undecided.is_empty());
        if is_refused || is_unreached {
            Exit::Failed
        } else if is_unknown || is_undecided || self.has_disagreement() {
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
    pairs: &[PairRow],
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
    let reach: BTreeMap<IpAddr, AddressReach> = taken
        .into_iter()
        .filter(|address| !address.is_loopback())
        .map(|address| (address, reach(name, address, facts, pairs)))
        .collect();
    let is_cut_off = reach.values().any(|reach| !reach.unreached_by.is_empty());
    let has_no_address =
        choices.iter().any(|choice| matches!(choice.choice, PredictedChoice::Refusal { .. }));
    let better = (is_cut_off || has_no_address).then(|| better(name, node, facts, pairs)).flatten();
    HostPrediction { host: name.clone(), choices, reach, better }
}

/// The first link whose IPv4 address all other hosts reach.
fn better(
    name: &HostName,
    node: &Snapshot,
    facts: &Facts,
    pairs: &[PairRow],
) -> Option<BetterAddress> {
    let mut links = node.links.iter().filter(|link| link.is_usable() && link.reaches_hosts());
    links.find_map(|link| {
        let address = usable_address(link, IpFamily::V4)?.prefix.address;
        let reach = reach(name, address, facts, pairs);
        let is_reached = !reach.reached_by.is_empty()
            && reach.unreached_by.is_empty()
            && reach.undecided.is_empty();
        is_reached.then(|| BetterAddress { link: link.name.clone(), address })
    })
}

#[cfg(test)]
mod tests;
