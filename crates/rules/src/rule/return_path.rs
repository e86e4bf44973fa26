//! Replies that take another link than the probe, or probes that are dropped because they would.

use std::net::IpAddr;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{FrameEvidence, RoutingEvidence};
use pontoon_diagnosis::{Certainty, CommandPlace, DistinguishingCheck, Evidence, Remedy};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::shell_command;

use super::directed_path::{DirectedPath, PairProbe};
use super::route_lookup::{RouteLookup, lookup, reverse_path_drop};
use super::rule_context::RuleContext;

/// The kernel counter of packets that the reverse-path filter dropped (`/proc/net/netstat`).
const DROPPED: &str = "TcpExt.IPReversePathFilter";

/// What arrives is dropped by the receiver's strict reverse-path filter.
pub(super) fn rp_filter_drop(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for pair in &case.pairs {
        for way in pair.directions() {
            found.extend(dropped(facts, way));
        }
    }
    found
}

fn dropped(facts: &Facts, way: &DirectedPath) -> Option<RuleMatch> {
    let (from, to) = (&way.from.host, &way.to.host);
    let host = facts.hosts.get(to)?;
    let source = way.from.prefix.address;
    let other = reverse_path_drop(&host.snapshot, &way.to.link, source)?;
    if !way.is_open() || !way.answered().is_empty() {
        return None;
    }
    let gained = host.counters.get(DROPPED).copied();
    let certainty = if gained.is_some_and(|gained| gained > 0) {
        Certainty::Confirmed
    } else {
        Certainty::Likely
    };
    let mut evidence: Vec<Evidence> = vec![
        FrameEvidence::ArrivedUnanswered {
            from: from.clone(),
            to: to.clone(),
            link: way.to.link.clone(),
            arrived: way.arrived().len(),
        }
        .into(),
        RoutingEvidence::StrictReversePath { host: to.clone(), source, return_link: other.clone() }
            .into(),
    ];
    let counted = gained.filter(|packets| *packets > 0);
    evidence.extend(
        counted
            .map(|packets| RoutingEvidence::ReversePathDrops { host: to.clone(), packets }.into()),
    );
    // sysctl(8) takes a `/` for the dot in a VLAN's name.
    let link = way.to.link.as_str().replace('.', "/");
    let loose = format!("net.ipv4.conf.{link}.rp_filter=2");
    let check = DistinguishingCheck::by_command(
        CommandPlace::Host(to.clone()),
        "nstat -az TcpExtIPReversePathFilter",
    );
    Some(
        RuleMatch::new(way.scope(), certainty, evidence)
            .with_remedies([
                correct_route(to, source),
                Remedy::on(to, shell_command!("sudo sysctl -w {}", loose))
                    .to("filter loosely there"),
            ])
            .distinguished_by(check.showing("run before and after a ping: the counter rises")),
    )
}

fn correct_route(host: &HostName, destination: IpAddr) -> Remedy {
    Remedy::on(host, shell_command!("ip route get {}", destination))
        .to(format!("correct the route to {destination}, which this shows"))
}

/// Replies come back on another link than the one the probes left by.
pub(super) fn asymmetric_return(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for pair in &case.pairs {
        for way in pair.directions() {
            let udp = way.rounds(PairProbe::Udp);
            // ARP answers and pings of a second link of the same network come this way, too; what
            // an agent answered through its own stack is what routes decide.
            if udp.elsewhere.len() < 2 {
                continue;
            }
            let (from, to) = (&way.from.host, &way.to.host);
            let source = way.from.prefix.address;
            let mut evidence = vec![RoutingEvidence::RepliesOnOtherLink {
                from: from.clone(),
                to: to.clone(),
                link: way.from.link.clone(),
                answered: udp.answered.len(),
                on_other_link: udp.elsewhere.len(),
            }];
            let routed = facts.hosts.get(to).map(|host| lookup(&host.snapshot, source));
            let route = match routed {
                Some(RouteLookup::By { link, .. }) if *link != way.to.link => {
                    Some(RoutingEvidence::ReturnRoute {
                        host: to.clone(),
                        destination: source,
                        link: link.clone(),
                        arrives_on: way.to.link.clone(),
                    })
                }
                _ => None,
            };
            let certainty = if route.is_some() { Certainty::Confirmed } else { Certainty::Likely };
            evidence.extend(route);
            found.push(
                RuleMatch::new(way.scope(), certainty, evidence)
                    .with_remedies([
                        correct_route(to, source),
                        Remedy::action(
                            "this works until a stateful firewall or strict reverse-path \
                             filtering is in the way",
                        ),
                    ])
                    .distinguished_by(DistinguishingCheck::by_command(
                        CommandPlace::Host(to.clone()),
                        shell_command!("ip route get {}", source),
                    )),
            );
        }
    }
    found
}
