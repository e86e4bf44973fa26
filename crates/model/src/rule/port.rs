//! Ports that Kubernetes needs: who was asked for which, and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::finding::{Level, Proven, Scope};
use crate::host::HostName;
use crate::net::{Family, IfName, Prefix};
use crate::observation::{Answer, Direction, Kind, Observation};
use crate::port::{Answerer, Port, Transport};
use crate::snapshot::{FilterOwner, Netfilter};

use super::case::Case;
use super::host_firewall::{has_input_chain, owners};
use super::way::Way;

/// Tries without an answer that suffice where nothing is lost.
const TRIES: usize = 3;
/// `EPERM`: what a packet filter of the sender says to its own programs.
const NOT_PERMITTED: i32 = 1;

/// What became of the questions for one port.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Outcome {
    /// It is reached.
    Open,
    /// A service has the port, but not at this address.
    Elsewhere,
    /// The far host's own packet filter keeps the asker out: by an error, or by silence.
    KeptOut {
        /// Whether it said so.
        is_rejected: bool,
    },
    /// It does not get there.
    OnTheWay {
        /// Whoever said so.
        offender: Option<IpAddr>,
    },
    /// The asker's own packet filter lets nothing out.
    KeptIn,
    /// What was seen does not suffice.
    Undecided,
}

/// One port of a host, asked for by another.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) from: &'a HostName,
    pub(crate) to: &'a HostName,
    /// The asker's link; none where routers connect the two.
    pub(crate) link: Option<&'a IfName>,
    pub(crate) family: Family,
    pub(crate) port: Port,
    pub(crate) answerer: &'a Answerer,
    pub(crate) outcome: Outcome,
    pub(crate) tries: usize,
}

/// All that was asked for, in order of who asked whom.
pub(crate) fn asked<'a>(case: &'a Case<'_>) -> Vec<Asked<'a>> {
    let mut all = Vec::new();
    for ((from, link, to, family), seen) in &case.index {
        let Some(peer) = case.facts.hosts.get(*to) else { continue };
        let mut by_port: BTreeMap<Port, Vec<&Observation>> = BTreeMap::new();
        for seen in seen {
            if let Some(port) = port_of(&seen.kind) {
                by_port.entry(port).or_default().push(seen);
            }
        }
        for (port, seen) in by_port {
            let listener = peer.listeners.iter().find(|listener| listener.port == port);
            let Some(listener) = listener else { continue };
            let way = link.and_then(|link| way(case, from, to, link, *family));
            let tries = tries(&seen);
            let outcome = outcome(case, way, to, &listener.state, &seen, tries);
            let (from, to, link, family) = (*from, *to, *link, *family);
            let answerer = &listener.state;
            all.push(Asked { from, to, link, family, port, answerer, outcome, tries });
        }
    }
    all
}

const fn port_of(kind: &Kind) -> Option<Port> {
    match kind {
        Kind::Tcp { port } => Some(Port { number: *port, transport: Transport::Tcp }),
        Kind::UdpPort { port } => Some(Port { number: *port, transport: Transport::Udp }),
        _ => None,
    }
}

fn tries(seen: &[&Observation]) -> usize {
    let sent = seen.iter().filter(|seen| seen.direction == Direction::Sent);
    sent.map(|seen| seen.round).collect::<BTreeSet<_>>().len()
}

fn way<'a>(
    case: &'a Case<'_>,
    from: &HostName,
    to: &HostName,
    link: &IfName,
    family: Family,
) -> Option<(&'a Way, &'a Way)> {
    let turns = case.between(from, to).iter().flat_map(super::pair::Pair::turns);
    let mut turns = turns.filter(|(way, _)| way.from.host == *from && way.from.link == *link);
    turns.find(|(way, _)| way.family == family)
}

fn outcome(
    case: &Case<'_>,
    way: Option<(&Way, &Way)>,
    to: &HostName,
    answerer: &Answerer,
    seen: &[&Observation],
    tries: usize,
) -> Outcome {
    let answers: Vec<&Answer> = seen.iter().filter_map(|seen| seen.answer.as_ref()).collect();
    let has = |answer: &Answer| answers.contains(&answer);
    let is_arrived = seen.iter().any(|seen| seen.direction == Direction::Arrived);
    let is_service = *answerer == Answerer::Service;
    if has(&Answer::Reply) {
        return Outcome::Open;
    }
    if matches!(answerer, Answerer::Nobody { .. }) {
        return Outcome::Undecided;
    }
    if has(&Answer::Reset) {
        // Who listens on one address resets what comes to another.
        let is_elsewhere = is_service;
        return if is_elsewhere {
            Outcome::Elsewhere
        } else {
            Outcome::KeptOut { is_rejected: true }
        };
    }
    if answers.contains(&&Answer::Refused { errno: NOT_PERMITTED }) {
        return Outcome::KeptIn;
    }
    let errors = answers.iter().find_map(|answer| match answer {
        Answer::Icmp { from, .. } => Some(*from),
        _ => None,
    });
    if let Some(offender) = errors {
        return if is_address_of(case, to, offender) {
            // A service that is bound to another address makes the kernel say so, too.
            if is_service { Outcome::Elsewhere } else { Outcome::KeptOut { is_rejected: true } }
        } else {
            Outcome::OnTheWay { offender: Some(offender) }
        };
    }
    let is_lossless = way.is_some_and(|(way, back)| way.is_lossless() && back.is_lossless());
    if is_arrived && is_service && seen.iter().all(|seen| port_is_udp(&seen.kind)) {
        // A service need not answer what it does not understand.
        return Outcome::Open;
    }
    if tries < TRIES || !is_lossless {
        return Outcome::Undecided;
    }
    match way {
        Some((way, back)) if is_arrived && back.is_open() && answers_all(case, way) => {
            Outcome::KeptOut { is_rejected: false }
        }
        Some((way, _)) if !is_arrived && way.is_witnessed && way.is_open() => {
            Outcome::OnTheWay { offender: None }
        }
        _ => Outcome::Undecided,
    }
}

