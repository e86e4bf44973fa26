//! Who can be asked by what: the legs of every host, and the pairs of legs that share a network.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::shared_links::{LinkEndpoint, link_endpoints, shared, usable_address};
use pontoon_model::snapshot::Snapshot;

/// A host of the run whose agent answered.
#[derive(Clone, Debug)]
pub(super) struct SurveyedHost {
    pub(super) seat: u16,
    pub(super) host: HostName,
    pub(super) snapshot: Snapshot,
    /// Whether questions about itself are put from here.
    pub(super) asks: bool,
    pub(super) port_v4: Option<u16>,
    pub(super) port_v6: Option<u16>,
}

impl SurveyedHost {
    /// Where its agent answers.
    pub(super) fn reflector(&self, address: IpAddr) -> Option<SocketAddr> {
        let port = match IpFamily::of(address) {
            IpFamily::V4 => self.port_v4,
            IpFamily::V6 => self.port_v6,
        };
        port.map(|port| SocketAddr::new(address, port))
    }
}

/// A host's link, in one family: what a control is put to.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct SurveyEndpointId {
    pub(super) host: HostName,
    pub(super) link: IfName,
    pub(super) family: IpFamily,
}

/// A leg.
#[derive(Clone, Debug)]
pub(super) struct SurveyEndpoint {
    pub(super) id: SurveyEndpointId,
    pub(super) seat: u16,
    pub(super) address: IpAddr,
    /// None on links without one, which share no network.
    pub(super) mac: Option<Mac>,
    /// Where the host's agent answers at this address.
    pub(super) reflector: Option<SocketAddr>,
    pub(super) gateway: Option<IpAddr>,
    /// A wire without a gateway: no strangers, no need to be slow.
    pub(super) is_private: bool,
    pub(super) asks: bool,
    /// The pairs on it by the seat of the other host, in order of seats.
    pub(super) partners: Vec<(u16, u32)>,
}

impl SurveyEndpoint {
    /// When the host of a seat has its turn on this leg, counted from the one that sits next.
    pub(super) fn turn_of(&self, seat: u16) -> u32 {
        let place = |seat| self.partners.partition_point(|(other, _)| *other < seat);
        let count = self.partners.len().max(1);
        let turn = (place(seat) + count - place(self.seat)) % count;
        u32::try_from(turn).unwrap_or(u32::MAX)
    }

    /// The pairs that this leg has with the host of a seat: one, or two where that host has two
    /// links in one network.
    pub(super) fn pairs_with(&self, seat: u16) -> impl Iterator<Item = usize> + use<> {
        let from = self.partners.partition_point(|(other, _)| *other < seat);
        let same = self.partners[from..].iter().take_while(|(other, _)| *other == seat);
        let places: Vec<usize> = same.map(|(_, place)| *place as usize).collect();
        places.into_iter()
    }
}

/// The legs of a run, in order of their names.
#[derive(Clone, Debug, Default)]
pub(super) struct SurveyEndpoints {
    list: Vec<SurveyEndpoint>,
    places: BTreeMap<SurveyEndpointId, usize>,
}

impl SurveyEndpoints {
    /// Every leg of every member that has an address, on the chosen links. Hosts that only answer
    /// may call theirs as they like.
    pub(super) fn new(members: &[SurveyedHost], only: &[IfName]) -> Self {
        Self::of(members.iter().flat_map(|member| legs_of(member, only)).collect())
    }

