//! Names: who answers, and whether the answers are true.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_model::facts::Facts;
use pontoon_model::finding::{DiagnosisScope, Level};
use pontoon_model::host::HostName;
use pontoon_model::net::IpFamily;
use pontoon_model::observation::{DnsQuery, ObservedEvent, ProbeAnswer, ProbeKind};

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
    /// Whether a link by which the host would leave lost some of what was put there: to the
    /// gateway, or to another host by a way that is open.
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
        let (level, what) = manner(server);
        let others = all.iter().any(|((other, _), server)| other == host && server.resolves());
        let consequence = if others {
            "another configured server does resolve: lookups are slow, not dead"
        } else {
            "no other configured server resolves anything"
        };
        let scope =
            DiagnosisScope { to: Some(HostName::lossy(&address.to_string())), ..DiagnosisScope::host(host) };
        RuleMatch::new(scope, level, vec![what, consequence.to_owned()])
            .advise([
                format!("on {host}: put a server that answers into /etc/resolv.conf, or renew the DHCP lease"),
                format!("is {address} a server of a network that {host} has left?"),
            ])
            .or_decide(format!("on {host}: dig @{address} debian.org"))
    })
    .collect()
}

fn manner(server: &DnsServerResult<'_>) -> (Level, String) {
    let said = server.known.iter().find_map(|answer| match answer {
        ProbeAnswer::Garbage { what } => {
            Some(format!("what it answers is no DNS message ({what})"))
        }
        ProbeAnswer::Dns { rcode: NO_ERROR, .. } => {
            Some("it answers that names which exist have no address".to_owned())
        }
        ProbeAnswer::Dns { rcode, .. } => {
            Some(format!("it answers names that exist with {}", rcode_name(*rcode)))
        }
        ProbeAnswer::Icmp { kind, code, from } => {
            Some(format!("{from} says that it cannot be reached (ICMP {kind}/{code})"))
        }
        ProbeAnswer::Refused { errno } => {
            Some(format!("the own kernel has no way there (errno {errno})"))
        }
        _ => None,
    });
    let silence =
        || format!("{} queries for names that exist were not answered", server.known_sent);
    said.map_or_else(|| (Level::Likely, silence()), |said| (Level::Confirmed, said))
}

/// The names of IANA's registry "DNS RCODEs".
fn rcode_name(rcode: u16) -> String {
    match rcode {
        1 => "FORMERR".to_owned(),
        2 => "SERVFAIL".to_owned(),
        3 => "NXDOMAIN".to_owned(),
        5 => "REFUSED".to_owned(),
        other => format!("RCODE {other}"),
    }
}

/// A server invents addresses for names that cannot exist (RFC 6761, section 6.4).
pub(super) fn dns_rewritten(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut by_host: BTreeMap<&HostName, Vec<String>> = BTreeMap::new();
    for ((host, address), server) in servers(facts) {
        if let Some(invented) = server.invented.first() {
            by_host.entry(host).or_default().push(format!(
                "{address} says that a random name below .invalid has the address {invented}"
            ));
        }
    }
    by_host
        .into_iter()
        .map(|(host, because)| {
            RuleMatch::new(DiagnosisScope::host(host), Level::Confirmed, because).advise([
                format!("on {host}: use another server, or one reached by TLS"),
                "in the cluster: search domains and ndots make pods ask for names that do not \
                 exist, and they would get that address"
                    .to_owned(),
            ])
        })
        .collect()
}

/// A response arrives for a query to an address without a name server: DNS is intercepted.
pub(super) fn dns_intercepted(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for ((host, address), server) in servers(facts) {
        if server.unserved.iter().any(|answer| matches!(answer, ProbeAnswer::Dns { .. })) {
            let because = vec![
                format!("{address} runs no DNS server, and a query to it was answered in its name"),
                "so whatever server is configured, somebody on the way answers".to_owned(),
            ];
            found
                .push(RuleMatch::new(DiagnosisScope::host(host), Level::Confirmed, because).advise([
                "it works as long as the answers are true; DNS by TLS or HTTPS is not intercepted",
                "the cluster's own DNS is not affected; its upstream is",
            ]));
        }
    }
    found
}
