//! One direction of a pair: what one host sent to another over one link, and what became of it.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_diagnosis::DiagnosisScope;
use pontoon_model::facts::{AgentOutcome, Facts};
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::observation::{
    FrameDestination, Observation, ObservedEvent, ProbeAnswer, ProbeKind,
};
use pontoon_model::shared_links::LinkEndpoint;

/// Rounds with arrivals that prove a direction open: one could be a stray, two a coincidence.
pub(super) const ROUNDS_THAT_OPEN: usize = 3;

/// What was sent, by how it travels.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum PairProbe {
    /// UDP in a frame to the peer's MAC.
    Udp,
    /// ICMP echo in a frame to the peer's MAC.
    Echo,
    /// ARP requests and neighbour solicitations, group or unicast.
    Neighbour,
    /// Frames to a group: broadcast, multicast, ARP requests.
    Group,
    /// What the kernel routed.
    Routed,
    /// What was sent in a frame to the gateway's MAC address.
    Bounce,
}

/// The rounds of one probe.
#[derive(Clone, Debug, Default)]
pub(super) struct ProbeRounds {
    pub(super) sent: BTreeSet<u16>,
    pub(super) arrived: BTreeSet<u16>,
    /// Arrived in a frame to all, which is not the path that is tested.
    strayed: BTreeSet<u16>,
    /// Answered with a reply, not an error.
    pub(super) answered: BTreeSet<u16>,
    /// Of these, answered on another link than the one the probe left by.
    pub(super) elsewhere: BTreeSet<u16>,
    /// Answered with an ICMP error of the receiver.
    pub(super) rejected: BTreeSet<u16>,
    /// Source MACs of the frames that arrived.
    pub(super) arrival_macs: BTreeSet<Mac>,
    /// Source MACs of the responses.
    pub(super) answer_macs: BTreeSet<Mac>,
}

/// One direction of a pair.
#[derive(Clone, Debug)]
pub(super) struct DirectedPath {
    pub(super) from: LinkEndpoint,
    pub(super) to: LinkEndpoint,
    pub(super) family: IpFamily,
    /// Whether that nothing arrived would have been noticed: the receiver lives and has a packet
    /// socket there.
    pub(super) is_witnessed: bool,
    /// Whether the sender had a packet socket and could send frames itself.
    is_framed: bool,
    probes: BTreeMap<PairProbe, ProbeRounds>,
}

/// Observations by sender, its link, receiver and address family.
pub(super) type ObservationIndex<'a> =
    BTreeMap<(&'a HostName, Option<&'a IfName>, &'a HostName, IpFamily), Vec<&'a Observation>>;

/// Sorts the observations of pairs.
pub(super) fn index(facts: &Facts) -> ObservationIndex<'_> {
    let mut index = ObservationIndex::new();
    for seen in &facts.observations {
        let Some(peer) = &seen.peer else { continue };
        let (asker, asked) = match seen.direction {
            ObservedEvent::Sent | ObservedEvent::Answered => (&seen.host, peer),
            ObservedEvent::Arrived => (peer, &seen.host),
        };
        index.entry((asker, seen.asked_link.as_ref(), asked, seen.family)).or_default().push(seen);
    }
    index
}

impl DirectedPath {
    pub(super) fn new(
        facts: &Facts,
        index: &ObservationIndex<'_>,
        from: &LinkEndpoint,
        to: &LinkEndpoint,
    ) -> Self {
        let family = from.prefix.family();
        let key = (&from.host, Some(&from.link), &to.host, family);
        let mut probes: BTreeMap<PairProbe, ProbeRounds> = BTreeMap::new();
        for seen in index.get(&key).into_iter().flatten() {
            for probe in probes_of(&seen.kind) {
                take(probes.entry(*probe).or_default(), seen, *probe, from, to);
            }
        }
        // What was answered has arrived, whatever the receiver reports. Of ARP and ND others answer,
        // too; UDP and echo are answered by the host alone.
        for probe in [PairProbe::Udp, PairProbe::Echo, PairProbe::Routed] {
            if let Some(rounds) = probes.get_mut(&probe) {
                rounds.arrived.extend(rounds.answered.difference(&rounds.strayed));
            }
        }
        Self {
            from: from.clone(),
            to: to.clone(),
            family,
            is_witnessed: sees_frames(facts, to) && is_alive(facts, &to.host),
            is_framed: sees_frames(facts, from),
            probes,
        }
    }

    /// The rounds of one probe.
    pub(super) fn rounds(&self, probe: PairProbe) -> &ProbeRounds {
        static NONE: ProbeRounds = ProbeRounds {
            sent: BTreeSet::new(),
            arrived: BTreeSet::new(),
            strayed: BTreeSet::new(),
            answered: BTreeSet::new(),
            elsewhere: BTreeSet::new(),
            rejected: BTreeSet::new(),
            arrival_macs: BTreeSet::new(),
            answer_macs: BTreeSet::new(),
        };
        self.probes.get(&probe).unwrap_or(&NONE)
    }

