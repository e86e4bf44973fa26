//! Which links two hosts share, judged by their own accounts alone.

use std::net::IpAddr;

use crate::host::HostName;
use crate::net::{Family, IfName, Mac, Prefix};
use crate::snapshot::{Address, Link, Snapshot};

/// Two links that should be one network.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SharedLink {
    /// The first host, by name.
    pub a: End,
    /// The second.
    pub b: End,
    /// The family.
    pub family: Family,
}

/// One end of a shared link.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct End {
    /// The host.
    pub host: HostName,
    /// Its link.
    pub link: IfName,
    /// Its MAC there.
    pub mac: Mac,
    /// Its address there.
    pub prefix: Prefix,
}

/// Returns the links that two hosts share: one's address lies in the other's network.
///
/// Link-local addresses do not count, for every link has them. Where a link could share with
/// several links of the other host, the one of the same name is taken: a host with two links in
/// one network has them by mistake.
#[must_use]
pub fn shared_links(
    (a, of_a): (&HostName, &Snapshot),
    (b, of_b): (&HostName, &Snapshot),
) -> Vec<SharedLink> {
    let mut shared = Vec::new();
    for family in [Family::V4, Family::V6] {
        for end_a in ends(a, of_a, family) {
            let mut candidates: Vec<End> =
                ends(b, of_b, family).filter(|end_b| is_one_network(&end_a, end_b)).collect();
            if candidates.iter().any(|end| end.link == end_a.link) {
                candidates.retain(|end| end.link == end_a.link);
            }
            // The other host's link may have a better partner of its own name here.
            candidates.retain(|end_b| {
                end_b.link == end_a.link
                    || !ends(a, of_a, family)
                        .any(|other| other.link == end_b.link && is_one_network(&other, end_b))
            });
            shared.extend(candidates.into_iter().take(1).map(|end_b| SharedLink {
                a: end_a.clone(),
                b: end_b,
                family,
            }));
        }
    }
    shared
}

/// The first address of a link that other hosts can use, in that family.
#[must_use]
pub fn usable_address(link: &Link, family: Family) -> Option<&Address> {
    link.addresses
        .iter()
        .find(|address| address.prefix.family() == family && is_usable(address.prefix.address))
}

fn ends(host: &HostName, snapshot: &Snapshot, family: Family) -> impl Iterator<Item = End> {
    snapshot.links.iter().filter(|link| link.is_usable() && link.reaches_hosts()).filter_map(
        move |link| {
            let address = usable_address(link, family)?;
            Some(End {
                host: host.clone(),
                link: link.name.clone(),
                mac: link.mac?,
                prefix: address.prefix,
            })
        },
    )
}

fn is_one_network(a: &End, b: &End) -> bool {
    a.prefix.address != b.prefix.address
        && (a.prefix.contains(b.prefix.address) || b.prefix.contains(a.prefix.address))
}

fn is_usable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_loopback(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_loopback(),
    }
}
