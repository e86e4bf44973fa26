//! DNS: which servers answer, and whether their answers are true.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{RoutingEvidence, ServiceEvidence};
use pontoon_diagnosis::{
    Certainty, CommandPlace, DiagnosisScope, DistinguishingCheck, Evidence, Remedy,
};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;
use pontoon_model::observation::{DnsQuery, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::shell_command;

use super::directed_path::DirectedPath;
use super::forwarding::is_stuck_behind_gateway;
use super::rule_context::RuleContext;

/// What one server did for one host.
#[derive(Default)]
struct DnsServerResult<'a> {
    known_sent: usize,
    known: Vec<&'a ProbeAnswer>,
    invented: Vec<IpAddr>,
    unserved: Vec<&'a ProbeAnswer>,
}

/// The RCODE of success, `NOERROR` (RFC 1035, section 4.1.1).
const NO_ERROR: u16 = 0;

fn servers(facts: &Facts) -> BTreeMap<(&HostName, IpAddr), DnsServerResult<'_>> {
    let mut servers: BTreeMap<_, DnsServerResult<'_>> = BTreeMap::new();
    for seen in &facts.observations {
        let (ProbeKind::Dns { query }, Some(address)) = (&seen.kind, seen.address) else {
            continue;
        };
        let server = servers.entry((&seen.host, address)).or_default();
        match (query, seen.direction, &seen.answer) {
            (DnsQuery::Known, ObservedEvent::Sent, _) => server.known_sent += 1,
            (DnsQuery::Known, ObservedEvent::Answered, Some(answer)) => server.known.push(answer),
            (
                DnsQuery::Invalid,
                ObservedEvent::Answered,
                Some(ProbeAnswer::Dns { rcode: NO_ERROR, addresses }),
            ) => server.invented.extend(addresses),
            (DnsQuery::NoServer, ObservedEvent::Answered, Some(answer)) => {
                server.unserved.push(answer);
            }
            (_, _, _) => {}
        }
    }
    servers
}

impl DnsServerResult<'_> {
    fn resolves(&self) -> bool {
        let is_good = |answer: &&&ProbeAnswer| matches!(answer, ProbeAnswer::Dns { rcode: NO_ERROR, addresses } if !addresses.is_empty());
        self.known.iter().any(|answer| is_good(&answer))
    }
}

/// Where frames are lost between a host and the internet: silence of a server says nothing there.
struct UplinkLosses<'a> {
    case: &'a RuleContext<'a>,
}

impl UplinkLosses<'_> {
    /// Whether a link of a default route lost some of what was sent there: to the
    /// gateway, or to another host on a path that is open.
    fn bear_on(&self, host: &HostName) -> bool {
        let routes = self
            .case
            .facts
            .hosts
            .get(host)
            .into_iter()
            .flat_map(|host| host.snapshot.default_routes());
        routes.filter_map(|route| route.link.as_ref()).any(|link| {
            let asked = self.case.controls.asked((host, link, IpFamily::V4));
            let is_end = |way: &DirectedPath| way.from.host == *host && way.from.link == *link;
            asked.has_losses()
                || self.case.pairs.iter().any(|pair| {
                    pair.is_open()
                        && pair.directions().into_iter().any(is_end)
                        && !pair.directions().into_iter().all(DirectedPath::is_lossless)
                })
        })
    }
}

