//! The endpoints of every host of a run, and the pairs of them that share a network.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::shared_links::{
    EndpointKey, LinkEndpoint, link_endpoints, shared, usable_address,
};
use pontoon_model::snapshot::Snapshot;

/// A host of the run whose agent answered.
#[derive(Clone, Debug)]
pub(super) struct SurveyedHost {
    pub(super) number: u16,
    pub(super) host: HostName,
    pub(super) snapshot: Snapshot,
    /// Its links that the run is about, by [`chosen_links`].
    pub(super) links: Vec<IfName>,
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

/// The links of each member that the run is about: all that are up; with names, those of the names,
/// and what other members have in one network with these, whatever they call it.
pub(super) fn chosen_links(members: &[&SurveyedHost], only: &[IfName]) -> Vec<Vec<IfName>> {
    let mut also: BTreeSet<(HostName, IfName)> = BTreeSet::new();
    if !only.is_empty() {
        let ends: Vec<Vec<LinkEndpoint>> =
            members.iter().map(|member| link_endpoints(&member.host, &member.snapshot)).collect();
        for (at, of_a) in ends.iter().enumerate() {
            for of_b in ends.iter().skip(at + 1) {
                for (a, b) in shared(of_a, of_b).map(|(a, b)| (&of_a[a], &of_b[b])) {
                    if only.contains(&a.link) || only.contains(&b.link) {
                        also.extend([a, b].map(|end| (end.host.clone(), end.link.clone())));
                    }
                }
            }
        }
    }
    let of_member = |member: &&SurveyedHost| {
        let links = member.snapshot.links.iter().filter(|link| link.is_up && link.reaches_hosts());
        let is_chosen = |name: &IfName| {
            only.is_empty()
                || only.contains(name)
                || also.contains(&(member.host.clone(), name.clone()))
        };
        links.map(|link| link.name.clone()).filter(is_chosen).collect()
    };
    members.iter().map(of_member).collect()
}

/// An endpoint of a host of the run, and what decides how it is asked.
#[derive(Clone, Debug)]
pub(super) struct SurveyEndpoint {
    /// With a MAC of zeros on links without one, which share no network.
    pub(super) end: LinkEndpoint,
    pub(super) number: u16,
    /// Where the host's agent answers at this address.
    pub(super) reflector: Option<SocketAddr>,
    pub(super) gateway: Option<IpAddr>,
    /// A wire without a gateway: no strangers, no need to be slow.
    pub(super) is_private: bool,
    /// The pairs on it by the number of the other host, in order of numbers.
    pub(super) partners: Vec<(u16, u32)>,
}

impl SurveyEndpoint {
    pub(super) const fn address(&self) -> IpAddr {
        self.end.prefix.address
    }

    pub(super) const fn family(&self) -> IpFamily {
        self.end.prefix.family()
    }

    /// The turn of another host on this endpoint: 0 for the next higher number, and around. So no
    /// host is asked by all others at once.
    pub(super) fn turn_of(&self, number: u16) -> u32 {
        let place = |number| self.partners.partition_point(|(other, _)| *other < number);
        let count = self.partners.len().max(1);
        let turn = (place(number) + count - place(self.number)) % count;
        u32::try_from(turn).unwrap_or(u32::MAX)
    }

    /// The pairs that this endpoint has with another host: one, or two where that host has two
    /// links in one network.
    pub(super) fn pairs_with(&self, number: u16) -> impl Iterator<Item = usize> + use<> {
        let from = self.partners.partition_point(|(other, _)| *other < number);
        let same = self.partners[from..].iter().take_while(|(other, _)| *other == number);
        let places: Vec<usize> = same.map(|(_, place)| *place as usize).collect();
        places.into_iter()
    }
}

/// The endpoints of a run, in order of their names.
#[derive(Clone, Debug, Default)]
pub(super) struct SurveyEndpoints {
    list: Vec<SurveyEndpoint>,
    places: BTreeMap<EndpointKey, usize>,
}

impl SurveyEndpoints {
    /// Every endpoint of every member, on the chosen links.
    pub(super) fn new(members: &[SurveyedHost]) -> Self {
        Self::of(members.iter().flat_map(endpoints_of).collect())
    }

