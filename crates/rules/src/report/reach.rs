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
    /// Hosts that reach the address.
    pub reached_by: Vec<HostName>,
    /// Hosts that do not reach it.
    pub unreached_by: Vec<HostName>,
    /// Hosts for which the observations do not suffice, or that did not probe it.
    pub undecided: Vec<HostName>,
}

impl AddressReach {
    /// Whether no other host could have probed it.
    #[must_use]
    pub const fn is_unasked(&self) -> bool {
        self.reached_by.is_empty() && self.unreached_by.is_empty() && self.undecided.is_empty()
    }
}

/// Which hosts reach an address of a host on the link that has it.
///
/// Decided by frames of the survey, not by the output of other programs.
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
