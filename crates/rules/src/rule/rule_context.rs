//! What every rule reads: the facts, and what follows from them for pairs of hosts and for links,
//! put together once.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Mac};
use pontoon_model::observation::{ObservedEvent, ProbeKind};

use super::control::LinkControls;
use super::directed_path::{ObservationIndex, index};
use super::link_pair::{LinkPair, pairs};

/// The facts of a run, indexed for the rules.
pub struct RuleContext<'a> {
    /// The facts of the run.
    pub facts: &'a Facts,
    /// Every link that two hosts share, in order of the hosts' names.
    pub(super) pairs: Vec<LinkPair>,
    pub(super) controls: LinkControls<'a>,
    pub(super) index: ObservationIndex<'a>,
    /// The MAC addresses that answered ARP or ND, by the host that asked, its link and the address.
    macs: BTreeMap<(&'a HostName, &'a IfName, IpAddr), Mac>,
}

impl<'a> RuleContext<'a> {
    /// Derives pairs and links from the facts.
    #[must_use]
    pub fn new(facts: &'a Facts) -> Self {
        let index = index(facts);
        let (pairs, controls) = (pairs(facts, &index), LinkControls::new(facts));
        Self { facts, pairs, controls, index, macs: macs(facts) }
    }

    /// The MAC that answered a host's ARP or ND for an address, or stands in its neighbour cache.
    pub(super) fn mac_of(&self, host: &HostName, link: &IfName, address: IpAddr) -> Option<Mac> {
        self.macs.get(&(host, link, address)).copied().or_else(|| {
            let cached = &self.facts.hosts.get(host)?.snapshot.neighbours;
            cached.iter().find(|entry| entry.link == *link && entry.address == address)?.mac
        })
    }

    /// The links that two hosts share, whichever is named first.
    pub(super) fn between(&self, one: &HostName, other: &HostName) -> &[LinkPair] {
        let ends = (one.min(other), one.max(other));
        let from = self.pairs.partition_point(|pair| hosts(pair) < ends);
        let to = self.pairs.partition_point(|pair| hosts(pair) <= ends);
        &self.pairs[from..to]
    }
}

fn macs(facts: &Facts) -> BTreeMap<(&HostName, &IfName, IpAddr), Mac> {
    let mut macs = BTreeMap::new();
    for seen in &facts.observations {
        let is_answer = matches!(seen.kind, ProbeKind::Neighbour { .. })
            && seen.direction == ObservedEvent::Answered;
        if let (true, Some(link), Some(address), Some(mac)) =
            (is_answer, &seen.asked_link, seen.address, seen.source_mac)
        {
            macs.entry((&seen.host, link, address)).or_insert(mac);
        }
    }
    macs
}

const fn hosts(pair: &LinkPair) -> (&HostName, &HostName) {
    (&pair.shared.a.host, &pair.shared.b.host)
}
