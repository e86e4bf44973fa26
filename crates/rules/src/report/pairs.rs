//! Which hosts reach each other: one row for each pair of hosts, link and address family.

use pontoon_model::code;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use pontoon_diagnosis::{Certainty, Diagnosis, DiagnosisScope};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::observation::{
    FrameDestination, Observation, ObservedEvent, ProbeAnswer, ProbeKind,
};
use pontoon_model::snapshot::{Link, Snapshot};

/// Arrivals in this many rounds, in both directions, make a pair open (one could be a stray).
const OPEN_ROUNDS: usize = 3;

/// Two hosts on one link, or connected by routers.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct PairRow {
    /// One of the two hosts.
    pub from: HostName,
    /// The other host.
    pub to: HostName,
    /// The link of `from`; absent if the kernel chose it by its routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<IfName>,
    /// The address family.
    pub family: IpFamily,
    /// What all rounds together show.
    pub state: PairReachability,
    /// Rounds of probes that `from` sent to `to`.
    pub there: RoundCounts,
    /// Rounds of probes that `to` sent to `from`.
    pub back: RoundCounts,
}

/// What the rounds of a pair show.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairReachability {
    /// Frames arrive in both directions; between two networks, packets do.
    Open,
    /// Frames do not pass between the two, but their gateway relays packets.
    ViaGateway,
    /// Frames arrive in one direction only.
    OneWay,
    /// Frames pass in neither direction although both ends work.
    Isolated,
    /// The routed path between the two hosts is blocked.
    Blocked,
    /// The link of one host is down.
    LinkDown,
    /// The other host has no agent, but responds.
    Answered,
    /// The other has no agent, and does not answer: only a second agent could show why.
    Unanswered,
    /// The observations do not suffice.
    Undecided,
}

/// Number of rounds in one direction.
#[derive(Clone, Copy, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RoundCounts {
    /// Rounds in which a probe was sent.
    pub sent: usize,
    /// Rounds in which a probe arrived.
    pub arrived: usize,
    /// Rounds in which a response arrived.
    pub answered: usize,
}

/// Sums up every pair that was probed.
#[must_use]
pub fn of(facts: &Facts, diagnoses: &[Diagnosis]) -> Vec<PairRow> {
    let rounds = DirectionTally::of(facts);
    let mut rows: BTreeMap<PairRowKey, (RoundCounts, RoundCounts)> = BTreeMap::new();
    for (leg, counted) in &rounds.legs {
        let is_first = leg.asker < leg.peer || !facts.hosts.contains_key(&leg.peer);
        if is_first {
            rows.entry(PairRowKey::of(leg)).or_default().0 = counted.sum();
        } else {
            let link = leg.link.as_ref().and_then(|link| far_link(facts, leg, link));
            rows.entry(PairRowKey::of(&leg.turned(link))).or_default().1 = counted.sum();
        }
    }
    let direct: BTreeSet<_> = rows
        .keys()
        .filter(|row| row.link.is_some())
        .map(|row| (row.from.clone(), row.to.clone(), row.family))
        .collect();
    rows.into_iter()
        .filter(|(row, _)| {
            row.link.is_some() || !direct.contains(&(row.from.clone(), row.to.clone(), row.family))
        })
        .map(|(row, (there, back))| {
            let has_agent = facts.hosts.contains_key(&row.to);
            let state = judge(&row, there, back, has_agent, diagnoses);
            let PairRowKey { from, to, link, family } = row;
            PairRow { from, to, link, family, state, there, back }
        })
        .collect()
}

/// Probes from one host to another over one link.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct DirectionKey {
    asker: HostName,
    peer: HostName,
    link: Option<IfName>,
    family: IpFamily,
}

impl DirectionKey {
    /// The opposite direction; the other host's link is `link`.
    fn turned(&self, link: Option<IfName>) -> Self {
        Self { asker: self.peer.clone(), peer: self.asker.clone(), link, family: self.family }
    }
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct PairRowKey {
    from: HostName,
    to: HostName,
    link: Option<IfName>,
    family: IpFamily,
}

impl PairRowKey {
    fn of(leg: &DirectionKey) -> Self {
        Self {
            from: leg.asker.clone(),
            to: leg.peer.clone(),
            link: leg.link.clone(),
            family: leg.family,
        }
    }
}

#[derive(Default)]
struct DirectionRounds {
    sent: BTreeSet<u16>,
    arrived: BTreeSet<u16>,
    answered: BTreeSet<u16>,
}

impl DirectionRounds {
    fn sum(&self) -> RoundCounts {
        RoundCounts {
            sent: self.sent.len(),
            arrived: self.arrived.len(),
            answered: self.answered.len(),
        }
    }
}

#[derive(Default)]
struct DirectionTally {
    legs: BTreeMap<DirectionKey, DirectionRounds>,
}

impl DirectionTally {
    fn of(facts: &Facts) -> Self {
        let mut tally = Self::default();
        for seen in &facts.observations {
            tally.count(facts, seen);
        }
        // What arrived of probes whose sender's record is missing makes no row of its own.
        tally.legs.retain(|_, counted| !counted.sent.is_empty());
        tally
    }

