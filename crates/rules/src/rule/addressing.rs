//! Addresses and masks that contradict each other.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_model::facts::Facts;
use pontoon_model::finding::{DiagnosisScope, Level};
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::snapshot::{Link, Snapshot};

use super::link_pair::LinkPair;
use super::rule_context::RuleContext;

/// Two links of one host in one network: which of them speaks is a matter of luck.
pub(super) fn same_subnet(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        let links: Vec<&Link> = usable_links(&host.snapshot).collect();
        for (at, one) in links.iter().enumerate() {
            for two in &links[at + 1..] {
                found.extend(shared_network(name, one, two));
            }
        }
    }
    found
}

fn shared_network(host: &HostName, one: &Link, two: &Link) -> Option<RuleMatch> {
    let (a, b) =
        ipv4(one).flat_map(|a| ipv4(two).map(move |b| (a, b))).find(|(a, b)| a.overlaps(*b))?;
    let because =
        vec![format!("{} has {a} and {} has {b}: one network on two links", one.name, two.name)];
    Some(RuleMatch::new(DiagnosisScope::host(host), Level::Confirmed, because).advise([
        format!("on {host}: keep one of the two in this network, or give {} another", two.name),
        format!(
            "or on {host}: sudo sysctl -w net.ipv4.conf.all.arp_ignore=1 \
                 net.ipv4.conf.all.arp_announce=2, so that each link answers for itself"
        ),
    ]))
}

fn ipv4(link: &Link) -> impl Iterator<Item = pontoon_model::net::Prefix> {
    let prefixes = link.addresses.iter().map(|address| address.prefix);
    prefixes.filter(|prefix| match prefix.address {
        // Point-to-point addresses share nothing.
        IpAddr::V4(v4) => !v4.is_link_local() && prefix.length < 32,
        IpAddr::V6(_) => false,
    })
}

fn usable_links(host: &Snapshot) -> impl Iterator<Item = &Link> {
    host.links.iter().filter(|link| link.is_usable() && link.reaches_hosts())
}

/// One of two neighbours takes the other for a stranger.
pub(super) fn wrong_mask(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    case.pairs.iter().filter_map(mask).collect()
}

fn mask(pair: &LinkPair) -> Option<RuleMatch> {
    let (a, b) = (&pair.shared.a, &pair.shared.b);
    let a_sees = a.prefix.contains(b.prefix.address);
    let b_sees = b.prefix.contains(a.prefix.address);
    let (near, far) = match (a_sees, b_sees) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        _ => return None,
    };
    let arrived = pair.directions().iter().any(|way| !way.arrived().is_empty());
    // A host with one address for itself (a /32 by DHCP) is routed by design.
    if !arrived || matches!(far.prefix.length, 32 | 128) {
        return None;
    }
    let because = vec![
        format!("{} has {}: {} is its neighbour", near.host, near.prefix, far.host),
        format!("{} has {}: {} is a stranger to it", far.host, far.prefix, near.host),
        "frames pass between the two: it is one network".to_owned(),
    ];
    let scope = DiagnosisScope {
        from: Some(near.host.clone()),
        to: Some(far.host.clone()),
        link: Some(near.link.clone()),
        family: Some(pair.shared.family),
    };
    Some(RuleMatch::new(scope, Level::Confirmed, because).advise([format!(
        "give both the same prefix length: /{} on {} or /{} on {}",
        near.prefix.length, far.host, far.prefix.length, near.host
    )]))
}

/// Somebody else has the same address.
pub(super) fn duplicate_address(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        for link in usable_links(&host.snapshot) {
            found.extend(duplicate(case, name, link));
        }
    }
    found
}

fn duplicate(case: &RuleContext<'_>, host: &HostName, link: &Link) -> Option<RuleMatch> {
    let facts = case.facts;
    let answers: Vec<(&Observation, Mac)> = own_address_answers(facts, host, &link.name)
        .filter(|(_, mac)| !is_innocent(case, host, &link.name, *mac))
        .collect();
    let (first, mac) = answers.first()?;
    let address = first.address?;
    let rounds: BTreeSet<u16> = answers.iter().map(|(seen, _)| seen.round).collect();
    let holder = owner_of_mac(facts, *mac).filter(|holder| *holder != host);
    let level = if holder.is_some() || rounds.len() > 1 { Level::Confirmed } else { Level::Likely };
    let who = holder.map_or_else(|| "a host without an agent".to_owned(), ToString::to_string);
    let because = vec![
        format!("{host} asked on {} whether anyone else has {address}", link.name),
        format!("{mac} answered that it has ({who}), {} of 2 times", rounds.len().min(2)),
    ];
    Some(
        RuleMatch::new(DiagnosisScope::link(host, &link.name), level, because)
            .advise([
                format!("give {host} another address on {} than {address}", link.name),
                "take addresses from one DHCP server, or keep a list".to_owned(),
            ])
            .or_decide(format!("on {host}: sudo arping -D -I {} {address}", link.name)),
    )
}

fn own_address_answers<'a>(
    facts: &'a Facts,
    host: &'a HostName,
    link: &'a IfName,
) -> impl Iterator<Item = (&'a Observation, Mac)> {
    facts.observations.iter().filter_map(move |seen| {
        let is_claim = seen.host == *host
            && seen.asked_link.as_ref() == Some(link)
            && seen.kind == ProbeKind::OwnAddress
            && seen.direction == ObservedEvent::Answered
            && seen.answer == Some(ProbeAnswer::Reply);
        is_claim.then_some(seen).and_then(|seen| Some((seen, seen.source_mac?)))
    })
}

/// A host's own links answer for one another (ARP flux), and a gateway with proxy ARP answers for
/// everybody: neither has the address.
fn is_innocent(case: &RuleContext<'_>, host: &HostName, link: &IfName, mac: Mac) -> bool {
    let Some(own) = case.facts.hosts.get(host) else { return true };
    let is_own = own.snapshot.links.iter().any(|link| link.mac == Some(mac));
    let gateway = own.snapshot.gateway(link, IpFamily::V4);
    let is_gateway = gateway.and_then(|gateway| case.mac_of(host, link, gateway)) == Some(mac);
    is_own || is_gateway
}

fn owner_of_mac(facts: &Facts, mac: Mac) -> Option<&HostName> {
    let has = |snapshot: &Snapshot| snapshot.links.iter().any(|link| link.mac == Some(mac));
    facts.hosts.iter().find(|(_, host)| has(&host.snapshot)).map(|(name, _)| name)
}
