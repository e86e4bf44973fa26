//! Reachability of one address of a host.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::Link;
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

/// Whether what the survey saw on a link of a host holds for one of its addresses: the survey asks
/// for the first one, and the others are as near only to a peer that is in their network.
fn is_shared(link: &Link, address: IpAddr, peer: &HostName, facts: &Facts) -> bool {
    let peers = facts.hosts.get(peer).into_iter().flat_map(|host| &host.snapshot.links);
    let mut peers = peers.flat_map(|link| &link.addresses).map(|own| own.prefix);
    let own = link.addresses.iter().map(|own| own.prefix).find(|own| own.address == address);
    // One direction suffices, as for the survey: a mask may be wrong.
    own.is_some_and(|own| {
        peers.any(|peer| own.contains(peer.address) || peer.contains(own.address))
    })
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
            Some(link) => {
                facts.hosts.get(&pair.from).and_then(|from| from.snapshot.link(link)).is_some_and(
                    |link| {
                        let mut own = link.addresses.iter();
                        own.any(|own| own.prefix.contains(address))
                            && (pair.from != *name || is_shared(link, address, peer, facts))
                    },
                )
            }
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
