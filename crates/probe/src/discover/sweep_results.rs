//! The hosts found so far: answers of all kinds, grouped by MAC.
//!
//! The MAC is that of the frame's sender, the address is what the sender claims. So two hosts that
//! claim one address are both here, and a router with proxy ARP is one host with many addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use pontoon_model::net::Mac;
use pontoon_model::untrusted::Untrusted;

use super::SweepTarget;
use super::mdns::MdnsAnnouncement;
use super::report::DiscoveredHost;
use super::vendor;
use crate::frame::read::{FrameBody, ParsedFrame};

/// Hosts that are kept: as many as addresses are asked. A switch on which more MACs appear is being
/// flooded.
pub const HOSTS_MAX: usize = 1024;
/// Addresses of a host that are kept; of the others the number.
pub const ADDRESSES_MAX: usize = 16;
/// Names of a host that are kept.
pub const NAMES_MAX: usize = 4;
/// Claims that are kept: a few for each host.
const CLAIMS_MAX: usize = 4 * HOSTS_MAX;

/// The hosts that a sweep has found, with their addresses and names.
#[derive(Clone, Debug)]
pub struct SweepResults {
    hosts: BTreeMap<Mac, BTreeSet<IpAddr>>,
    claims: BTreeSet<MdnsAnnouncement>,
    /// The identifier of our own echo requests.
    identifier: u16,
}

impl SweepResults {
    /// No hosts yet. Echo requests of this sweep have this identifier.
    #[must_use]
    pub const fn new(identifier: u16) -> Self {
        Self { hosts: BTreeMap::new(), claims: BTreeSet::new(), identifier }
    }

    /// Takes a frame. A host that asks for others is a host as well.
    pub fn take(&mut self, frame: &ParsedFrame<'_>, target: &SweepTarget) {
        let (mac, address) = match &frame.body {
            FrameBody::ArpReply { sender_mac, sender } => (*sender_mac, IpAddr::V4(*sender)),
            FrameBody::ArpRequest { sender, .. } => (frame.from_mac, IpAddr::V4(*sender)),
            FrameBody::Solicitation { sender, .. } => (frame.from_mac, IpAddr::V6(*sender)),
            FrameBody::Advertisement { target, target_mac } => {
                (target_mac.unwrap_or(frame.from_mac), IpAddr::V6(*target))
            }
            FrameBody::Echo { is_reply: true, from, identifier, .. }
                if *identifier == self.identifier && from.is_ipv6() =>
            {
                (frame.from_mac, *from)
            }
            _ => return,
        };
        let is_host = !mac.is_group() && mac != Mac::ZERO && mac != target.mac;
        let has_room = self.hosts.len() < HOSTS_MAX || self.hosts.contains_key(&mac);
        if is_host && has_room && target.covers(address) {
            let addresses = self.hosts.entry(mac).or_default();
            // One more than a whole sweep can find: a router may answer for everybody.
            if addresses.len() <= HOSTS_MAX {
                addresses.insert(address);
            }
        }
    }

    /// Takes the announcements of one mDNS message.
    pub fn claim(&mut self, claims: Vec<MdnsAnnouncement>) {
        let room = CLAIMS_MAX.saturating_sub(self.claims.len());
        self.claims.extend(claims.into_iter().take(room));
    }

    /// The addresses found, those of hosts with few first and no more of each than are kept.
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        let kept = self.hosts.values().flat_map(|all| sorted(all).into_iter().take(ADDRESSES_MAX));
        kept.collect()
    }

    /// Everybody, by address.
    ///
    /// A name is taken from the host itself only: from an address of the MAC that holds the
    /// address that is named.
    #[must_use]
    pub fn neighbours(&self) -> Vec<DiscoveredHost> {
        let mut all: Vec<_> = self.hosts.iter().map(|(mac, held)| self.one(*mac, held)).collect();
        all.sort_by_key(|host| (order(host.addresses.first()), host.mac));
        all
    }

    fn one(&self, mac: Mac, held: &BTreeSet<IpAddr>) -> DiscoveredHost {
        let own =
            |claim: &&MdnsAnnouncement| held.contains(&claim.from) && held.contains(&claim.address);
        let names: BTreeSet<&Untrusted> =
            self.claims.iter().filter(own).map(|claim| &claim.name).collect();
        let doubled = held.iter().filter(|address| {
            self.hosts.iter().any(|(other, theirs)| *other != mac && theirs.contains(address))
        });
        let mut addresses = sorted(held);
        let more_addresses = addresses.len().saturating_sub(ADDRESSES_MAX);
        addresses.truncate(ADDRESSES_MAX);
        DiscoveredHost {
            mac,
            vendor: vendor::of(mac).map(ToOwned::to_owned),
            addresses,
            more_addresses,
            claimed_by_others: doubled.copied().take(ADDRESSES_MAX).collect(),
            names: names.into_iter().take(NAMES_MAX).cloned().collect(),
        }
    }
}

/// IPv4 first: that is what people type.
fn sorted(addresses: &BTreeSet<IpAddr>) -> Vec<IpAddr> {
    // `IpAddr` has IPv4 before IPv6.
    addresses.iter().copied().collect()
}

/// Hosts without an address last; there are none.
fn order(address: Option<&IpAddr>) -> (bool, Option<IpAddr>) {
    (address.is_none(), address.copied())
}
