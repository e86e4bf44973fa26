//! Addresses and masks that contradict each other.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{FrameEvidence, IdentityEvidence, RoutingEvidence};
use pontoon_diagnosis::{
    Certainty, CommandPlace, DiagnosisScope, DistinguishingCheck, Evidence, Remedy,
};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Mac, Prefix};
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::shared_links::LinkEndpoint;
use pontoon_model::shell_command;
use pontoon_model::snapshot::{Link, Snapshot};

use super::link_pair::LinkPair;
use super::rule_context::RuleContext;

/// An address of a link.
type LinkPrefix<'a> = (&'a Link, Prefix);

/// Links of one host in one network: which of them replies to ARP is a matter of chance.
pub(super) fn same_subnet(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let hosts = case.facts.hosts.iter();
    hosts
        .flat_map(|(name, host)| {
            let groups = overlapping_groups(&host.snapshot).into_iter();
            groups.filter_map(|group| shared_network(name, &group))
        })
        .collect()
}

/// The addresses of a host by network: those of a group are in the widest network among them, which
/// stands first.
fn overlapping_groups(host: &Snapshot) -> Vec<Vec<LinkPrefix<'_>>> {
    let links = usable_links(host);
    let mut all: Vec<_> =
        links.flat_map(|link| ipv4(link).map(move |prefix| (link, prefix))).collect();
    // Where two networks overlap, one contains the other, and then stands directly before it.
    all.sort_by_key(|(link, prefix)| (prefix.network(), link.index));
    let mut groups: Vec<Vec<LinkPrefix<'_>>> = Vec::new();
    for one in all {
        match groups.last_mut().filter(|group| group[0].1.overlaps(one.1)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

fn shared_network(host: &HostName, group: &[LinkPrefix<'_>]) -> Option<RuleMatch> {
    let [(one, a), ..] = group else { return None };
    let mut names = BTreeSet::from([&one.name]);
    let others = group.iter().filter(|(link, _)| names.insert(&link.name));
    let evidence: Vec<_> = others
        .map(|(two, b)| RoutingEvidence::LinksShareNetwork {
            one: one.name.clone(),
            one_prefix: *a,
            two: two.name.clone(),
            two_prefix: *b,
        })
        .collect();
    let (two, _) = group.iter().find(|(link, _)| link.name != one.name)?;
    let each_for_itself =
        "sudo sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2";
    let scope = DiagnosisScope::host(host);
    Some(RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([
        Remedy::action(format!(
            "on {host}: keep one link in this network, and give {} another",
            two.name
        )),
        Remedy::on(host, each_for_itself).to("let each link answer ARP for itself"),
    ]))
}

fn ipv4(link: &Link) -> impl Iterator<Item = Prefix> {
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

/// Only one of two hosts takes the other for a neighbour.
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
    let on_link = |host: &LinkEndpoint, peer: &LinkEndpoint, is_on_link| -> Evidence {
        RoutingEvidence::PeerOnLink {
            host: host.host.clone(),
            prefix: host.prefix,
            peer: peer.host.clone(),
            is_on_link,
        }
        .into()
    };
    let (a, b) = (near.host.clone(), far.host.clone());
    let evidence = [
        on_link(near, far, true),
        on_link(far, near, false),
        FrameEvidence::OneNetwork { a, b }.into(),
    ];
    let scope = DiagnosisScope {
        from: Some(near.host.clone()),
        to: Some(far.host.clone()),
        link: Some(near.link.clone()),
        family: Some(pair.shared.family),
        ..DiagnosisScope::default()
    };
    Some(RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([Remedy::action(
        format!(
            "give both the same prefix length: /{} on {} or /{} on {}",
            near.prefix.length, far.host, far.prefix.length, near.host
        ),
    )]))
}

/// Another host has the same address.
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
    let certainty =
        if holder.is_some() || rounds.len() > 1 { Certainty::Confirmed } else { Certainty::Likely };
    let evidence = [IdentityEvidence::AddressClaimed {
        host: host.clone(),
        link: link.name.clone(),
        address,
        mac: *mac,
        owner: holder.cloned(),
        answered: rounds.len().min(2),
    }];
    let arping = shell_command!("sudo arping -D -I {} {}", link.name, address);
    Some(
        RuleMatch::new(DiagnosisScope::link(host, &link.name), certainty, evidence)
            .with_remedies([
                Remedy::action(format!(
                    "give {host} another address on {} than {address}",
                    link.name
                )),
                Remedy::action("assign addresses by one DHCP server, or keep a list of them"),
            ])
            .distinguished_by(DistinguishingCheck::by_command(
                CommandPlace::Host(host.clone()),
                arping,
            )),
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
