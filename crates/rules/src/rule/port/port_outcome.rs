//! The ports that hosts tried on each other, and what became of each try.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::super::directed_path::DirectedPath;
use super::super::link_pair::LinkPair;
use super::super::routed_path::rounds;
use super::super::rule_context::RuleContext;
use pontoon_model::facts::LinkCapture;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::port::{Port, PortAnswerer, TransportProtocol};

/// Attempts without response that suffice on a path without losses.
const TRIES: usize = 3;
/// `EPERM`: the error of a send that the sender's own packet filter drops.
const NOT_PERMITTED: i32 = 1;

/// What became of the tries of one port.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum PortOutcome {
    /// The port is reachable.
    Open,
    /// A service uses the port, but not on this address.
    Elsewhere,
    /// The receiver's own packet filter blocks the sender: with an error, or by silence.
    KeptOut {
        /// Whether it sent an error.
        is_rejected: bool,
    },
    /// It does not arrive.
    OnTheWay {
        /// How the sender knows.
        by: BlockSignal,
    },
    /// The sender's own packet filter lets nothing out.
    KeptIn,
    /// The observations do not suffice.
    Undecided,
}

/// How a sender knows that something does not arrive.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum BlockSignal {
    /// By silence alone.
    Silence,
    /// A router sent an ICMP error.
    Router(IpAddr),
    /// By a refusal from the address of a host that never received the try.
    Forgery,
}

/// One port of a host, tried from another.
#[derive(Clone, Debug)]
pub(crate) struct PortAttempt<'a> {
    pub(crate) from: &'a HostName,
    pub(crate) to: &'a HostName,
    /// The sender's link; none where routers connect the two.
    pub(crate) link: Option<&'a IfName>,
    pub(crate) family: IpFamily,
    pub(crate) port: Port,
    pub(crate) answerer: &'a PortAnswerer,
    pub(crate) outcome: PortOutcome,
    pub(crate) tries: usize,
}

/// All tries, in order of sender and receiver.
pub(crate) fn asked<'a>(case: &'a RuleContext<'_>) -> Vec<PortAttempt<'a>> {
    let mut all = Vec::new();
    let lossy = lossy_links(case);
    for ((from, link, to, family), seen) in &case.index {
        let Some(peer) = case.facts.hosts.get(*to) else { continue };
        let mut by_port: BTreeMap<Port, Vec<&Observation>> = BTreeMap::new();
        for seen in seen {
            if let Some(port) = port_of(&seen.kind) {
                by_port.entry(port).or_default().push(seen);
            }
        }
        // What arrives on a port that was not tried is other traffic.
        by_port.retain(|_, seen| tries(seen) > 0);
        if by_port.is_empty() {
            continue;
        }
        let ground = match link {
            Some(link) => PathConditions::of_link(case, &lossy, from, to, link, *family),
            None => Some(PathConditions::routed(case, from, to, *family)),
        };
        for (port, seen) in by_port {
            let listener = peer.listeners.iter().find(|listener| listener.port == port);
            let (Some(listener), Some(ground)) = (listener, &ground) else { continue };
            let is_arrived = has_arrived(case, (from, *link, to, *family), port);
            let question = PortProbe { port, tries: tries(&seen), is_arrived };
            let outcome = outcome(case, to, &listener.state, ground, &question, &answers(&seen));
            let (from, to, link, family) = (*from, *to, *link, *family);
            let (answerer, tries) = (&listener.state, question.tries);
            all.push(PortAttempt { from, to, link, family, port, answerer, outcome, tries });
        }
    }
    all
}

const fn port_of(kind: &ProbeKind) -> Option<Port> {
    match kind {
        ProbeKind::Tcp { port } => Some(Port { number: *port, transport: TransportProtocol::Tcp }),
        ProbeKind::UdpPort { port } => {
            Some(Port { number: *port, transport: TransportProtocol::Udp })
        }
        _ => None,
    }
}

fn tries(seen: &[&Observation]) -> usize {
    let sent = seen.iter().filter(|seen| seen.direction == ObservedEvent::Sent);
    sent.map(|seen| seen.round).collect::<BTreeSet<_>>().len()
}

fn answers<'a>(seen: &[&'a Observation]) -> Vec<&'a ProbeAnswer> {
    seen.iter().filter_map(|seen| seen.answer.as_ref()).collect()
}

/// Whether a try was seen at the receiver. Where routers carried it, the sender's observation names
/// no link of its own, and the receiver's names the one that has the source address.
fn has_arrived(
    case: &RuleContext<'_>,
    (from, link, to, family): (&HostName, Option<&IfName>, &HostName, IpFamily),
    port: Port,
) -> bool {
    let is_arrival = |seen: &Observation| {
        seen.direction == ObservedEvent::Arrived && port_of(&seen.kind) == Some(port)
    };
    let of = |link| case.index.get(&(from, link, to, family)).into_iter().flatten();
    let own = case.facts.hosts.get(from).filter(|_| link.is_none());
    let links = own.into_iter().flat_map(|host| &host.snapshot.links);
    let any = links.map(|link| Some(&link.name)).chain([link]);
    any.into_iter().flat_map(of).any(|seen| is_arrival(seen))
}

/// What else is known of a path, so that silence on it can be judged.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct PathConditions {
    /// Other packets arrive.
    is_passing: bool,
    /// Others arrive in the opposite direction.
    is_returning: bool,
    /// Nothing is lost there, as far as is known.
    is_calm: bool,
    /// Whether arrivals would have been captured.
    is_witnessed: bool,
    /// The receiver's agent answered everything.
    answers_all: bool,
}