    pub(super) fn of(mut endpoints: Vec<SurveyEndpoint>) -> Self {
        endpoints.sort_by_cached_key(|endpoint| endpoint.end.key());
        let places =
            endpoints.iter().enumerate().map(|(at, endpoint)| (endpoint.end.key(), at)).collect();
        Self { list: endpoints, places }
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

    pub(super) fn find(&self, key: &EndpointKey) -> Option<(usize, &SurveyEndpoint)> {
        let place = *self.places.get(key)?;
        Some((place, &self.list[place]))
    }

    /// Pairs up all members' endpoints that share a network, and notes the pairs on each endpoint.
    pub(super) fn pair_up(&mut self, members: &[SurveyedHost]) -> Vec<[u32; 2]> {
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
                // An endpoint on a link that was not chosen has no place.
                pairs.extend(
                    shared(of_a, of_b)
                        .filter_map(|(a, b)| Some([places[at][a]?, places[other][b]?])),
                );
            }
        }
        for (place, endpoints) in (0..).zip(&pairs) {
            for [own, other] in [*endpoints, [endpoints[1], endpoints[0]]] {
                let number = self.at(other).number;
                self.list[own as usize].partners.push((number, place));
            }
        }
        for endpoint in &mut self.list {
            endpoint.partners.sort_unstable();
        }
        pairs
    }

    fn place_of(&self, end: &LinkEndpoint) -> Option<u32> {
        self.places.get(&end.key()).and_then(|place| u32::try_from(*place).ok())
    }
}

fn endpoints_of(member: &SurveyedHost) -> impl Iterator<Item = SurveyEndpoint> {
    let snapshot = &member.snapshot;
    let links = snapshot.links.iter().filter(|link| {
        link.is_usable() && link.reaches_hosts() && member.links.contains(&link.name)
    });
    links.flat_map(move |link| {
        let has_gateway = [IpFamily::V4, IpFamily::V6]
            .into_iter()
            .any(|family| snapshot.gateway(&link.name, family).is_some());
        [IpFamily::V4, IpFamily::V6].into_iter().filter_map(move |family| {
            let prefix = usable_address(link, family)?.prefix;
            let (host, mac) = (member.host.clone(), link.mac.unwrap_or(Mac::ZERO));
            Some(SurveyEndpoint {
                end: LinkEndpoint { host, link: link.name.clone(), mac, prefix },
                number: member.number,
                reflector: member.reflector(prefix.address),
                gateway: snapshot.gateway(&link.name, family),
                is_private: !link.is_radio() && !has_gateway,
                partners: Vec::new(),
            })
        })
    })
}

/// Two hosts without a common network, each with a gateway: routers should connect them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct RoutedPair {
    pub(super) a: (HostName, IpAddr),
    pub(super) b: (HostName, IpAddr),
    pub(super) family: IpFamily,
}

/// Members with a router between them, at most one such pair of links for two hosts.
pub(super) fn routed_pairs(
    members: &[SurveyedHost],
    endpoints: &SurveyEndpoints,
) -> Vec<RoutedPair> {
    let behind_gateway = |member: &SurveyedHost| -> Vec<&SurveyEndpoint> {
        let number = member.number;
        endpoints
            .iter()
            .filter(|endpoint| endpoint.number == number && endpoint.gateway.is_some())
            .collect()
    };
    let mut hosts: Vec<_> = members.iter().map(|member| (member, behind_gateway(member))).collect();
    hosts.sort_by_key(|(member, _)| &member.host);
    let mut routed = Vec::new();
    for (at, (_, of_a)) in hosts.iter().enumerate() {
        for (_, of_b) in &hosts[at + 1..] {
            let mut combinations = of_a.iter().flat_map(|end_a| {
                of_b.iter()
                    .filter(|end_b| end_b.family() == end_a.family())
                    .map(move |end_b| (end_a, end_b))
            });
            let apart = combinations.find(|(end_a, end_b)| {
                // In one network there is no router between them: that is asked at layer 2. One
                // gateway may be that of several networks, or of hosts with a network for each
                // (RFC 3442).
                !is_one_network(end_a, end_b) && !is_shared(endpoints, end_a, end_b)
            });
            routed.extend(apart.map(|(end_a, end_b)| RoutedPair {
                a: (end_a.end.host.clone(), end_a.address()),
                b: (end_b.end.host.clone(), end_b.address()),
                family: end_a.family(),
            }));
        }
    }
    routed
}

/// Whether two ends behind gateways are in one network: one has the other in its own.
fn is_one_network(a: &SurveyEndpoint, b: &SurveyEndpoint) -> bool {
    let has =
        |one: &SurveyEndpoint, other: &SurveyEndpoint| one.end.prefix.contains(other.address());
    has(a, b) || has(b, a)
}

/// Whether two links share a network, in either family.
fn is_shared(endpoints: &SurveyEndpoints, a: &SurveyEndpoint, b: &SurveyEndpoint) -> bool {
    [IpFamily::V4, IpFamily::V6].into_iter().any(|family| {
        let key = |endpoint: &SurveyEndpoint| EndpointKey { family, ..endpoint.end.key() };
        let Some(((_, end_a), (place_b, _))) = endpoints.find(&key(a)).zip(endpoints.find(&key(b)))
        else {
            return false;
        };
        let pairs_of_b = &endpoints.list[place_b].partners;
        end_a
            .pairs_with(b.number)
            .any(|pair| pairs_of_b.iter().any(|(_, other)| *other as usize == pair))
    })
}
