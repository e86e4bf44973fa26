//! Ports that Kubernetes needs and that are not reached, and what blocks them.

mod port_outcome;

use std::collections::BTreeMap;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::FilterEvidence;
use pontoon_diagnosis::{Certainty, CommandPlace, DiagnosisScope, DistinguishingCheck, Remedy};
use pontoon_model::net::Prefix;
use pontoon_model::port::{Port, TransportProtocol};
use pontoon_model::shell_command;
use pontoon_model::snapshot::{FilterOwner, NetfilterSnapshot};
use pontoon_model::untrusted::Untrusted;

use super::host_firewall::{READ_RULES, has_input_chain, input_filtered};
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

/// Ports of one direction with one cause, in one diagnosis.
fn causes(case: &RuleContext<'_>, is_meant: impl Fn(&PortOutcome) -> bool) -> Vec<RuleMatch> {
    let mut causes: BTreeMap<(DiagnosisScope, PortOutcome), Vec<PortAttempt<'_>>> = BTreeMap::new();
    for asked in asked(case).into_iter().filter(|asked| is_meant(&asked.outcome)) {
        let scope = DiagnosisScope {
            from: Some(asked.from.clone()),
            to: Some(asked.to.clone()),
            link: asked.link.cloned(),
            family: Some(asked.family),
            ..DiagnosisScope::default()
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
    let (from, host) = (first.from.clone(), first.to.clone());
    let ports: Vec<Port> = all.iter().map(|asked| asked.port).collect();
    let tries = all.iter().map(|asked| asked.tries).max().unwrap_or_default();
    Some(match outcome {
        PortOutcome::KeptOut { is_rejected } => {
            let filter = case.facts.hosts.get(&host).map(|host| &host.snapshot.netfilter);
            let check =
                DistinguishingCheck::by_command(CommandPlace::Host(host.clone()), READ_RULES);
            let remedies = all.iter().map(|asked| let_in(case, filter, asked));
            let evidence = if *is_rejected {
                FilterEvidence::PortsRefused { host, from, ports }
            } else {
                FilterEvidence::PortsUnanswered { host, from, ports, tries }
            };
            kept_out(scope, *is_rejected, filter, evidence)
                .with_remedies(remedies)
                .distinguished_by(check)
        }
        PortOutcome::OnTheWay { by } => on_the_way(scope, *by, first, ports, tries),
        PortOutcome::KeptIn => {
            let remedy = Remedy::on(&from, READ_RULES).to("find the rule in its output chains");
            let evidence = [FilterEvidence::PortsBlockedAtSender { host, from, ports }];
            RuleMatch::new(scope, Certainty::Confirmed, evidence).with_remedies([remedy])
        }
        PortOutcome::Open | PortOutcome::Elsewhere | PortOutcome::Undecided => return None,
    })
}

fn on_the_way(
    scope: DiagnosisScope,
    by: BlockSignal,
    first: &PortAttempt<'_>,
    ports: Vec<Port>,
    tries: usize,
) -> RuleMatch {
    let (from, host) = (first.from.clone(), first.to.clone());
    let names: Vec<_> = ports.iter().map(ToString::to_string).collect();
    let names = names.join(", ");
    let mut remedies = Vec::new();
    remedies.extend(match by {
        BlockSignal::Router(router) => {
            Some(Remedy::action(format!("ask the operators of {router} to let {names} pass")))
        }
        BlockSignal::Silence => Some(
            Remedy::on(&from, READ_RULES).to("check its output chains, which would look the same"),
        ),
        BlockSignal::Forgery => None,
    });
    remedies.push(Remedy::action(format!(
        "ask the operators of the network between {from} and {host} to let {names} pass"
    )));
    let tcpdump = shell_command!("sudo tcpdump -ni any port {}", first.port.number);
    let check = DistinguishingCheck::by_command(CommandPlace::Host(from.clone()), tcpdump)
        .showing("while it asks again: whether the packets leave");
    let (certainty, evidence) = match by {
        BlockSignal::Silence => {
            (Certainty::Likely, FilterEvidence::PortsLost { host, from, ports, tries })
        }
        BlockSignal::Router(router) => {
            (Certainty::Confirmed, FilterEvidence::PortsRejectedByRouter { router, host, ports })
        }
        BlockSignal::Forgery => {
            (Certainty::Confirmed, FilterEvidence::PortsRefusedOnPath { host, from, ports })
        }
    };
    RuleMatch::new(scope, certainty, [evidence]).with_remedies(remedies).distinguished_by(check)
}

fn kept_out(
    scope: DiagnosisScope,
    is_rejected: bool,
    filter: Option<&NetfilterSnapshot>,
    evidence: FilterEvidence,
) -> RuleMatch {
    let host = scope.to.clone();
    let filtering = filter.zip(host).and_then(|(filter, host)| input_filtered(&host, filter));
    let is_clean = filter.is_some_and(|filter| filter.is_readable && !has_input_chain(filter));
    let certainty = match (is_rejected, filtering.is_some(), is_clean) {
        (true, _, _) | (_, true, _) => Certainty::Confirmed,
        (false, false, true) => Certainty::Possible,
        (false, false, false) => Certainty::Likely,
    };
    RuleMatch::new(scope, certainty, [evidence].into_iter().chain(filtering))
}

/// How the port is opened, by the tool that keeps it shut.
fn let_in(
    case: &RuleContext<'_>,
    filter: Option<&NetfilterSnapshot>,
    asked: &PortAttempt<'_>,
) -> Remedy {
    let PortAttempt { from, to, port, .. } = asked;
    let number = port.number;
    let transport = if port.transport == TransportProtocol::Tcp { "tcp" } else { "udp" };
    let network = network(case, asked).map_or_else(|| from.to_string(), |net| net.to_string());
    match filter.and_then(|filter| filter.owners.first()) {
        Some(FilterOwner::Ufw) => Remedy::on(
            to,
            shell_command!(
                "sudo ufw allow from {} to any port {} proto {}",
                network,
                number,
                transport
            ),
        ),
        Some(FilterOwner::Firewalld) => Remedy::on(
            to,
            shell_command!(
                "sudo firewall-cmd --permanent --add-port={} && sudo firewall-cmd --reload",
                port
            ),
        ),
        _ => match filter.and_then(input_chain) {
            Some([family, table, chain]) => Remedy::on(
                to,
                shell_command!(
                    "sudo nft insert rule {} {} {} {} dport {} accept",
                    family,
                    table,
                    chain,
                    transport,
                    number
                ),
            )
            .to("let it in, and add the same where its rules are kept"),
            None => Remedy::on(to, READ_RULES).to(format!(
                "accept {transport} dport {number} from {network}; find the rule that drops it"
            )),
        },
    }
}

/// The one chain that filters what comes in, as nft(8) names it; `None` where there are several.
fn input_chain(filter: &NetfilterSnapshot) -> Option<[&str; 3]> {
    let chains = filter.tables.iter().flat_map(|table| {
        let input = table
            .chains
            .iter()
            .filter(|chain| chain.hook.raw() == "input" && chain.kind.raw() == "filter");
        input.map(move |chain| [&table.family, &table.name, &chain.name])
    });
    let mut names = chains.map(|words| words.map(Untrusted::raw));
    let one = names.next().filter(|_| names.next().is_none())?;
    // The shell's quotes do not reach nft, which has a grammar of its own.
    let is_plain = |word: &&str| {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    one.iter().all(is_plain).then_some(one)
}

fn network(case: &RuleContext<'_>, asked: &PortAttempt<'_>) -> Option<Prefix> {
    let (way, _) = way(case, asked.from, asked.to, asked.link?, asked.family)?;
    Some(way.from.prefix.network())
}
