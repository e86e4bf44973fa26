//! A host's own link: it is down, or nothing on it responds.

use super::row::RuleMatch;
use pontoon_model::facts::{Facts, HostFacts};
use pontoon_model::finding::{DiagnosisScope, Level};
use pontoon_model::host::HostName;
use pontoon_model::net::{IpFamily, Prefix};
use pontoon_model::observation::ObservedEvent;
use pontoon_model::snapshot::Link;

use super::control::LinkControls;
use super::rule_context::RuleContext;

/// Requests to the gateway without response that suffice, spread over seconds.
const SILENT: usize = 5;
/// Requests without response that make it likely.
const SILENT_AND_SHORT: usize = 3;

/// A gateway is configured on the link, but does not even respond to ARP.
pub(super) fn no_l2_service(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        for link in host.snapshot.links.iter().filter(|link| link.is_usable()) {
            found.extend(silent_gateway(facts, &case.controls, name, link));
        }
    }
    found
}

fn silent_gateway(
    facts: &Facts,
    controls: &LinkControls<'_>,
    host: &HostName,
    link: &Link,
) -> Option<RuleMatch> {
    let leg = (host, &link.name, IpFamily::V4);
    let gateway = controls.gateway(leg)?;
    let asked = controls.asked(leg);
    if !asked.answered.is_empty() || asked.sent.len() < SILENT_AND_SHORT {
        return None;
    }
    let is_heard = facts.observations.iter().any(|seen| {
        seen.host == *host
            && seen.link.as_ref() == Some(&link.name)
            && seen.direction == ObservedEvent::Arrived
    });
    let question = if asked.by_neighbour { "ARP requests" } else { "pings" };
    let mut because = vec![format!(
        "{} {question} for the gateway {gateway} on {} were not answered",
        asked.sent.len(),
        link.name
    )];
    because.push(if is_heard {
        "other hosts are heard there: it is the gateway that is silent, or its address is wrong"
            .to_owned()
    } else {
        "nothing else was heard there either".to_owned()
    });
    let level = match (asked.by_neighbour, is_heard, asked.sent.len()) {
        (true, false, SILENT..) => Level::Confirmed,
        (true, _, _) => Level::Likely,
        (false, _, _) => Level::Possible,
    };
    let mac = link.mac.map(|mac| format!(" {mac}")).unwrap_or_default();
    let advice = if link.is_radio() {
        [
            format!("is the MAC address{mac} registered with the network? Ask its operators"),
            "take the address by DHCP: some networks pass only what they leased".to_owned(),
        ]
    } else {
        [
            format!("check the cable, the switch port and its VLAN at {host}'s {}", link.name),
            format!("check that {gateway} is the right gateway: ip route"),
        ]
    };
    Some(
        RuleMatch::new(DiagnosisScope::link(host, &link.name), level, because)
            .advise(advice)
            .or_decide(format!("on {host}: sudo arping -I {} {gateway}", link.name)),
    )
}

/// A link that has an address is down, while others use the same network.
pub(super) fn peer_link_down(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for (name, host) in &facts.hosts {
        let links = host.snapshot.links.iter().filter(|link| link.reaches_hosts());
        for link in links.filter(|link| !link.is_usable() || went_down(host, link)) {
            let Some((prefix, (peer, is_up_still))) =
                networks(link).find_map(|prefix| Some((prefix, neighbour(facts, name, prefix)?)))
            else {
                continue;
            };
            let state = match (link.is_usable(), link.is_up, link.is_radio()) {
                (true, _, _) => "went down while it was asked",
                (false, true, true) => "is at no access point",
                (false, true, false) => "has no carrier",
                (false, false, _) => "is switched off",
            };
            let because = vec![
                format!("{name} says that its {} ({prefix}) {state}", link.name),
                if is_up_still {
                    format!("{peer} is in the same network with a link that is up")
                } else {
                    format!("so did {peer}'s link in the same network: what joined them has ended")
                },
            ];
            let advice = match (link.is_up, link.is_radio()) {
                (true, true) => format!(
                    "on {name}: is the access point in reach, and is the key right? iw dev {} \
                     link, and what wpa_supplicant says: journalctl -t wpa_supplicant",
                    link.name
                ),
                (true, false) => {
                    format!(
                        "check the cable at {name}'s {} and the port at its other end",
                        link.name
                    )
                }
                (false, _) => format!("on {name}: sudo ip link set {} up", link.name),
            };
            let scope = DiagnosisScope {
                to: Some(name.clone()),
                link: Some(link.name.clone()),
                ..DiagnosisScope::default()
            };
            found.push(RuleMatch::new(scope, Level::Confirmed, because).advise([advice]));
        }
    }
    found
}

fn networks(link: &Link) -> impl Iterator<Item = Prefix> {
    let prefixes = link.addresses.iter().map(|address| address.prefix);
    prefixes.filter(|prefix| match prefix.address {
        std::net::IpAddr::V4(v4) => !v4.is_link_local(),
        std::net::IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    })
}

fn went_down(host: &HostFacts, link: &Link) -> bool {
    host.watches.iter().any(|watch| watch.link == link.name && watch.went_down)
}

/// Another host whose link in that network was up, best one that is up still.
fn neighbour<'a>(
    facts: &'a Facts,
    host: &HostName,
    network: Prefix,
) -> Option<(&'a HostName, bool)> {
    let is_there = |link: &&Link| {
        link.is_usable()
            && link.reaches_hosts()
            && networks(link).any(|other| other.contains(network.address))
    };
    let others = facts.hosts.iter().filter(|(name, _)| *name != host);
    let mut there = others.filter_map(|(name, other)| {
        let link = other.snapshot.links.iter().find(is_there)?;
        Some((name, !went_down(other, link)))
    });
    let first = there.next()?;
    Some(if first.1 { first } else { there.find(|(_, is_up)| *is_up).unwrap_or(first) })
}
