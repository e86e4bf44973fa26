//! Frames that arrive at a host which does not respond: not a fault of the network.

use super::row::RuleMatch;
use pontoon_model::facts::Facts;
use pontoon_model::finding::Level;
use pontoon_model::shared_links::LinkEndpoint;
use pontoon_model::snapshot::{FilterOwner, NetfilterSnapshot};

use super::directed_path::{DirectedPath, PairProbe, ProbeRounds};
use super::route_lookup::{RouteLookup, lookup, reverse_path_drop};
use super::rule_context::RuleContext;

/// Arrivals without response that suffice on a path without losses.
const UNANSWERED: usize = 3;
/// Arrivals without an answer that suffice where frames are lost: with 40 % loss eight answers in
/// a row are lost once in 1500 times.
const UNANSWERED_AND_LOSSY: usize = 8;

/// Whatever arrives is dropped or rejected by the receiver's own packet filter.
pub(super) fn host_firewall(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let facts = case.facts;
    let mut found = Vec::new();
    for pair in &case.pairs {
        for (way, back) in pair.direction_pairs() {
            let udp = way.rounds(PairProbe::Udp);
            if back.is_open() && is_silent(way, back) && could_answer(facts, way) {
                found.push(firewall(facts, way, udp));
            }
        }
    }
    found
}

/// Ping has no response, although everything else has.
pub(super) fn ping_ignored(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let mut found = Vec::new();
    for pair in &case.pairs {
        for (way, back) in pair.direction_pairs() {
            let (udp, echo) = (way.rounds(PairProbe::Udp), way.rounds(PairProbe::Echo));
            let ignored = !echo.arrived.is_empty() && echo.answered.is_empty();
            if ignored && udp.answered.len() >= UNANSWERED && back.is_lossless() {
                let because = vec![
                    format!(
                        "{} pings from {} arrived, none was answered",
                        echo.arrived.len(),
                        way.from.host
                    ),
                    format!("{} UDP questions were answered", udp.answered.len()),
                ];
                found.push(
                    RuleMatch::new(way.scope(), Level::Likely, because)
                        .advise(["nothing: only do not take a failed ping for a failed link"])
                        .or_decide("a longer run with more pings"),
                );
            }
        }
    }
    found
}

/// Whether enough arrived, nothing was answered, and losses do not explain it. Pings count where
/// they are not answered either.
fn is_silent(way: &DirectedPath, back: &DirectedPath) -> bool {
    let (udp, echo) = (way.rounds(PairProbe::Udp), way.rounds(PairProbe::Echo));
    let pings = if echo.answered.is_empty() { echo.arrived.len() } else { 0 };
    let is_lossless = udp.sent.is_subset(&udp.arrived) && back.is_lossless();
    let is_enough = udp.arrived.len() >= UNANSWERED
        && (is_lossless || udp.arrived.len() + pings >= UNANSWERED_AND_LOSSY);
    is_enough && udp.answered.is_empty()
}

/// Whether the receiver's routes would send an answer back over the same link, and the asker
/// would take it.
fn could_answer(facts: &Facts, way: &DirectedPath) -> bool {
    let drops = |at: &LinkEndpoint, from: &LinkEndpoint| {
        facts.hosts.get(&at.host).is_some_and(|host| {
            reverse_path_drop(&host.snapshot, &at.link, from.prefix.address).is_some()
        })
    };
    let returns = facts.hosts.get(&way.to.host).is_none_or(|host| {
        match lookup(&host.snapshot, way.from.prefix.address) {
            RouteLookup::By { link, .. } => *link == way.to.link,
            RouteLookup::Policy => true,
            RouteLookup::NoRoute => false,
        }
    });
    returns
        && answers_all(facts, &way.to)
        && !drops(&way.from, &way.to)
        && !drops(&way.to, &way.from)
}

/// Whether the agent there answered all that came: it keeps to a budget.
fn answers_all(facts: &Facts, end: &LinkEndpoint) -> bool {
    let watches = facts.hosts.get(&end.host).into_iter().flat_map(|host| &host.watches);
    watches.filter(|watch| watch.link == end.link).all(|watch| watch.withheld == 0)
}

fn firewall(facts: &Facts, way: &DirectedPath, udp: &ProbeRounds) -> RuleMatch {
    let (from, to) = (&way.from.host, &way.to.host);
    let filter = facts.hosts.get(to).map(|host| &host.snapshot.netfilter);
    let mut because = vec![
        format!(
            "{} of {} UDP frames from {from} reached {to}'s {}, before any packet filter",
            udp.arrived.len(),
            udp.sent.len(),
            way.to.link
        ),
        if udp.rejected.is_empty() {
            "none was answered, though the way back is open".to_owned()
        } else {
            format!("{to} itself rejected {} of them by ICMP", udp.rejected.len())
        },
    ];
    let filtering = filter.filter(|filter| has_input_chain(filter));
    because
        .extend(filtering.map(|filter| format!("{to} filters what comes in: {}", owners(filter))));
    let is_clean = filter.is_some_and(|filter| filter.is_readable && !has_input_chain(filter));
    let level = match (udp.rejected.is_empty(), filtering.is_some(), is_clean) {
        (false, _, _) | (_, true, _) => Level::Confirmed,
        (true, false, true) => Level::Possible,
        (true, false, false) => Level::Likely,
    };
    let program = filter.and_then(|filter| filter.owners.first().copied());
    RuleMatch::new(way.scope(), level, because)
        .advise([
            open_up(program, way),
            "the network is innocent: nothing to ask of its operators".to_owned(),
        ])
        .or_decide(format!("on {to}, as root: nft list ruleset"))
}

pub(super) fn has_input_chain(filter: &NetfilterSnapshot) -> bool {
    let hooks = |chain: &pontoon_model::snapshot::BaseChain| {
        matches!(chain.hook.raw(), "input" | "prerouting" | "ingress")
            && chain.kind.raw() == "filter"
            && (chain.is_policy_drop || chain.rules > 0)
    };
    let legacy = filter.legacy_tables.iter().any(|table| table.raw() == "filter");
    legacy || filter.tables.iter().flat_map(|table| &table.chains).any(hooks)
}

pub(super) fn owners(filter: &NetfilterSnapshot) -> String {
    let names: Vec<_> = filter.owners.iter().map(|owner| program(*owner)).collect();
    if names.is_empty() { "rules of its own".to_owned() } else { names.join(", ") }
}

/// The name of the program that wrote the rules.
pub(super) const fn program(owner: FilterOwner) -> &'static str {
    match owner {
        FilterOwner::Docker => "Docker",
        FilterOwner::Ufw => "ufw",
        FilterOwner::Firewalld => "firewalld",
        FilterOwner::KubeProxy => "kube-proxy",
        FilterOwner::Tailscale => "Tailscale",
        FilterOwner::Libvirt => "libvirt",
        FilterOwner::Other => "rules of its own",
    }
}

/// How the peer is let in, by the tool that keeps it out.
fn open_up(owner: Option<FilterOwner>, way: &DirectedPath) -> String {
    let (to, network) = (&way.to.host, way.to.prefix.network());
    match owner {
        Some(FilterOwner::Ufw) => format!("on {to}: sudo ufw allow from {network}"),
        Some(FilterOwner::Firewalld) => {
            format!(
                "on {to}: sudo firewall-cmd --permanent --zone=trusted --add-source={network} && sudo firewall-cmd --reload"
            )
        }
        _ => format!(
            "on {to}: let in what comes from {network} by {} (sudo nft list ruleset shows what drops it)",
            way.to.link
        ),
    }
}
