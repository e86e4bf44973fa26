//! What will be asked: pairs of hosts over the links they share, and the legs they stand on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use pontoon_model::host::HostName;
use pontoon_model::net::{Family, IfName};
use pontoon_model::pairing::{SharedLink, shared_links, usable_address};
use pontoon_model::snapshot::Snapshot;

/// A host of the run whose agent answered.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) seat: u16,
    pub(super) host: HostName,
    pub(super) snapshot: Snapshot,
    /// Whether questions about itself are put from here.
    pub(super) asks: bool,
    pub(super) port_v4: Option<u16>,
    pub(super) port_v6: Option<u16>,
}

impl Member {
    /// Where its agent answers.
    pub(super) fn reflector(&self, address: IpAddr) -> Option<SocketAddr> {
        let port = match Family::of(address) {
            Family::V4 => self.port_v4,
            Family::V6 => self.port_v6,
        };
        port.map(|port| SocketAddr::new(address, port))
    }
}

/// A host's link, in one family: what a control is put to.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct LegId {
    pub(super) host: HostName,
    pub(super) link: IfName,
    pub(super) family: Family,
}

/// A leg.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) address: IpAddr,
    pub(super) gateway: Option<IpAddr>,
    /// A wire without a gateway: no strangers, no need to be slow.
    pub(super) is_private: bool,
    pub(super) asks: bool,
}

/// Two hosts without a common network, each with a gateway: they should meet by routing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct RoutedPair {
    pub(super) a: (HostName, IpAddr),
    pub(super) b: (HostName, IpAddr),
    pub(super) family: Family,
}

/// Every leg of every member that has an address.
pub(super) fn legs(members: &[Member], only: &[IfName]) -> BTreeMap<LegId, Leg> {
    let mut legs = BTreeMap::new();
    for member in members {
        let links = member.snapshot.links.iter().filter(|link| {
            link.is_usable()
                && link.reaches_hosts()
                && (only.is_empty() || only.contains(&link.name))
        });
        for link in links {
            for family in [Family::V4, Family::V6] {
                let Some(address) = usable_address(link, family) else { continue };
                let gateway = member.snapshot.gateway(&link.name, family);
                let has_gateway = [Family::V4, Family::V6]
                    .into_iter()
                    .any(|family| member.snapshot.gateway(&link.name, family).is_some());
                let id = LegId { host: member.host.clone(), link: link.name.clone(), family };
                let leg = Leg {
                    id: id.clone(),
                    address: address.prefix.address,
                    gateway,
                    is_private: !link.is_radio() && !has_gateway,
                    asks: member.asks,
                };
                legs.insert(id, leg);
            }
        }
    }
    legs
}

/// Every link that two members share.
pub(super) fn pairs(members: &[Member], only: &[IfName]) -> Vec<SharedLink> {
    let mut pairs = Vec::new();
    for (at, a) in members.iter().enumerate() {
        for b in &members[at + 1..] {
            let (a, b) = if a.host <= b.host { (a, b) } else { (b, a) };
            let shared = shared_links((&a.host, &a.snapshot), (&b.host, &b.snapshot));
            pairs.extend(shared.into_iter().filter(|pair| {
                only.is_empty() || only.contains(&pair.a.link) || only.contains(&pair.b.link)
            }));
        }
    }
    pairs
}

/// Members that stand behind different gateways, at most one such pair of links for two hosts.
pub(super) fn routed_pairs(
    members: &[Member],
    legs: &BTreeMap<LegId, Leg>,
    pairs: &[SharedLink],
) -> Vec<RoutedPair> {
    let shared: BTreeSet<LegPair<'_>> = pairs
        .iter()
        .map(|pair| ((&pair.a.host, &pair.a.link), (&pair.b.host, &pair.b.link)))
        .collect();
    let behind_gateway = |host: &HostName| {
        let host = host.clone();
        legs.values().filter(move |leg| leg.id.host == host && leg.gateway.is_some())
    };
    let mut routed = Vec::new();
    for (at, a) in members.iter().enumerate() {
        for b in &members[at + 1..] {
            let (a, b) = if a.host <= b.host { (a, b) } else { (b, a) };
            let mut combinations = behind_gateway(&a.host).flat_map(|leg_a| {
                behind_gateway(&b.host)
                    .filter(|leg_b| leg_b.id.family == leg_a.id.family)
                    .map(move |leg_b| (leg_a, leg_b))
            });
            let apart = combinations.find(|(leg_a, leg_b)| {
                let key = ((&leg_a.id.host, &leg_a.id.link), (&leg_b.id.host, &leg_b.id.link));
                // Two hosts behind one another's shared gateway meet at layer 2, or not at all.
                !shared.contains(&key) && leg_a.gateway != leg_b.gateway
            });
            routed.extend(apart.map(|(leg_a, leg_b)| RoutedPair {
                a: (a.host.clone(), leg_a.address),
                b: (b.host.clone(), leg_b.address),
                family: leg_a.id.family,
            }));
        }
    }
    routed
}

type LegPair<'a> = ((&'a HostName, &'a IfName), (&'a HostName, &'a IfName));