impl PathConditions {
    fn of_link(
        case: &RuleContext<'_>,
        lossy: &BTreeSet<(&HostName, &IfName)>,
        from: &HostName,
        to: &HostName,
        link: &IfName,
        family: IpFamily,
    ) -> Option<Self> {
        let (way, back) = way(case, from, to, link, family)?;
        Some(Self {
            is_passing: way.is_open(),
            is_returning: back.is_open(),
            // Three frames of one direction are too few to recognise a lossy link: all of both ends.
            is_calm: ![&way.from, &way.to]
                .into_iter()
                .any(|end| lossy.contains(&(&end.host, &end.link))),
            is_witnessed: way.is_witnessed,
            answers_all: answers_all(case, to),
        })
    }

    fn routed(case: &RuleContext<'_>, from: &HostName, to: &HostName, family: IpFamily) -> Self {
        let (there, back) = (rounds(case, from, to, family), rounds(case, to, from, family));
        let watches = case.facts.hosts.get(to).map(|host| host.watches.as_slice());
        Self {
            is_passing: !there.arrived.is_empty(),
            is_returning: !back.arrived.is_empty(),
            is_calm: there.is_lossless() && back.is_lossless(),
            is_witnessed: watches.is_some_and(|all| all.iter().all(LinkCapture::is_complete)),
            answers_all: answers_all(case, to),
        }
    }
}

/// Links on which some packets were lost although others passed.
fn lossy_links<'a>(case: &'a RuleContext<'_>) -> BTreeSet<(&'a HostName, &'a IfName)> {
    let ways = case.pairs.iter().flat_map(LinkPair::direction_pairs).map(|(way, _)| way);
    let lossy = ways.filter(|way| !way.arrived().is_empty() && !way.is_lossless());
    lossy.flat_map(|way| [&way.from, &way.to]).map(|end| (&end.host, &end.link)).collect()
}

fn answers_all(case: &RuleContext<'_>, host: &HostName) -> bool {
    let watches = case.facts.hosts.get(host).into_iter().flat_map(|host| &host.watches);
    watches.into_iter().all(|watch| watch.withheld == 0)
}

pub(super) fn way<'a>(
    case: &'a RuleContext<'_>,
    from: &HostName,
    to: &HostName,
    link: &IfName,
    family: IpFamily,
) -> Option<(&'a DirectedPath, &'a DirectedPath)> {
    let turns = case.between(from, to).iter().flat_map(LinkPair::direction_pairs);
    let mut turns = turns.filter(|(way, _)| way.from.host == *from && way.from.link == *link);
    turns.find(|(way, _)| way.family == family)
}

/// A port that was tried, and whether the tries arrived.
struct PortProbe {
    port: Port,
    tries: usize,
    is_arrived: bool,
}

fn outcome(
    case: &RuleContext<'_>,
    to: &HostName,
    answerer: &PortAnswerer,
    ground: &PathConditions,
    question: &PortProbe,
    answers: &[&ProbeAnswer],
) -> PortOutcome {
    if answers.contains(&&ProbeAnswer::Reply) {
        return PortOutcome::Open;
    }
    if matches!(answerer, PortAnswerer::Nobody { .. }) {
        return PortOutcome::Undecided;
    }
    if answers.contains(&&ProbeAnswer::Refused { errno: NOT_PERMITTED }) {
        return PortOutcome::KeptIn;
    }
    let router = answers.iter().find_map(|answer| match answer {
        ProbeAnswer::Icmp { from, .. } if !is_address_of(case, to, *from) => Some(*from),
        _ => None,
    });
    if let Some(router) = router {
        return PortOutcome::OnTheWay { by: BlockSignal::Router(router) };
    }
    let refuses =
        |answer: &&&ProbeAnswer| matches!(answer, ProbeAnswer::Reset | ProbeAnswer::Icmp { .. });
    if answers.iter().any(|answer| refuses(&answer)) {
        return match (question.is_arrived, ground.is_witnessed) {
            // Who listens on one address refuses what comes to another.
            (true, _) if *answerer == PortAnswerer::Service => PortOutcome::Elsewhere,
            (true, _) => PortOutcome::KeptOut { is_rejected: true },
            (false, true) => PortOutcome::OnTheWay { by: BlockSignal::Forgery },
            (false, false) => PortOutcome::Undecided,
        };
    }
    let is_service = *answerer == PortAnswerer::Service;
    if question.is_arrived && is_service && question.port.transport == TransportProtocol::Udp {
        // A service need not answer what it does not understand.
        return PortOutcome::Open;
    }
    if question.tries < TRIES || !ground.is_calm {
        return PortOutcome::Undecided;
    }
    if question.is_arrived && ground.is_returning && ground.answers_all {
        PortOutcome::KeptOut { is_rejected: false }
    } else if !question.is_arrived && ground.is_witnessed && ground.is_passing {
        PortOutcome::OnTheWay { by: BlockSignal::Silence }
    } else {
        PortOutcome::Undecided
    }
}

fn is_address_of(case: &RuleContext<'_>, host: &HostName, address: IpAddr) -> bool {
    case.facts.hosts.get(host).is_some_and(|host| {
        let own = host.snapshot.links.iter().flat_map(|link| &link.addresses);
        own.into_iter().any(|own| own.prefix.address == address)
    })
}
