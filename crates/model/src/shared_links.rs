//! Finds the links that two hosts share, from their snapshots alone.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::host::HostName;
use crate::net::{IfName, IpFamily, Mac, Prefix};
use crate::snapshot::{Link, LinkAddress, Snapshot};

/// Two links, one of each host, that should be in the same network.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SharedLink {
    /// The end on the host given first.
    pub a: LinkEndpoint,
    /// The end on the host given second.
    pub b: LinkEndpoint,
    /// The family of the address pair.
    pub family: IpFamily,
}

/// A host's link with one of its addresses: what shares a network with another, or does not.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct LinkEndpoint {
    /// The host that has the link.
    pub host: HostName,
    /// What the host calls the link.
    pub link: IfName,
    /// The link's MAC address.
    pub mac: Mac,
    /// The address and the network that is on the link.
    pub prefix: Prefix,
}

/// What names an endpoint: a host's link in one family.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct EndpointKey {
    /// The host that has the link.
    pub host: HostName,
    /// What the host calls the link.
    pub link: IfName,
    /// IPv4 or IPv6: a link may have an endpoint of each.
    pub family: IpFamily,
}

impl LinkEndpoint {
    /// What names this endpoint.
    #[must_use]
    pub fn key(&self) -> EndpointKey {
        let family = self.prefix.family();
        EndpointKey { host: self.host.clone(), link: self.link.clone(), family }
    }
}

/// Returns the links that two hosts share: one's address lies in the other's network.
#[must_use]
pub fn shared_links(
    (a, of_a): (&HostName, &Snapshot),
    (b, of_b): (&HostName, &Snapshot),
) -> Vec<SharedLink> {
    let (ends_a, ends_b) = (link_endpoints(a, of_a), link_endpoints(b, of_b));
    shared(&ends_a, &ends_b)
        .map(|(at_a, at_b)| {
            let (a, b) = (ends_a[at_a].clone(), ends_b[at_b].clone());
            SharedLink { family: a.prefix.family(), a, b }
        })
        .collect()
}

/// All ends of a host at which another host may share a link, IPv4 first.
///
/// Link-local addresses do not count, as every link has one.
#[must_use]
pub fn link_endpoints(host: &HostName, snapshot: &Snapshot) -> Vec<LinkEndpoint> {
    let links = || snapshot.links.iter().filter(|link| link.is_usable() && link.reaches_hosts());
    [IpFamily::V4, IpFamily::V6]
        .into_iter()
        .flat_map(|family| {
            links().filter_map(move |link| {
                let address = usable_address(link, family)?;
                Some(LinkEndpoint {
                    host: host.clone(),
                    link: link.name.clone(),
                    mac: link.mac?,
                    prefix: address.prefix,
                })
            })
        })
        .collect()
}

/// Pairs of ends that are in the same network, as indices into the two lists.
///
/// If a link matches several links of the other host, the one of the same name is taken: two links
/// of one host in the same network are usually a mistake.
pub fn shared<'a>(
    a: &'a [LinkEndpoint],
    b: &'a [LinkEndpoint],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let (of_a, of_b) = (by_name(a), by_name(b));
    let is_named =
        |ends: &BTreeMap<&IfName, Vec<usize>>, list: &[LinkEndpoint], end: &LinkEndpoint| {
            let same_name = ends.get(&end.link).into_iter().flatten();
            same_name.copied().find(|at| is_one_network(&list[*at], end))
        };
    // The other host's link may have a better match here: the link of its own name.
    let free: Vec<usize> =
        (0..b.len()).filter(|at| is_named(&of_a, a, &b[*at]).is_none()).collect();
    let partner = move |end_a: &LinkEndpoint| {
        let first_free = || free.iter().copied().find(|at| is_one_network(end_a, &b[*at]));
        is_named(&of_b, b, end_a).or_else(first_free)
    };
    a.iter().enumerate().filter_map(move |(at, end)| Some((at, partner(end)?)))
}

/// Where the endpoints of each link are in a list.
fn by_name(ends: &[LinkEndpoint]) -> BTreeMap<&IfName, Vec<usize>> {
    let mut names: BTreeMap<&IfName, Vec<usize>> = BTreeMap::new();
    for (at, end) in ends.iter().enumerate() {
        names.entry(&end.link).or_default().push(at);
    }
    names
}

/// The addresses of the link in this family that are neither link-local nor loopback, in the
/// kernel's order.
pub fn usable_addresses(link: &Link, family: IpFamily) -> impl Iterator<Item = &LinkAddress> {
    link.addresses
        .iter()
        .filter(move |own| own.prefix.family() == family && is_usable(own.prefix.address))
}

/// The first of [`usable_addresses`]: the one that the survey asks for.
#[must_use]
pub fn usable_address(link: &Link, family: IpFamily) -> Option<&LinkAddress> {
    usable_addresses(link, family).next()
}

fn is_one_network(a: &LinkEndpoint, b: &LinkEndpoint) -> bool {
    a.prefix.family() == b.prefix.family()
        // Equal addresses are a duplicate or the same host; neither is a path to probe.
        && a.prefix.address != b.prefix.address
        // One direction suffices: with a wrong mask, only one host sees the other in its network.
        && (a.prefix.contains(b.prefix.address) || b.prefix.contains(a.prefix.address))
}

fn is_usable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_loopback(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_loopback(),
    }
}