    pub(super) fn of(mut legs: Vec<SurveyEndpoint>) -> Self {
        legs.sort_by(|one, other| one.id.cmp(&other.id));
        let places = legs.iter().enumerate().map(|(at, leg)| (leg.id.clone(), at)).collect();
        Self { list: legs, places }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &SurveyEndpoint> {
        self.list.iter()
    }

    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn at(&self, place: u32) -> &SurveyEndpoint {
        &self.list[place as usize]
    }

    pub(super) fn at_place(&self, place: usize) -> &SurveyEndpoint {
        &self.list[place]
    }

    pub(super) fn find(&self, id: &SurveyEndpointId) -> Option<(usize, &SurveyEndpoint)> {
        let place = *self.places.get(id)?;
        Some((place, &self.list[place]))
    }

    /// Pairs up all members' legs that share a network, and notes the pairs on each leg.
    pub(super) fn pair_up(&mut self, members: &[SurveyedHost], only: &[IfName]) -> Vec<[u32; 2]> {
        let mut hosts: Vec<(&HostName, Vec<LinkEndpoint>)> = members
            .iter()
            .map(|member| (&member.host, link_endpoints(&member.host, &member.snapshot)))
            .collect();
        hosts.sort_by_key(|(host, _)| *host);
        let places: Vec<Vec<Option<u32>>> = hosts
            .iter()
            .map(|(_, ends)| ends.iter().map(|end| self.place_of(end)).collect())
            .collect();
        let mut pairs = Vec::new();
        for (at, (_, of_a)) in hosts.iter().enumerate() {
            for (other, (_, of_b)) in hosts.iter().enumerate().skip(at + 1) {
                let is_chosen = |a: usize, b: usize| {
                    only.is_empty()
                        || [&of_a[a], &of_b[b]].iter().any(|end| only.contains(&end.link))
                };
                // A leg that was not chosen has no place.
                pairs.extend(
                    shared(of_a, of_b)
                        .filter(|(a, b)| is_chosen(*a, *b))
                        .filter_map(|(a, b)| Some([places[at][a]?, places[other][b]?])),
                );
            }
        }
        for (place, legs) in (0..).zip(&pairs) {
            for [own, other] in [*legs, [legs[1], legs[0]]] {
                let seat = self.at(other).seat;
                self.list[own as usize].partners.push((seat, place));
            }
        }
        for leg in &mut self.list {
            leg.partners.sort_unstable();
        }
        pairs
    }

    fn place_of(&self, end: &LinkEndpoint) -> Option<u32> {
        let id = SurveyEndpointId {
            host: end.host.clone(),
            link: end.link.clone(),
            family: end.prefix.family(),
        };
        self.places.get(&id).and_then(|place| u32::try_from(*place).ok())
    }
}

fn legs_of(member: &SurveyedHost, only: &[IfName]) -> impl Iterator<Item = SurveyEndpoint> {
    let snapshot = &member.snapshot;
    let links = snapshot.links.iter().filter(|link| {
        let is_chosen = !member.asks || only.is_empty() || only.contains(&link.name);
        link.is_usable() && link.reaches_hosts() && is_chosen
    });
    links.flat_map(move |link| {
        let has_gateway = [IpFamily::V4, IpFamily::V6]
            .into_iter()
            .any(|family| snapshot.gateway(&link.name, family).is_some());
        [IpFamily::V4, IpFamily::V6].into_iter().filter_map(move |family| {
            let address = usable_address(link, family)?.prefix.address;
            let id =
                SurveyEndpointId { host: member.host.clone(), link: link.name.clone(), family };
            Some(SurveyEndpoint {
                id,
                seat: member.seat,
                address,
                mac: link.mac,
                reflector: member.reflector(address),
                gateway: snapshot.gateway(&link.name, family),
                is_private: !link.is_radio() && !has_gateway,
                asks: member.asks,
                partners: Vec::new(),
            })
        })
    })
}

/// Two hosts without a common network, each with a gateway: they should meet by routing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct RoutedPair {
    pub(super) a: (HostName, IpAddr),
    pub(super) b: (HostName, IpAddr),
    pub(super) family: IpFamily,
}

/// Members that stand behind different gateways, at most one such pair of links for two hosts.
pub(super) fn routed_pairs(members: &[SurveyedHost], legs: &SurveyEndpoints) -> Vec<RoutedPair> {
    let behind_gateway = |member: &SurveyedHost| -> Vec<&SurveyEndpoint> {
        let seat = member.seat;
        legs.iter().filter(|leg| leg.seat == seat && leg.gateway.is_some()).collect()
    };
    let mut hosts: Vec<_> = members.iter().map(|member| (member, behind_gateway(member))).collect();
    hosts.sort_by_key(|(member, _)| &member.host);
    let mut routed = Vec::new();
    for (at, (_, of_a)) in hosts.iter().enumerate() {
        for (_, of_b) in &hosts[at + 1..] {
            let mut combinations = of_a.iter().flat_map(|leg_a| {
                of_b.iter()
                    .filter(|leg_b| leg_b.id.family == leg_a.id.family)
                    .map(move |leg_b| (leg_a, leg_b))
            });
            let apart = combinations.find(|(leg_a, leg_b)| {
                // Two hosts behind one another's shared gateway meet at layer 2, or not at all.
                leg_a.gateway != leg_b.gateway && !is_shared(legs, leg_a, leg_b)
            });
            routed.extend(apart.map(|(leg_a, leg_b)| RoutedPair {
                a: (leg_a.id.host.clone(), leg_a.address),
                b: (leg_b.id.host.clone(), leg_b.address),
                family: leg_a.id.family,
            }));
        }
    }
    routed
}

/// Whether two links share a network, in either family.
fn is_shared(legs: &SurveyEndpoints, a: &SurveyEndpoint, b: &SurveyEndpoint) -> bool {
    [IpFamily::V4, IpFamily::V6].into_iter().any(|family| {
        let id = |leg: &SurveyEndpoint| SurveyEndpointId { family, ..leg.id.clone() };
        let Some(((_, leg_a), (place_b, _))) = legs.find(&id(a)).zip(legs.find(&id(b))) else {
            return false;
        };
        let pairs_of_b = &legs.list[place_b].partners;
        leg_a
            .pairs_with(b.seat)
            .any(|pair| pairs_of_b.iter().any(|(_, other)| *other as usize == pair))
    })
}