const fn port_is_udp(kind: &Kind) -> bool {
    matches!(kind, Kind::UdpPort { .. })
}

fn is_address_of(case: &Case<'_>, host: &HostName, address: IpAddr) -> bool {
    case.facts.hosts.get(host).is_some_and(|host| {
        let own = host.snapshot.links.iter().flat_map(|link| &link.addresses);
        own.into_iter().any(|own| own.prefix.address == address)
    })
}

fn answers_all(case: &Case<'_>, way: &Way) -> bool {
    let watches = case.facts.hosts.get(&way.to.host).into_iter().flat_map(|host| &host.watches);
    watches.filter(|watch| watch.link == way.to.link).all(|watch| watch.withheld == 0)
}

/// Ports that the host which has them keeps shut.
pub(super) fn port_blocked(case: &Case<'_>) -> Vec<Proven> {
    causes(case, |outcome| matches!(outcome, Outcome::KeptOut { .. }))
}

/// Ports that are not reached for what lies before them.
pub(super) fn port_filtered(case: &Case<'_>) -> Vec<Proven> {
    causes(case, |outcome| matches!(outcome, Outcome::OnTheWay { .. } | Outcome::KeptIn))
}

/// Ports of one way with one cause, in one finding.
fn causes(case: &Case<'_>, is_meant: impl Fn(&Outcome) -> bool) -> Vec<Proven> {
    let mut causes: BTreeMap<(Scope, Outcome), Vec<Asked<'_>>> = BTreeMap::new();
    for asked in asked(case).into_iter().filter(|asked| is_meant(&asked.outcome)) {
        let scope = Scope {
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

fn proven(case: &Case<'_>, scope: Scope, outcome: &Outcome, all: &[Asked<'_>]) -> Option<Proven> {
    let first = all.first()?;
    let (from, to) = (first.from, first.to);
    let ports: Vec<String> = all.iter().map(|asked| asked.port.to_string()).collect();
    let ports = ports.join(", ");
    let tries = all.iter().map(|asked| asked.tries).max().unwrap_or_default();
    Some(match outcome {
        Outcome::KeptOut { is_rejected } => {
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
        Outcome::OnTheWay { offender } => {
            let says =
                offender.map(|offender| format!("{offender} says that it is not let through"));
            let mut because = vec![format!(
                "{ports} of {to} is not reached from {from}, {tries} tries each; other packets \
                 between the two pass"
            )];
            because.extend(says);
            let level = if offender.is_some() { Level::Confirmed } else { Level::Likely };
            let whose = offender.map_or_else(
                || format!("on {from}, as root: nft list ruleset (does an output chain drop it?)"),
                |offender| format!("ask who runs {offender} to let {ports} pass"),
            );
            Proven::new(scope, level, because)
                .advise([
                    whose,
                    format!("ask who runs the network between {from} and {to} to let {ports} pass"),
                ])
                .or_decide(format!(
                    "on {to}: sudo tcpdump -ni any port {} while {from} asks again",
                    first.port.number
                ))
        }
        Outcome::KeptIn => {
            let because =
                vec![format!("{from}'s own packet filter lets nothing out to {ports} of {to}")];
            Proven::new(scope, Level::Confirmed, because)
                .advise([format!("on {from}, as root: nft list ruleset shows the output chain")])
        }
        Outcome::Open | Outcome::Elsewhere | Outcome::Undecided => return None,
    })
}

fn kept_out(
    scope: Scope,
    is_rejected: bool,
    filter: Option<&Netfilter>,
    mut because: Vec<String>,
) -> Proven {
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
    Proven::new(scope, level, because)
}

/// How the port is opened, by the tool that keeps it shut.
fn let_in(case: &Case<'_>, filter: Option<&Netfilter>, asked: &Asked<'_>) -> String {
    let Asked { from, to, port, .. } = asked;
    let transport = if port.transport == Transport::Tcp { "tcp" } else { "udp" };
    let network = network(case, asked).map_or_else(|| from.to_string(), |net| net.to_string());
    match filter.and_then(|filter| filter.owners.first()) {
        Some(FilterOwner::Ufw) => format!(
            "on {to}: sudo ufw allow from {network} to any port {} proto {transport}",
            port.number
        ),
        Some(FilterOwner::Firewalld) => format!(
            "on {to}: sudo firewall-cmd --permanent --add-port={port} && sudo firewall-cmd --reload"
        ),
        _ => format!(
            "on {to}: accept {transport} dport {} from {network} (sudo nft list ruleset shows what \
             drops it)",
            port.number
        ),
    }
}

fn network(case: &Case<'_>, asked: &Asked<'_>) -> Option<Prefix> {
    let (way, _) = way(case, asked.from, asked.to, asked.link?, asked.family)?;
    Some(way.from.prefix.network())
}