/// A configured server resolves nothing.
pub(super) fn dns_dead(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let all = servers(facts);
    let losses = UplinkLosses { case };
    let dead = all.iter().filter(|((host, _), server)| {
        let is_explained = server.known.is_empty() && losses.bear_on(host);
        server.known_sent > 0
            && !server.resolves()
            && !is_stuck_behind_gateway(facts, host)
            && !is_explained
    });
    dead.map(|((host, address), server)| {
        let others = all.iter().any(|((other, _), server)| other == host && server.resolves());
        let others = if others {
            ServiceEvidence::OtherServerResolves
        } else {
            ServiceEvidence::NoOtherServerResolves
        };
        let failure = failure(host, *address, server);
        let certainty = if failure.is_some() { Certainty::Confirmed } else { Certainty::Likely };
        let failure = failure.unwrap_or_else(|| {
            ServiceEvidence::DnsSilent { server: *address, queries: server.known_sent }.into()
        });
        let scope = DiagnosisScope { to: Some(named(*address)), ..DiagnosisScope::host(host) };
        RuleMatch::new(scope, certainty, [failure, others.into()])
            .with_remedies([
                Remedy::action(format!(
                    "on {host}: put a server that answers into /etc/resolv.conf, or renew the \
                     DHCP lease"
                )),
                Remedy::action(format!(
                    "check whether {address} is a server of a network that {host} has left"
                )),
            ])
            .distinguished_by(DistinguishingCheck::by_command(
                CommandPlace::Host((*host).clone()),
                shell_command!("dig @{} debian.org", address),
            ))
    })
    .collect()
}

/// An address as the name of a host: servers beyond the run have no other.
fn named(address: IpAddr) -> HostName {
    HostName::lossy(&address.to_string())
}

/// What a server did instead of resolving, unless it was silent.
fn failure(host: &HostName, server: IpAddr, result: &DnsServerResult<'_>) -> Option<Evidence> {
    result.known.iter().find_map(|answer| {
        Some(match answer {
            ProbeAnswer::Garbage { what } => {
                ServiceEvidence::DnsGarbage { server, what: what.clone() }.into()
            }
            ProbeAnswer::Dns { rcode: NO_ERROR, .. } => {
                ServiceEvidence::DnsNoAddress { server }.into()
            }
            ProbeAnswer::Dns { rcode, .. } => {
                ServiceEvidence::DnsError { server, rcode: *rcode }.into()
            }
            ProbeAnswer::Icmp { kind, code, from } => RoutingEvidence::IcmpUnreachable {
                reported_by: *from,
                target: named(server),
                icmp_type: *kind,
                icmp_code: *code,
            }
            .into(),
            ProbeAnswer::Refused { errno } => RoutingEvidence::NotSent {
                host: host.clone(),
                target: named(server),
                errno: *errno,
            }
            .into(),
            _ => return None,
        })
    })
}

/// A server invents addresses for names that cannot exist (RFC 6761, section 6.4).
pub(super) fn dns_rewritten(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut by_host: BTreeMap<&HostName, Vec<ServiceEvidence>> = BTreeMap::new();
    for ((host, server), result) in servers(facts) {
        if let Some(invented) = result.invented.first() {
            let evidence = ServiceEvidence::InvalidNameResolved { server, address: *invented };
            by_host.entry(host).or_default().push(evidence);
        }
    }
    by_host
        .into_iter()
        .map(|(host, evidence)| {
            let scope = DiagnosisScope::host(host);
            RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([
                Remedy::action(format!(
                    "on {host}: use another name server, or one reached over TLS"
                )),
                Remedy::action(
                    "in the cluster: search domains and ndots make pods ask for names that do not \
                     exist, and they would get that address",
                ),
            ])
        })
        .collect()
}

/// A DNS query to an address that runs no server is answered: queries are intercepted.
pub(super) fn dns_intercepted(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for ((host, address), server) in servers(facts) {
        if server.unserved.iter().any(|answer| matches!(answer, ProbeAnswer::Dns { .. })) {
            let evidence = [ServiceEvidence::AnsweredWithoutServer { address }];
            let scope = DiagnosisScope::host(host);
            found.push(RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([
                Remedy::action(
                    "this works as long as the answers are true; DNS over TLS or HTTPS is not \
                     intercepted",
                ),
                Remedy::action("the cluster's own DNS is not affected; its upstream servers are"),
            ]));
        }
    }
    found
}
