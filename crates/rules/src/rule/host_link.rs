//! A host's own links: one is down, or nothing on it answers.

use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{GatewayProbe, LinkDownState, LinkEvidence};
use pontoon_diagnosis::{Certainty, CommandPlace, DiagnosisScope, DistinguishingCheck, Remedy};
use pontoon_model::facts::{Facts, HostFacts};
use pontoon_model::host::HostName;
use pontoon_model::net::{IpFamily, Prefix};
use pontoon_model::observation::{Observation, ObservedEvent};
use pontoon_model::shell_command;
use pontoon_model::snapshot::Link;

use super::rule_context::RuleContext;

/// Unanswered probes of the gateway that prove it, spread over seconds.
const SILENT: usize = 5;
/// Unanswered probes that make it likely.
const SILENT_AND_SHORT: usize = 3;

/// A gateway that was asked and did not answer.
struct SilentGateway<'a> {
    host: &'a HostName,
    link: &'a Link,
    address: IpAddr,
    /// In how many rounds it was asked.
    asked: usize,
    by: GatewayProbe,
    /// Whether other hosts were heard on the link, or heard this one.
    are_others_heard: bool,
    /// Whether a gateway of that address answers another host.
    answers_others: bool,
}

/// A gateway is configured on the link, and nothing on it responds, not even to ARP.
pub(super) fn no_l2_service(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let alone = silent_gateways(case).into_iter().filter(|gateway| !gateway.are_others_heard);
    let matched = alone.map(|gateway| {
        let certainty = match (gateway.by, gateway.asked) {
            (GatewayProbe::Arp, SILENT..) => Certainty::Confirmed,
            (GatewayProbe::Arp, _) => Certainty::Likely,
            (GatewayProbe::Ping, _) => Certainty::Possible,
        };
        let mac = gateway.link.mac.map(|mac| format!(" {mac}")).unwrap_or_default();
        let remedies = if gateway.link.is_radio() {
            [
                Remedy::action(format!(
                    "ask the network's operators whether the MAC address{mac} is registered"
                )),
                Remedy::action(
                    "take the address by DHCP: some networks pass only what they leased",
                ),
            ]
        } else {
            [
                Remedy::action(format!(
                    "check the cable, the switch port and its VLAN at {}'s {}",
                    gateway.host, gateway.link.name
                )),
                gateway.check_route(),
            ]
        };
        gateway.matched(certainty, LinkEvidence::NothingElseHeard).with_remedies(remedies)
    });
    matched.collect()
}

/// The gateway alone does not respond: the network works.
pub(super) fn gateway_silent(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let heard = silent_gateways(case).into_iter().filter(|gateway| gateway.are_others_heard);
    let matched = heard.map(|gateway| {
        let certainty = match gateway.by {
            GatewayProbe::Arp if !gateway.answers_others => Certainty::Likely,
            GatewayProbe::Arp | GatewayProbe::Ping => Certainty::Possible,
        };
        let remedies = [
            gateway.check_route(),
            Remedy::action(
                "leave it where the route is there only so that programs choose the link",
            ),
        ];
        gateway.matched(certainty, LinkEvidence::OtherHostsHeard).with_remedies(remedies)
    });
    matched.collect()
}

fn silent_gateways<'a>(case: &'a RuleContext<'_>) -> Vec<SilentGateway<'a>> {
    let mut found = Vec::new();
    for (host, facts) in &case.facts.hosts {
        for link in facts.snapshot.links.iter().filter(|link| link.is_usable()) {
            found.extend(silent_gateway(case, host, link));
        }
    }
    found
}

fn silent_gateway<'a>(
    case: &'a RuleContext<'_>,
    host: &'a HostName,
    link: &'a Link,
) -> Option<SilentGateway<'a>> {
    let leg = (host, &link.name, IpFamily::V4);
    let address = case.controls.gateway(leg)?;
    let asked = case.controls.asked(leg);
    if !asked.answered.is_empty() || asked.sent.len() < SILENT_AND_SHORT {
        return None;
    }
    let by = if asked.by_neighbour { GatewayProbe::Arp } else { GatewayProbe::Ping };
    let is_other = |seen: &Observation| match seen.direction {
        ObservedEvent::Arrived => true,
        ObservedEvent::Answered => seen.peer.is_some(),
        ObservedEvent::Sent => false,
    };
    // Each end counts: what it heard on the link, and that others heard what it sent there.
    let are_others_heard = case.facts.observations.iter().any(|seen| {
        let is_here = seen.host == *host && seen.link.as_ref() == Some(&link.name);
        let is_of_here = seen.direction == ObservedEvent::Arrived
            && seen.peer.as_ref() == Some(host)
            && seen.asked_link.as_ref() == Some(&link.name);
        (is_here && is_other(seen)) || is_of_here
    });
    let answers_others = case.facts.hosts.iter().any(|(other, facts)| {
        let mut links = facts.snapshot.links.iter();
        other != host
            && links.any(|link| {
                let leg = (other, &link.name, IpFamily::V4);
                let is_same = case.controls.gateway(leg) == Some(address);
                is_same && !case.controls.asked(leg).answered.is_empty()
            })
    });
    let asked = asked.sent.len();
    Some(SilentGateway { host, link, address, asked, by, are_others_heard, answers_others })
}

impl SilentGateway<'_> {
    fn check_route(&self) -> Remedy {
        let address = self.address;
        Remedy::on(self.host, "ip route").to(format!("check that {address} is the right gateway"))
    }

    fn matched(&self, certainty: Certainty, others: LinkEvidence) -> RuleMatch {
        let link = &self.link.name;
        let silent = LinkEvidence::GatewaySilent {
            gateway: self.address,
            link: link.clone(),
            asked: self.asked,
            by: self.by,
        };
        RuleMatch::new(DiagnosisScope::link(self.host, link), certainty, [silent, others])
            .distinguished_by(DistinguishingCheck::by_command(
                CommandPlace::Host(self.host.clone()),
                shell_command!("sudo arping -I {} {}", link, self.address),
            ))
    }
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
        IpAddr::V4(v4) => !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
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
