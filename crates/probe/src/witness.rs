//! What a frame proves: sans-IO, fed with every frame that a packet socket delivers.
//!
//! Arrival is the network's verdict: it is seen before the receiving host's netfilter, reverse-path
//! filter and ARP policy. The answer is the host's verdict.

mod arrival;
mod seen_packets;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::observation::{
    FrameDestination, Observation, ObservedEvent, ProbeAnswer, ProbeKind, RunId,
};
use pontoon_model::port::{Port, TransportProtocol};

use crate::frame::read::{FrameBody, ParsedFrame, QuotedPacket};
use crate::machine::RunInstant;
use crate::probe_token::{ProbeToken, TokenPayload, read_payload};
use crate::protocol::{ReportedObservation, SurveyPeer};
use crate::run_key::{RunKey, to_hex};

use arrival::FrameArrival;
use seen_packets::SeenPackets;

/// The names and the key by which an agent takes part in a run.
#[derive(Clone, Debug)]
pub struct AgentIdentity {
    /// The id of the run.
    pub run: RunId,
    /// This host, as the run calls it.
    pub host: HostName,
    /// The number of this host in the run.
    pub number: u16,
    /// The key of the run.
    pub run_key: RunKey,
}

/// What an answer has in common with its question, by which the question is found.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ReplyKey {
    /// The UDP port that the question came from.
    Udp(IpFamily, u16),
    /// The ICMP identifier of the question.
    Echo(IpFamily, u16),
    /// The address that ARP or ND asked for.
    Neighbour(IpAddr),
}

/// Reads frames against what was sent and who takes part.
#[derive(Debug)]
pub struct Witness {
    identity: AgentIdentity,
    peers: BTreeMap<u16, SurveyPeer>,
    /// Ports of this host that the run is about.
    ports: BTreeSet<Port>,
    sent: BTreeMap<ReplyKey, Vec<Observation>>,
    seen: SeenPackets,
}

/// Most questions to one address that are remembered: more than a run has rounds.
const SENT_MAX: usize = 64;

impl Witness {
    /// A witness that has seen nothing.
    #[must_use]
    pub const fn new(identity: AgentIdentity) -> Self {
        Self {
            identity,
            peers: BTreeMap::new(),
            ports: BTreeSet::new(),
            sent: BTreeMap::new(),
            seen: SeenPackets::new(),
        }
    }

    /// Makes these the other hosts of the run.
    pub fn set_peers(&mut self, peers: Vec<SurveyPeer>) {
        self.peers = peers.into_iter().map(|peer| (peer.number, peer)).collect();
    }

    /// Makes these the ports at which arrivals of connections count.
    pub fn set_ports(&mut self, ports: impl IntoIterator<Item = Port>) {
        self.ports = ports.into_iter().collect();
    }

    /// The other hosts of the run, by their numbers.
    #[must_use]
    pub const fn peers(&self) -> &BTreeMap<u16, SurveyPeer> {
        &self.peers
    }

    /// How many frames of the run came in on a link and are not on record.
    #[must_use]
    pub fn lost(&self, link: &IfName) -> u32 {
        self.seen.lost(link)
    }

    /// Remembers a question, by what its answer will bear.
    pub fn note_sent(&mut self, sent: ReplyKey, question: Observation) {
        let questions = self.sent.entry(sent).or_default();
        if questions.len() == SENT_MAX {
            questions.remove(0);
        }
        questions.push(question);
    }

