//! Frames arrive, and the receiver does not answer: its own filter drops them, not the network.

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::{FilterEvidence, FrameEvidence};
use pontoon_diagnosis::{Certainty, CommandPlace, DistinguishingCheck, Evidence, Remedy};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::shared_links::LinkEndpoint;
use pontoon_model::shell_command;
use pontoon_model::snapshot::{FilterOwner, NetfilterSnapshot};

use super::directed_path::{DirectedPath, PairProbe, ProbeRounds};
use super::route_lookup::{RouteLookup, lookup, reverse_path_drop};
use super::rule_context::RuleContext;

/// Arrivals without response that suffice on a path without losses.
const UNANSWERED: usize = 3;
/// Arrivals without an answer that suffice where frames are lost: with 40 % loss eight answers in
/// a row are lost once in 1500 times.
const UNANSWERED_AND_LOSSY: usize = 8;

/// What shows the rules of any packet filter.
pub(super) const READ_RULES: &str = "sudo nft list ruleset";

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
                let evidence = [
                    FrameEvidence::PingsUnanswered {
                        from: way.from.host.clone(),
                        arrived: echo.arrived.len(),
                    },
                    FrameEvidence::UdpAnswered { answered: udp.answered.len() },
                ];
                found.push(
                    RuleMatch::new(way.scope(), Certainty::Likely, evidence)
                        .with_remedies([Remedy::action(
                            "nothing; only do not take a failed ping for a failed link",
                        )])
                        .distinguished_by(DistinguishingCheck::by_fact(
                            "a longer run with more pings",
                        )),
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
    let mut evidence: Vec<Evidence> = vec![
        FrameEvidence::UdpReachedLink {
            from: from.clone(),
            to: to.clone(),
            link: way.to.link.clone(),
            sent: udp.sent.len(),
            arrived: udp.arrived.len(),
        }
        .into(),
        if udp.rejected.is_empty() {
            FrameEvidence::NoneAnswered { by: to.clone() }.into()
        } else {
            FilterEvidence::RejectedByIcmp { host: to.clone(), rejected: udp.rejected.len() }.into()
        },
    ];
    let filtering = filter.and_then(|filter| input_filtered(to, filter));
    let is_clean = filter.is_some_and(|filter| filter.is_readable && !has_input_chain(filter));
    let certainty = match (udp.rejected.is_empty(), filtering.is_some(), is_clean) {
        (false, _, _) | (_, true, _) => Certainty::Confirmed,
        (true, false, true) => Certainty::Possible,
        (true, false, false) => Certainty::Likely,
    };
    evidence.extend(filtering.map(Into::into));
    let owner = filter.and_then(|filter| filter.owners.first().copied());
    RuleMatch::new(way.scope(), certainty, evidence)
        .with_remedies([
            open_up(owner, way),
            Remedy::action("the network is not to blame: there is nothing to ask its operators"),
        ])
        .distinguished_by(DistinguishingCheck::by_command(
            CommandPlace::Host(to.clone()),
            READ_RULES,
        ))
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

/// That a host filters what comes in, where it has a chain for it.
pub(super) fn input_filtered(
    host: &HostName,
    filter: &NetfilterSnapshot,
) -> Option<FilterEvidence> {
    has_input_chain(filter).then(|| FilterEvidence::InputFiltered {
        host: host.clone(),
        owners: filter.owners.clone(),
    })
}

/// How the peer is let in, by the tool that keeps it out.
fn open_up(owner: Option<FilterOwner>, way: &DirectedPath) -> Remedy {
    let (to, network) = (&way.to.host, way.to.prefix.network());
    match owner {
        Some(FilterOwner::Ufw) => Remedy::on(to, shell_command!("sudo ufw allow from {}", network)),
        Some(FilterOwner::Firewalld) => Remedy::on(
            to,
            shell_command!(
                "sudo firewall-cmd --permanent --zone=trusted --add-source={} && sudo \
                 firewall-cmd --reload",
                network
            ),
        ),
        _ => Remedy::on(to, READ_RULES).to(format!(
            "let in what comes from {network} on {}; find the rule that drops it",
            way.to.link
        )),
    }
}
