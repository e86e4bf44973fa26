//! Responses that take another path than the request, or are dropped because of it.

use super::row::RuleMatch;
use pontoon_model::facts::Facts;
use pontoon_model::finding::Level;

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
    let level =
        if gained.is_some_and(|gained| gained > 0) { Level::Confirmed } else { Level::Likely };
    let mut because = vec![
        format!(
            "{} rounds from {from} reached {to}'s {}, none was answered",
            way.arrived().len(),
            way.to.link
        ),
        format!(
            "{to} has strict reverse-path filtering there and would answer {source} by {other}"
        ),
    ];
    because.extend(
        gained.filter(|gained| *gained > 0).map(|gained| {
            format!("{to}'s kernel counted {gained} packets dropped for that reason")
        }),
    );
    Some(
        RuleMatch::new(way.scope(), level, because)
            .advise([
                format!("on {to}: correct the route to {source} (ip route get {source})"),
                format!(
                    "or on {to}: sudo sysctl -w net.ipv4.conf.{}.rp_filter=2 (loose)",
                    way.to.link
                ),
            ])
            .or_decide(format!(
                "on {to}: nstat -az TcpExtIPReversePathFilter, before and after a ping"
            )),
    )
}

/// Answers come back, by another link than the question took.
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
            let mut because = vec![format!(
                "{} of {} answers of {to} to {from}'s questions on {} came in by another link",
                udp.elsewhere.len(),
                udp.answered.len(),
                way.from.link
            )];
            let host = facts.hosts.get(to);
            let routed = host.map(|host| lookup(&host.snapshot, source));
            let is_routed = match routed {
                Some(RouteLookup::By { link, .. }) if *link != way.to.link => {
                    because.push(format!(
                        "{to} sends what is for {source} by {link}, not by {}",
                        way.to.link
                    ));
                    true
                }
                _ => false,
            };
            let level = if is_routed { Level::Confirmed } else { Level::Likely };
            found.push(
                RuleMatch::new(way.scope(), level, because)
                    .advise([
                        format!("on {to}: correct the route to {source} (ip route get {source})"),
                        "it works until a stateful firewall or strict reverse-path filtering is in \
                         the way"
                            .to_owned(),
                    ])
                    .or_decide(format!("on {to}: ip route get {source}")),
            );
        }
    }
    found
}
