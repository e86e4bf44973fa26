//! Finds the hosts on a private link: IPv4 by ARP requests for every address of its network
//! (RFC 826), IPv6 by one echo to all nodes (RFC 4443), names by mDNS (RFC 6762).
//!
//! A sweep is what a scanner does, and on a network of strangers an alarm: so it is for links that
//! are the user's own, and the rule is the one by which probes are paced ([`RateLimit::of`]).

pub mod sweep_results;
pub mod mdns;
pub mod report;
pub mod sweep;
pub mod vendor;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pontoon_model::net::{IfName, IpFamily, Mac, Prefix};
use pontoon_model::snapshot::{Link, Snapshot};

use crate::budget::RateLimit;

/// Larger networks are not swept: /22 takes 20 seconds, /16 would take 22 minutes.
const PREFIX_MIN: u8 = 22;

/// The link that is swept, and this host's addresses on it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SweepTarget {
    /// Name of the link that was to be swept.
    pub link: IfName,
    /// The kernel's number of the link (`if_nametoindex(3)`).
    pub index: u32,
    /// MAC address from which the requests are sent.
    pub mac: Mac,
    /// This host's IPv4 networks on it, with its address in each.
    pub networks: Vec<Prefix>,
    /// This host's link-local IPv6 address on it.
    pub link_local: Option<Ipv6Addr>,
}

/// Why a link is not swept.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SweepRefusal {
    /// There is no such link.
    #[error("this host has no interface `{0}`")]
    NoLink(IfName),
    /// Strangers may be on it.
    #[error(
        "{link} is radio, which others share: a sweep of all addresses is for links of your own"
    )]
    Radio {
        /// Name of the link that was to be swept.
        link: IfName,
    },
    /// It leads to other networks.
    #[error(
        "{link} has a default gateway ({gateway}), so others may share it: a sweep of all \
         addresses is for links of your own"
    )]
    Gateway {
        /// Name of the link that was to be swept.
        link: IfName,
        /// The gateway that makes the network one of strangers.
        gateway: IpAddr,
    },
    /// Whether it has a gateway is not known.
    #[error("the routes of this host could not be read, so {link} may be shared with others")]
    Unread {
        /// Name of the link that was to be swept.
        link: IfName,
    },
    /// The link carries no Ethernet, so that nothing answers ARP on it.
    #[error("{link} is no link on which other hosts could be")]
    NoHosts {
        /// Name of the link that was to be swept.
        link: IfName,
    },
    /// The link is down, so that no frame can leave.
    #[error("{link} is down, or nothing is plugged in")]
    Down {
        /// Name of the link that was to be swept.
        link: IfName,
    },
    /// There is no address to ask from, so that no host could answer.
    #[error("{link} has neither an IPv4 nor a link-local IPv6 address to ask from")]
    NoAddress {
        /// Name of the link that was to be swept.
        link: IfName,
    },
}

impl SweepTarget {
    /// The link of that name, if all addresses on it may be asked.
    ///
    /// # Errors
    ///
    /// [`SweepRefusal`]: it is not there, not private, or of no use.
    pub fn of(snapshot: &Snapshot, name: &IfName) -> Result<Self, SweepRefusal> {
        let link = || name.clone();
        let found = snapshot.link(name).ok_or_else(|| SweepRefusal::NoLink(link()))?;
        if snapshot.unread.iter().any(|unread| unread.what == "routes") {
            return Err(SweepRefusal::Unread { link: link() });
        }
        if RateLimit::of(found, snapshot) != RateLimit::PRIVATE {
            let gateways =
                [IpFamily::V4, IpFamily::V6].map(|family| snapshot.gateway(name, family));
            return Err(match gateways.into_iter().flatten().next() {
                Some(gateway) => SweepRefusal::Gateway { link: link(), gateway },
                None => SweepRefusal::Radio { link: link() },
            });
        }
        let mac = found.mac.filter(|_| found.reaches_hosts());
        let Some(mac) = mac else { return Err(SweepRefusal::NoHosts { link: link() }) };
        if !found.is_usable() {
            return Err(SweepRefusal::Down { link: link() });
        }
        let (networks, link_local) = addresses(found);
        if networks.is_empty() && link_local.is_none() {
            return Err(SweepRefusal::NoAddress { link: link() });
        }
        Ok(Self { link: link(), index: found.index, mac, networks, link_local })
    }

    /// The networks that are swept.
    pub fn swept(&self) -> impl Iterator<Item = Prefix> {
        self.networks.iter().copied().filter(|net| net.length >= PREFIX_MIN)
    }

    /// The networks that are too large for that.
    pub fn skipped(&self) -> impl Iterator<Item = Prefix> {
        self.networks.iter().copied().filter(|net| net.length < PREFIX_MIN)
    }

    /// Whether the address may be that of another host on this link.
    #[must_use]
    pub fn covers(&self, address: IpAddr) -> bool {
        let is_own = self.networks.iter().any(|net| net.address == address)
            || self.link_local.is_some_and(|own| own == address);
        let is_here = match address {
            IpAddr::V4(v4) => {
                let is_host = !v4.is_unspecified() && !v4.is_broadcast() && !v4.is_multicast();
                is_host && self.networks.iter().any(|net| net.contains(address))
            }
            IpAddr::V6(v6) => !v6.is_unspecified() && !v6.is_multicast() && !v6.is_loopback(),
        };
        is_here && !is_own
    }

    /// The address from which another is asked by ARP.
    #[must_use]
    pub fn source(&self, target: Ipv4Addr) -> Option<Ipv4Addr> {
        let net = self.networks.iter().find(|net| net.contains(target.into()))?;
        match net.address {
            IpAddr::V4(own) => Some(own),
            IpAddr::V6(_) => None,
        }
    }
}

fn addresses(link: &Link) -> (Vec<Prefix>, Option<Ipv6Addr>) {
    let all = link.addresses.iter().map(|address| address.prefix);
    let networks = all.clone().filter(|net| net.family() == IpFamily::V4).collect();
    let link_local = all.filter_map(|net| match net.address {
        IpAddr::V6(own) if own.is_unicast_link_local() => Some(own),
        _ => None,
    });
    (networks, link_local.into_iter().next())
}

#[cfg(test)]
mod tests;
