//! A host's own links: one is down, or nothing on it answers.

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{GatewayProbe, LinkDownState, LinkEvidence};
use pontoon_diagnosis::{Certainty, CommandPlace, DiagnosisScope, DistinguishingCheck, Remedy};
use pontoon_model::facts::{Facts, HostFacts};
use pontoon_model::host::HostName;
use pontoon_model::net::{IpFamily, Prefix};
use pontoon_model::observation::ObservedEvent;
use pontoon_model::shell_command;
use pontoon_model::snapshot::Link;

use super::control::LinkControls;
use super::rule_context::RuleContext;

/// Unanswered probes of the gateway that prove it, spread over seconds.
const SILENT: usize = 5;
/// Unanswered probes that make it likely.
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
    let evidence = [
        LinkEvidence::GatewaySilent {
            gateway,
            link: link.name.clone(),
            asked: asked.sent.len(),
            by: if asked.by_neighbour { GatewayProbe::Arp } else { GatewayProbe::Ping },
        },
        if is_heard { LinkEvidence::OtherHostsHeard } else { LinkEvidence::NothingElseHeard },
    ];
    let certainty = match (asked.by_neighbour, is_heard, asked.sent.len()) {
        (true, false, SILENT..) => Certainty::Confirmed,
        (true, _, _) => Certainty::Likely,
        (false, _, _) => Certainty::Possible,
    };
    let mac = link.mac.map(|mac| format!(" {mac}")).unwrap_or_default();
    let remedies = if link.is_radio() {
        [
            Remedy::action(format!(
                "ask the network's operators whether the MAC address{mac} is registered"
            )),
            Remedy::action("take the address by DHCP: some networks pass only what they leased"),
        ]
    } else {
        [
            Remedy::action(format!(
                "check the cable, the switch port and its VLAN at {host}'s {}",
                link.name
            )),
            Remedy::on(host, "ip route").to(format!("check that {gateway} is the right gateway")),
        ]
    };
    let arping = shell_command!("sudo arping -I {} {}", link.name, gateway);
    Some(
        RuleMatch::new(DiagnosisScope::link(host, &link.name), certainty, evidence)
            .with_remedies(remedies)
            .distinguished_by(DistinguishingCheck::by_command(
                CommandPlace::Host(host.clone()),
                arping,
            )),
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
            let evidence = [
                LinkEvidence::LinkDown {
                    host: name.clone(),
                    link: link.name.clone(),
                    prefix,
                    state: down_state(link),
                },
                if is_up_still {
                    LinkEvidence::NeighbourLinkUp { peer: peer.clone() }
                } else {
                    LinkEvidence::NeighbourLinkWentDown { peer: peer.clone() }
                },
            ];
            let scope = DiagnosisScope {
                to: Some(name.clone()),
                link: Some(link.name.clone()),
                ..DiagnosisScope::default()
            };
            let found_here = RuleMatch::new(scope, Certainty::Confirmed, evidence);
            found.push(found_here.with_remedies([bring_up(name, link)]));
        }
    }
    found
}

fn down_state(link: &Link) -> LinkDownState {
    match (link.is_usable(), link.is_up, link.is_radio()) {
        (true, _, _) => LinkDownState::WentDown,
        (false, true, true) => LinkDownState::NotAssociated,
        (false, true, false) => LinkDownState::NoCarrier,
        (false, false, _) => LinkDownState::AdminDown,
    }
}

fn bring_up(host: &HostName, link: &Link) -> Remedy {
    let dev = &link.name;
    match (link.is_up, link.is_radio()) {
        (true, true) => {
            Remedy::on(host, shell_command!("iw dev {} link; journalctl -t wpa_supplicant", dev))
                .to("check that the access point is in reach and the key is right")
        }
        (true, false) => Remedy::action(format!(
            "check the cable at {host}'s {} and the port at its other end",
            link.name
        )),
        (false, _) => Remedy::on(host, shell_command!("sudo ip link set {} up", dev)),
    }
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
