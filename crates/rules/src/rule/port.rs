//! Ports that Kubernetes needs and that are not reachable, with what blocks them.

mod port_outcome;

use std::collections::BTreeMap;

use super::row::RuleMatch;
use pontoon_model::finding::{DiagnosisScope, Level};
use pontoon_model::net::Prefix;
use pontoon_model::port::TransportProtocol;
use pontoon_model::snapshot::{FilterOwner, NetfilterSnapshot};
use pontoon_model::untrusted::Untrusted;

use super::host_firewall::{has_input_chain, owners};
use super::rule_context::RuleContext;
use port_outcome::{BlockSignal, way};

pub(crate) use port_outcome::{PortAttempt, PortOutcome, asked};

/// Ports that the packet filter of their own host blocks.
pub(super) fn port_blocked(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    causes(case, |outcome| matches!(outcome, PortOutcome::KeptOut { .. }))
}

/// Ports that are blocked between the two hosts.
pub(super) fn port_filtered(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    causes(case, |outcome| matches!(outcome, PortOutcome::OnTheWay { .. } | PortOutcome::KeptIn))
}

/// Ports of one way with one cause, in one finding.
fn causes(case: &RuleContext<'_>, is_meant: impl Fn(&PortOutcome) -> bool) -> Vec<RuleMatch> {
    let mut causes: BTreeMap<(DiagnosisScope, PortOutcome), Vec<PortAttempt<'_>>> = BTreeMap::new();
    for asked in asked(case).into_iter().filter(|asked| is_meant(&asked.outcome)) {
        let scope = DiagnosisScope {
            from: Some(asked.from.clone()),
            to: Some(asked.to.clone()),
            link: asked.link.cloned(),
            family: Some(asked.family),
        };
        causes.entry((scope, asked.outcome.clone())).or_default().push(asked);
    }
    causes
        .into_iter()
        .filter_map(|((scope, outcome), all)| proven(case, scope, &outcome, &all))
        .collect()
}