    fn count(&mut self, facts: &Facts, seen: &Observation) {
        let Some(peer) = seen.peer.clone() else { return };
        let Some(is_direct) = is_direct(&seen.kind) else { return };
        let is_direct = is_direct || stands_in(facts, seen);
        let link = if is_direct { seen.asked_link.clone() } else { None };
        let (asker, peer) = match seen.direction {
            ObservedEvent::Sent | ObservedEvent::Answered => (seen.host.clone(), peer),
            ObservedEvent::Arrived => (peer, seen.host.clone()),
        };
        let counted =
            self.legs.entry(DirectionKey { asker, peer, link, family: seen.family }).or_default();
        match seen.direction {
            ObservedEvent::Sent => counted.sent.insert(seen.round),
            ObservedEvent::Answered => is_of_peer(seen) && counted.answered.insert(seen.round),
            // A unicast packet in a broadcast frame did not take the path that is tested.
            ObservedEvent::Arrived => {
                (!is_direct || seen.cast != Some(FrameDestination::Group))
                    && counted.arrived.insert(seen.round)
            }
        };
    }
}

/// Whether a routed question stands in for frames, on a link where the asker may send none: it
/// left by that link, and what of it arrived bears the asker's own MAC, not a router's.
fn stands_in(facts: &Facts, seen: &Observation) -> bool {
    let asker = if seen.direction == ObservedEvent::Arrived {
        seen.peer.as_ref()
    } else {
        Some(&seen.host)
    };
    let Some((asker, link)) =
        asker.and_then(|host| facts.hosts.get(host)).zip(seen.asked_link.as_ref())
    else {
        return false;
    };
    let is_blind = asker.watches.iter().any(|watch| watch.link == *link && !watch.sees_frames);
    let mac = || asker.snapshot.link(link).and_then(|link| link.mac);
    seen.kind == ProbeKind::RoutedUdp
        && is_blind
        && (seen.direction != ObservedEvent::Arrived
            || (seen.source_mac.is_some() && seen.source_mac == mac()))
}

/// Whether only the peer itself can have answered so: an ICMP error may be a router's, or come
/// from the asker's own kernel.
fn is_of_peer(seen: &Observation) -> bool {
    match &seen.answer {
        Some(ProbeAnswer::Reply | ProbeAnswer::Reset) => true,
        Some(ProbeAnswer::Icmp { from, .. }) => seen.address == Some(*from),
        _ => false,
    }
}

/// Whether the frame goes to the peer's own MAC (or asks for it), or is routed; `None` when it
/// says nothing about a pair.
const fn is_direct(kind: &ProbeKind) -> Option<bool> {
    match kind {
        ProbeKind::Udp | ProbeKind::Echo => Some(true),
        ProbeKind::RoutedUdp | ProbeKind::RoutedEcho => Some(false),
        _ => None,
    }
}

/// The link of the peer that lies in the same network as the asker's `link`: the one of the same
/// name where several do.
fn far_link(facts: &Facts, leg: &DirectionKey, link: &IfName) -> Option<IfName> {
    let near = facts.hosts.get(&leg.asker)?.snapshot.link(link)?;
    let far: &Snapshot = &facts.hosts.get(&leg.peer)?.snapshot;
    let shares = |other: &&Link| {
        near.addresses.iter().any(|one| {
            one.prefix.family() == leg.family
                && other.addresses.iter().any(|two| one.prefix.overlaps(two.prefix))
        })
    };
    let sharing: Vec<_> = far.links.iter().filter(shares).collect();
    let same_name = sharing.iter().find(|other| other.name == *link);
    same_name.or(sharing.first()).map(|other| other.name.clone()).or_else(|| Some(link.clone()))
}

fn judge(
    row: &PairRowKey,
    there: RoundCounts,
    back: RoundCounts,
    has_agent: bool,
    diagnoses: &[Diagnosis],
) -> PairReachability {
    if let Some(state) = diagnoses.iter().filter_map(|one| state_of(row, one)).min() {
        return state;
    }
    if !has_agent {
        return if there.answered > 0 {
            PairReachability::Answered
        } else {
            PairReachability::Unanswered
        };
    }
    // Between two networks the first answer ends the asking.
    let open_rounds = if row.link.is_some() { OPEN_ROUNDS } else { 1 };
    if there.arrived >= open_rounds && back.arrived >= open_rounds {
        PairReachability::Open
    } else {
        PairReachability::Undecided
    }
}

/// What a diagnosis of exactly this pair and link makes of it.
fn state_of(row: &PairRowKey, diagnosis: &Diagnosis) -> Option<PairReachability> {
    let state = match diagnosis.code {
        code::PEERS_VIA_GATEWAY => PairReachability::ViaGateway,
        code::ONE_WAY_FILTER => PairReachability::OneWay,
        code::CLIENT_ISOLATION => PairReachability::Isolated,
        code::ROUTED_PATH_BLOCKED => PairReachability::Blocked,
        code::PEER_LINK_DOWN => PairReachability::LinkDown,
        _ => return None,
    };
    let here = DiagnosisScope {
        from: Some(row.from.clone()),
        to: Some(row.to.clone()),
        link: row.link.clone(),
        family: Some(row.family),
        ..DiagnosisScope::default()
    };
    let meets = diagnosis.scope.overlaps(&here) || diagnosis.scope.overlaps(&here.reversed());
    (meets && diagnosis.certainty >= Certainty::Likely).then_some(state)
}
