//! Reachability of one address of a host.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pairs::{PairReachability, PairRow};

/// Which other hosts reach an address on its own link.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct AddressReach {
    /// Hosts that reach it.
    pub reached_by: Vec<HostName>,
    /// Hosts that do not.
    pub unreached_by: Vec<HostName>,
    /// Hosts for which the observations do not suffice, or that were not asked.
    pub undecided: Vec<HostName>,
}

impl AddressReach {
    /// Whether there was no other host.
    #[must_use]
    pub const fn is_unasked(&self) -> bool {
        self.reached_by.is_empty() && self.unreached_by.is_empty() && self.undecided.is_empty()
    }
}

/// Which hosts reach an address of a host on the link that has it.
///
/// Frames of the survey decide, not what any program reports.
#[must_use]
pub fn reach(name: &HostName, address: IpAddr, facts: &Facts, pairs: &[PairRow]) -> AddressReach {
    let mut states: BTreeMap<&HostName, PairReachability> = BTreeMap::new();
    for pair in pairs.iter().filter(|pair| pair.family == IpFamily::of(address)) {
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
    let mut reach = AddressReach::default();
    for peer in facts.hosts.keys().filter(|peer| *peer != name) {
        let place = match states.get(peer) {
            Some(
                PairReachability::Open | PairReachability::ViaGateway | PairReachability::Answered,
            ) => &mut reach.reached_by,
            Some(PairReachability::Undecided) | None => &mut reach.undecided,
            Some(_) => &mut reach.unreached_by,
        };
        place.push(peer.clone());
    }
    reach
}
