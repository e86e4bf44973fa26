//! Networks that block UDP.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::ServiceEvidence;
use pontoon_diagnosis::{Certainty, DiagnosisScope, DistinguishingCheck, Remedy};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::observation::{ObservedEvent, ProbeAnswer, ProbeKind};

use super::rule_context::RuleContext;

/// Ports that nearly every network passes, DNS and NTP: they prove nothing.
const DNS_AND_NTP: [u16; 2] = [53, 123];
/// Silent ports that suffice (RFC 9308, section 2: some networks block all UDP).
const PORTS: usize = 3;
/// Attempts for each port.
const TRIES: usize = 3;

#[derive(Default)]
struct UdpServerResult {
    tries: BTreeMap<u16, usize>,
    heard: BTreeSet<u16>,
    connected: BTreeSet<u16>,
    reset: BTreeSet<u16>,
}

/// No UDP port of the user's own server is reached, and TCP to it works.
pub(super) fn udp_blocked(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    servers(facts)
        .into_iter()
        .filter_map(|((host, address), server)| blocked(host, address, &server))
        .collect()
}

fn blocked(host: &HostName, address: IpAddr, server: &UdpServerResult) -> Option<RuleMatch> {
    let is_telling = |port: &u16| !DNS_AND_NTP.contains(port);
    let silent: Vec<u16> = server
        .tries
        .iter()
        .filter(|(port, tries)| {
            **tries >= TRIES && is_telling(port) && !server.heard.contains(port)
        })
        .map(|(port, _)| *port)
        .collect();
    let any_heard = server.heard.iter().any(is_telling);
    let tcp = server.connected.first().or(server.reset.first())?;
    if any_heard || silent.len() < PORTS {
        return None;
    }
    let certainty =
        if server.connected.is_empty() { Certainty::Likely } else { Certainty::Confirmed };
    let evidence = [
        ServiceEvidence::UdpPortsSilent { server: address, ports: silent, tries: TRIES },
        ServiceEvidence::TcpPortAnswers { port: *tcp },
    ];
    Some(
        RuleMatch::new(DiagnosisScope::host(host), certainty, evidence)
            .with_remedies([
                Remedy::action("WireGuard and QUIC do not work here: use TLS over TCP port 443"),
                Remedy::action(
                    "ask the network's operators to open one UDP port (--request drafts the mail)",
                ),
            ])
            .distinguished_by(DistinguishingCheck::by_fact(
                "a TCP service of your own on the same server",
            )),
    )
}

fn servers(facts: &Facts) -> BTreeMap<(&HostName, IpAddr), UdpServerResult> {
    let mut servers: BTreeMap<(&HostName, IpAddr), UdpServerResult> = BTreeMap::new();
    for seen in facts.observations.iter().filter(|seen| seen.peer.is_none()) {
        let Some(address) = seen.address else { continue };
        match (&seen.kind, seen.direction) {
            (ProbeKind::UdpPort { port }, direction) => {
                let server = servers.entry((&seen.host, address)).or_default();
                match (direction, &seen.answer) {
                    (ObservedEvent::Sent, _) => *server.tries.entry(*port).or_default() += 1,
                    // A port-unreachable error of the server itself came all the way.
                    (ObservedEvent::Answered, Some(answer)) if is_from(answer, address) => {
                        server.heard.insert(*port);
                    }
                    (_, _) => {}
                }
            }
            (ProbeKind::Tcp { port }, ObservedEvent::Answered) => {
                let server = servers.entry((&seen.host, address)).or_default();
                match &seen.answer {
                    Some(ProbeAnswer::Reply) => drop(server.connected.insert(*port)),
                    Some(ProbeAnswer::Reset) => drop(server.reset.insert(*port)),
                    _ => {}
                }
            }
            (_, _) => {}
        }
    }
    servers
}

fn is_from(answer: &ProbeAnswer, address: IpAddr) -> bool {
    match answer {
        ProbeAnswer::Reply => true,
        ProbeAnswer::Icmp { from, .. } => *from == address,
        _ => false,
    }
}