    /// Reads a frame that came in on `link`, whose own MAC is `own_mac`.
    pub fn receive(
        &mut self,
        now: RunInstant,
        link: &IfName,
        own_mac: Mac,
        cast: FrameDestination,
        frame: &ParsedFrame<'_>,
    ) -> Vec<ReportedObservation> {
        let arrival = FrameArrival { now, link, cast, frame };
        match &frame.body {
            FrameBody::ArpRequest { sender, padding, .. } => {
                let mut seen = self.token_arrived(&arrival, (*sender).into(), None, padding);
                // RFC 5227, section 2.1.1: a request from our own address is a conflict, too.
                if frame.from_mac != own_mac {
                    seen.extend(self.own_address_claimed(
                        &arrival,
                        (*sender).into(),
                        frame.from_mac,
                    ));
                }
                seen
            }
            FrameBody::Solicitation { sender, nonce, .. } => {
                self.token_arrived(&arrival, (*sender).into(), None, nonce)
            }
            FrameBody::ArpReply { sender_mac, sender } => {
                let mut seen = self.neighbour_answered(&arrival, (*sender).into(), *sender_mac);
                if *sender_mac != own_mac {
                    seen.extend(self.own_address_claimed(&arrival, (*sender).into(), *sender_mac));
                }
                seen
            }
            FrameBody::Advertisement { target, target_mac } => {
                let mac = target_mac.unwrap_or(frame.from_mac);
                self.neighbour_answered(&arrival, (*target).into(), mac)
            }
            FrameBody::Udp { .. } => self.datagram(&arrival),
            FrameBody::Syn { from, to, ttl } => self.connection(&arrival, *from, *to, *ttl),
            FrameBody::Echo { is_reply: false, from, ttl, payload, .. } => {
                match read_payload(payload, &self.identity.run_key) {
                    Some(TokenPayload::Question(token)) => self.arrived(
                        &arrival,
                        *from,
                        Some(*ttl),
                        &token,
                        ProbeKind::from_token_code(token.header.code, None, None),
                    ),
                    _ => Vec::new(),
                }
            }
            FrameBody::Echo { is_reply: true, to, ttl, identifier, .. } => {
                let sent = ReplyKey::Echo(IpFamily::of(*to), *identifier);
                self.answered(&arrival, sent, None, Some(*ttl), ProbeAnswer::Reply)
            }
            FrameBody::IcmpError { from, kind, code, about } => {
                let family = IpFamily::of(*from);
                let sent = match about {
                    QuotedPacket::Udp { from_port } => ReplyKey::Udp(family, *from_port),
                    QuotedPacket::Echo { identifier } => ReplyKey::Echo(family, *identifier),
                };
                let answer = ProbeAnswer::Icmp { kind: *kind, code: *code, from: *from };
                self.answered(&arrival, sent, None, None, answer)
            }
        }
    }

    /// A UDP datagram: a question that arrived, or the answer to one of ours.
    fn datagram(&mut self, arrival: &FrameArrival<'_>) -> Vec<ReportedObservation> {
        let FrameBody::Udp { from, to, ttl, packet_bytes, payload } = &arrival.frame.body else {
            return Vec::new();
        };
        match read_payload(payload, &self.identity.run_key) {
            Some(TokenPayload::Question(token)) => {
                let (bytes, port) = (Some(*packet_bytes), Some(to.port()));
                let kind = ProbeKind::from_token_code(token.header.code, bytes, port);
                // A token can be replayed to any port.
                let kind = kind.filter(|kind| self.is_awaited(kind));
                self.arrived(arrival, from.ip(), Some(*ttl), &token, kind)
            }
            Some(TokenPayload::Answer(own, asked))
                if asked.header.sender == self.identity.number =>
            {
                let sent = ReplyKey::Udp(IpFamily::of(to.ip()), to.port());
                self.answered(
                    arrival,
                    sent,
                    Some(own.header.sender),
                    Some(*ttl),
                    ProbeAnswer::Reply,
                )
            }
            _ => Vec::new(),
        }
    }

    /// Whether a datagram of this kind is about a port of this run, if it is about one.
    fn is_awaited(&self, kind: &ProbeKind) -> bool {
        let ProbeKind::UdpPort { port: number } = *kind else { return true };
        self.ports.contains(&Port { number, transport: TransportProtocol::Udp })
    }

    /// The first packet of a peer's connection to one of the ports of the run. It carries no proof:
    /// all that follows from it is what this host's own packet filter does.
    fn connection(
        &mut self,
        arrival: &FrameArrival<'_>,
        from: SocketAddr,
        to: SocketAddr,
        ttl: u8,
    ) -> Vec<ReportedObservation> {
        let port = Port { number: to.port(), transport: TransportProtocol::Tcp };
        if !self.ports.contains(&port) {
            return Vec::new();
        }
        let holder = self.peers.values().find_map(|peer| {
            let (_, place) = peer.addresses.iter().find(|(address, _)| *address == from.ip())?;
            Some((peer, *place))
        });
        let Some((peer, place)) = holder else { return Vec::new() };
        // Which try it was does not show: it counts as the first.
        let mut seen = self.arrival_of(arrival.now, peer, 1, ProbeKind::Tcp { port: to.port() });
        seen.asked_link = place.and_then(|place| peer.links.get(usize::from(place)).cloned());
        let seen = arrival.question(seen, from.ip(), Some(ttl));
        self.keep(Some(seen), None)
    }

    /// A datagram of the run came through the host's own stack, where no packet socket is to be
    /// had: proof of arrival, but its absence proves nothing. `port` is ours.
    pub fn receive_datagram(
        &mut self,
        now: RunInstant,
        link: &IfName,
        from: IpAddr,
        port: u16,
        token: &ProbeToken,
    ) -> Vec<ReportedObservation> {
        let kind = ProbeKind::from_token_code(token.header.code, None, Some(port));
        let mut seen = kind.and_then(|kind| self.template(now, token, kind));
        if let Some(observation) = &mut seen {
            observation.link = Some(link.clone());
            observation.address = Some(from);
            observation.family = IpFamily::of(from);
        }
        self.keep(seen, Some(token))
    }