fn proven(
    case: &RuleContext<'_>,
    scope: DiagnosisScope,
    outcome: &PortOutcome,
    all: &[PortAttempt<'_>],
) -> Option<RuleMatch> {
    let first = all.first()?;
    let (from, to) = (first.from, first.to);
    let ports: Vec<String> = all.iter().map(|asked| asked.port.to_string()).collect();
    let ports = ports.join(", ");
    let tries = all.iter().map(|asked| asked.tries).max().unwrap_or_default();
    Some(match outcome {
        PortOutcome::KeptOut { is_rejected } => {
            let filter = case.facts.hosts.get(to).map(|host| &host.snapshot.netfilter);
            let because = if *is_rejected {
                vec![format!(
                    "{to} itself refuses {ports} to {from}, though somebody listens there"
                )]
            } else {
                vec![format!(
                    "what {from} sends to {ports} reaches {to}, before any packet filter, and is not \
                     answered, {tries} tries each, though somebody listens there"
                )]
            };
            kept_out(scope, *is_rejected, filter, because)
                .advise(all.iter().map(|asked| let_in(case, filter, asked)))
                .or_decide(format!("on {to}, as root: nft list ruleset"))
        }
        PortOutcome::OnTheWay { by } => on_the_way(scope, *by, first, &ports, tries),
        PortOutcome::KeptIn => {
            let because =
                vec![format!("{from}'s own packet filter lets nothing out to {ports} of {to}")];
            RuleMatch::new(scope, Level::Confirmed, because)
                .advise([format!("on {from}, as root: nft list ruleset shows the output chain")])
        }
        PortOutcome::Open | PortOutcome::Elsewhere | PortOutcome::Undecided => return None,
    })
}

fn on_the_way(
    scope: DiagnosisScope,
    by: BlockSignal,
    first: &PortAttempt<'_>,
    ports: &str,
    tries: usize,
) -> RuleMatch {
    let PortAttempt { from, to, port, .. } = first;
    let mut because = vec![match by {
        BlockSignal::Silence => format!(
            "what {from} sends to {ports} does not reach {to}, {tries} tries each; other packets \
             between the two pass"
        ),
        BlockSignal::Router(router) => {
            format!("{router} says that {ports} of {to} is not let through")
        }
        BlockSignal::Forgery => format!(
            "{from} is refused {ports} in {to}'s name, and {to} never saw what it asked for"
        ),
    }];
    let mut advice = Vec::new();
    let level = if by == BlockSignal::Silence { Level::Likely } else { Level::Confirmed };
    match by {
        BlockSignal::Router(router) => {
            advice.push(format!("ask who runs {router} to let {ports} pass"));
        }
        BlockSignal::Silence => {
            because.push(format!("an output chain of {from} would look the same"));
            advice.push(format!("on {from}, as root: nft list ruleset (does it drop it?)"));
        }
        BlockSignal::Forgery => {}
    }
    advice.push(format!("ask who runs the network between {from} and {to} to let {ports} pass"));
    RuleMatch::new(scope, level, because).advise(advice).or_decide(format!(
        "on {from}: sudo tcpdump -ni any port {} while it asks again: does it leave?",
        port.number
    ))
}

fn kept_out(
    scope: DiagnosisScope,
    is_rejected: bool,
    filter: Option<&NetfilterSnapshot>,
    mut because: Vec<String>,
) -> RuleMatch {
    let to = scope.to.clone();
    let filtering = filter.filter(|filter| has_input_chain(filter));
    let to = to.map(|to| to.to_string()).unwrap_or_default();
    because
        .extend(filtering.map(|filter| format!("{to} filters what comes in: {}", owners(filter))));
    let is_clean = filter.is_some_and(|filter| filter.is_readable && !has_input_chain(filter));
    let level = match (is_rejected, filtering.is_some(), is_clean) {
        (true, _, _) | (_, true, _) => Level::Confirmed,
        (false, false, true) => Level::Possible,
        (false, false, false) => Level::Likely,
    };
    RuleMatch::new(scope, level, because)
}

/// How the port is opened, by the tool that keeps it shut.
fn let_in(
    case: &RuleContext<'_>,
    filter: Option<&NetfilterSnapshot>,
    asked: &PortAttempt<'_>,
) -> String {
    let PortAttempt { from, to, port, .. } = asked;
    let number = port.number;
    let transport = if port.transport == TransportProtocol::Tcp { "tcp" } else { "udp" };
    let network = network(case, asked).map_or_else(|| from.to_string(), |net| net.to_string());
    match filter.and_then(|filter| filter.owners.first()) {
        Some(FilterOwner::Ufw) => {
            format!("on {to}: sudo ufw allow from {network} to any port {number} proto {transport}")
        }
        Some(FilterOwner::Firewalld) => format!(
            "on {to}: sudo firewall-cmd --permanent --add-port={port} && sudo firewall-cmd --reload"
        ),
        _ => match filter.and_then(input_chain) {
            Some(chain) => format!(
                "on {to}: sudo nft insert rule {chain} {transport} dport {number} accept, and the \
                 same where its rules are kept"
            ),
            None => format!(
                "on {to}: accept {transport} dport {number} from {network} (sudo nft list ruleset \
                 shows what drops it)"
            ),
        },
    }
}

/// The one chain that filters what comes in, as nft(8) names it; `None` where there are several.
fn input_chain(filter: &NetfilterSnapshot) -> Option<String> {
    let chains = filter.tables.iter().flat_map(|table| {
        let input = table
            .chains
            .iter()
            .filter(|chain| chain.hook.raw() == "input" && chain.kind.raw() == "filter");
        input.map(move |chain| [&table.family, &table.name, &chain.name])
    });
    let mut names = chains.map(|words| words.map(Untrusted::raw));
    let one = names.next().filter(|_| names.next().is_none())?;
    // It is to be typed into a shell.
    let is_plain = |word: &&str| {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    one.iter().all(is_plain).then(|| one.join(" "))
}

fn network(case: &RuleContext<'_>, asked: &PortAttempt<'_>) -> Option<Prefix> {
    let (way, _) = way(case, asked.from, asked.to, asked.link?, asked.family)?;
    Some(way.from.prefix.network())
}