    /// The probes that say whether frames for one host pass: UDP and echo to its own MAC. Where
    /// the sender cannot send frames, or does not know the MAC, the next best.
    pub(super) fn direct(&self) -> &'static [PairProbe] {
        let was_sent = |probe| !self.rounds(probe).sent.is_empty();
        if was_sent(PairProbe::Udp) || was_sent(PairProbe::Echo) {
            &[PairProbe::Udp, PairProbe::Echo]
        } else if self.is_framed {
            &[PairProbe::Group, PairProbe::Neighbour]
        } else {
            &[PairProbe::Routed]
        }
    }

    /// Rounds in which something was sent to this host alone.
    pub(super) fn sent(&self) -> BTreeSet<u16> {
        self.union(|rounds| &rounds.sent)
    }

    /// Rounds of which something arrived.
    pub(super) fn arrived(&self) -> BTreeSet<u16> {
        self.union(|rounds| &rounds.arrived)
    }

    /// Rounds of which something was answered.
    pub(super) fn answered(&self) -> BTreeSet<u16> {
        self.union(|rounds| &rounds.answered)
    }

    fn union(&self, which: impl Fn(&ProbeRounds) -> &BTreeSet<u16>) -> BTreeSet<u16> {
        let rounds = self.direct().iter().map(|probe| which(self.rounds(*probe)));
        rounds.flatten().copied().collect()
    }

    /// Kinds of probe that were sent.
    pub(super) fn kinds_sent(&self) -> usize {
        self.direct().iter().filter(|probe| !self.rounds(**probe).sent.is_empty()).count()
    }

    /// Whether frames pass in this direction.
    pub(super) fn is_open(&self) -> bool {
        self.arrived().len() >= ROUNDS_THAT_OPEN
    }

    /// Whether everything that was sent arrived.
    pub(super) fn is_lossless(&self) -> bool {
        self.sent().is_subset(&self.arrived())
    }

    /// From the sender to the receiver on the sender's link.
    pub(super) fn scope(&self) -> DiagnosisScope {
        DiagnosisScope {
            from: Some(self.from.host.clone()),
            to: Some(self.to.host.clone()),
            link: Some(self.from.link.clone()),
            family: Some(self.family),
            ..DiagnosisScope::default()
        }
    }
}

fn take(
    rounds: &mut ProbeRounds,
    seen: &Observation,
    probe: PairProbe,
    from: &LinkEndpoint,
    to: &LinkEndpoint,
) {
    match seen.direction {
        ObservedEvent::Sent => {
            rounds.sent.insert(seen.round);
        }
        ObservedEvent::Arrived => {
            // A packet for one host in a frame to all did not take the path that is tested
            // (Linux takes it, see drop_unicast_in_l2_multicast in ip-sysctl.rst).
            let is_stray = matches!(probe, PairProbe::Udp | PairProbe::Echo | PairProbe::Routed)
                && seen.cast == Some(FrameDestination::Group);
            if is_stray {
                rounds.strayed.insert(seen.round);
            } else if seen.link.as_ref() == Some(&to.link) {
                rounds.arrived.insert(seen.round);
                rounds.arrival_macs.extend(seen.source_mac);
            }
        }
        ObservedEvent::Answered => match &seen.answer {
            Some(ProbeAnswer::Reply) => {
                rounds.answered.insert(seen.round);
                rounds.answer_macs.extend(seen.source_mac);
                if seen.link.as_ref().is_some_and(|link| *link != from.link) {
                    rounds.elsewhere.insert(seen.round);
                }
            }
            Some(ProbeAnswer::Icmp { from, .. }) if *from == to.prefix.address => {
                rounds.rejected.insert(seen.round);
            }
            _ => {}
        },
    }
}

const fn probes_of(kind: &ProbeKind) -> &'static [PairProbe] {
    match kind {
        ProbeKind::Udp => &[PairProbe::Udp],
        ProbeKind::Echo => &[PairProbe::Echo],
        ProbeKind::Neighbour { cast: FrameDestination::Group } => {
            &[PairProbe::Neighbour, PairProbe::Group]
        }
        ProbeKind::Neighbour { cast: FrameDestination::Unicast } => &[PairProbe::Neighbour],
        ProbeKind::Broadcast | ProbeKind::Multicast => &[PairProbe::Group],
        ProbeKind::RoutedUdp => &[PairProbe::Routed],
        ProbeKind::Bounce => &[PairProbe::Bounce],
        // Asked of this host, its gateway or third parties: no evidence about a pair.
        _ => &[],
    }
}

fn sees_frames(facts: &Facts, end: &LinkEndpoint) -> bool {
    facts.hosts.get(&end.host).is_some_and(|host| {
        host.watches.iter().any(|watch| watch.link == end.link && watch.is_complete())
    })
}

fn is_alive(facts: &Facts, host: &HostName) -> bool {
    facts.hosts.get(host).is_some_and(|host| host.ending == AgentOutcome::Complete)
}