    fn token_arrived(
        &mut self,
        arrival: &FrameArrival<'_>,
        from: IpAddr,
        ttl: Option<u8>,
        bytes: &[u8],
    ) -> Vec<ReportedObservation> {
        match ProbeToken::decode(bytes, &self.identity.run_key) {
            Some(token) if !token.header.is_answer => {
                let kind = ProbeKind::from_token_code(token.header.code, None, None);
                self.arrived(arrival, from, ttl, &token, kind)
            }
            _ => Vec::new(),
        }
    }

    fn arrived(
        &mut self,
        arrival: &FrameArrival<'_>,
        from: IpAddr,
        ttl: Option<u8>,
        token: &ProbeToken,
        kind: Option<ProbeKind>,
    ) -> Vec<ReportedObservation> {
        let seen = kind
            .and_then(|kind| self.template(arrival.now, token, kind))
            .map(|seen| arrival.question(seen, from, ttl));
        self.keep(seen, Some(token))
    }

    /// An arrival as far as the token describes it; `None` for our own and for hosts outside the
    /// run.
    fn template(
        &self,
        now: RunInstant,
        token: &ProbeToken,
        kind: ProbeKind,
    ) -> Option<Observation> {
        let peer = self.peers.get(&token.header.sender)?;
        let mut seen = self.arrival_of(now, peer, token.header.round, kind);
        seen.asked_link = peer.links.get(usize::from(token.header.link)).cloned();
        Some(seen)
    }

    /// An arrival from a peer. Family and address are filled in from the packet.
    fn arrival_of(
        &self,
        now: RunInstant,
        peer: &SurveyPeer,
        round: u16,
        kind: ProbeKind,
    ) -> Observation {
        let AgentIdentity { run, host, .. } = &self.identity;
        Observation {
            peer: Some(peer.host.clone()),
            direction: ObservedEvent::Arrived,
            round,
            at_ms: now.at_ms(),
            ..Observation::sent(*run, host.clone(), IpFamily::V4, kind)
        }
    }

    fn neighbour_answered(
        &mut self,
        arrival: &FrameArrival<'_>,
        who: IpAddr,
        mac: Mac,
    ) -> Vec<ReportedObservation> {
        let same_link = |asked: &&Observation| asked.link.as_ref() == Some(arrival.link);
        let asked = || self.neighbour_questions(who, false);
        let question = asked().find(same_link).or_else(|| asked().next());
        let seen = question.map(|asked| arrival.neighbour_answer(asked, mac));
        self.keep(seen, None)
    }

    fn own_address_claimed(
        &mut self,
        arrival: &FrameArrival<'_>,
        who: IpAddr,
        mac: Mac,
    ) -> Vec<ReportedObservation> {
        let same_link = |asked: &&Observation| asked.link.as_ref() == Some(arrival.link);
        let question = self.neighbour_questions(who, true).find(same_link);
        let seen = question.map(|asked| arrival.neighbour_answer(asked, mac));
        self.keep(seen, None)
    }

    /// The questions for an address, last first: whether it is in use elsewhere, or who has it.
    fn neighbour_questions(
        &self,
        address: IpAddr,
        is_own: bool,
    ) -> impl Iterator<Item = &Observation> {
        let asked = self.sent.get(&ReplyKey::Neighbour(address)).into_iter().flatten().rev();
        asked.filter(move |asked| (asked.kind == ProbeKind::OwnAddress) == is_own)
    }

    fn answered(
        &mut self,
        arrival: &FrameArrival<'_>,
        sent: ReplyKey,
        answerer: Option<u16>,
        ttl: Option<u8>,
        answer: ProbeAnswer,
    ) -> Vec<ReportedObservation> {
        let Some(question) = self.sent.get(&sent).and_then(|sent| sent.last()) else {
            return Vec::new();
        };
        let mut observation = question.clone();
        if let Some(peer) = answerer.and_then(|number| self.peers.get(&number)) {
            observation.peer = Some(peer.host.clone());
        }
        observation.source_mac = Some(arrival.frame.from_mac);
        let seen = arrival.answer(observation, ttl, answer);
        self.keep(Some(seen), None)
    }

    /// Drops what was seen before: a packet that a network duplicates is one arrival. What cannot
    /// be remembered any more counts as lost on its link.
    fn keep(
        &mut self,
        seen: Option<Observation>,
        token: Option<&ProbeToken>,
    ) -> Vec<ReportedObservation> {
        let Some(observation) = seen else { return Vec::new() };
        if !self.seen.is_new(&observation) {
            return Vec::new();
        }
        vec![ReportedObservation { observation, proof: token.map(|token| to_hex(&token.proof)) }]
    }
}

#[cfg(test)]
mod tests;
