//! Two hosts that nothing connects but the link in question: each asks on its own and keeps its own
//! record, and the two records are merged later.
//!
//! Both count rounds from the same time of day, so that a round is the same second on both: what
//! one sent in a round in which the other did not run yet is no miss.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use pontoon_model::facts::{Facts, RunParameters};
use pontoon_model::host::HostName;
use pontoon_model::net::{IpFamily, Mac};
use pontoon_model::observation::{Observation, ObservedEvent, RunId};
use pontoon_model::snapshot::{Link, Snapshot};

use super::agent_phases::{finish, watch};
use super::agent_startup::start_agents;
use super::endpoints::SurveyEndpoints;
use super::host_questions::host_questions;
use super::pair_code::{PairCode, PairSecret};
use super::survey_agent::{ActiveAgent, SurveyParticipant, host_facts, wait};
use super::survey_options::{OwnNameSource, SurveyOptions};
use super::survey_result::{SurveyError, SurveyProgress, SurveyResult, no_agents_error};
use crate::edge::clock::{RunClock, unix_ms};
use crate::machine::RunInstant;
use crate::probes::ProbeQuestion;
use crate::protocol::{FromAgent, ReportedObservation, SurveyPeer, ToAgent};
use crate::round_schedule::ProbeTask;
use crate::run_key::RunKey;

/// Rounds of the second host, and of the first after the first frame of the second arrived.
const ROUNDS: u64 = 12;
/// How long the first host waits for the second: to walk over, log in and type.
const WAIT_MS: u64 = 180_000;
/// How long a frame of the last round may take.
const TAIL_MS: u64 = 1_500;
const ROUND_MS: u64 = 1_000;

/// Which of the two hosts this is.
pub enum RendezvousSide<'a> {
    /// The one that makes the code. The function shows it, with this host's address.
    First(&'a mut dyn FnMut(&PairCode, IpAddr)),
    /// The one on which the code is typed.
    Second(PairCode),
}

/// Asks a peer that cannot be reached in any other way.
///
/// # Errors
///
/// [`SurveyError`]: no agent, no link in the peer's network, or the port of the code is taken.
pub fn run_rendezvous(
    participant: SurveyParticipant,
    peer: IpAddr,
    side: RendezvousSide<'_>,
    intent: &RunParameters,
    options: &SurveyOptions,
    progress: &mut dyn FnMut(SurveyProgress),
) -> Result<SurveyResult, SurveyError> {
    let clock = RunClock::start();
    let host = participant.host.clone();
    let secret = match &side {
        RendezvousSide::First(_) => PairSecret::random().map_err(SurveyError::NoRandomness)?,
        RendezvousSide::Second(code) => code.secret(),
    };
    let key = secret.key();
    let run = key.run_id();
    let own_number = u16::from(matches!(side, RendezvousSide::Second(_)));
    progress(SurveyProgress::Starting { hosts: 1 });
    let own_options = SurveyOptions { own_names: OwnNameSource::Read, ..options.clone() };
    let (mut agents, unreached) =
        start_agents(vec![participant], own_number, run, &key, &own_options, &clock);
    let Some(agent) = agents.first() else {
        return Err(no_agents_error(unreached));
    };
    let no_link = || SurveyError::NotOurNetwork { host: host.clone(), peer };
    let link = link_to(&agent.member.snapshot, peer).ok_or_else(no_link)?.clone();
    let mac = link.mac.ok_or_else(no_link)?;
    let own = own_address(&link, peer).ok_or_else(no_link)?;
    let (code, peer_mac) = match side {
        RendezvousSide::First(announce) => {
            let epoch_s = u32::try_from(unix_ms() / 1000).unwrap_or_default();
            let code = PairCode::new(&secret, mac, epoch_s);
            announce(&code, own);
            (code, None)
        }
        RendezvousSide::Second(code) => {
            let theirs = code.mac;
            (code, Some(theirs))
        }
    };
    let only = SurveyOptions { links: vec![link.name.clone()], ..options.clone() };
    watch(&mut agents, &only, Some(code.port), &clock);
    // There is exactly one: one participant was given.
    let agent = agents.remove(0);
    if agent.member.reflector(peer).is_none_or(|own| own.port() != code.port) {
        return Err(SurveyError::PortTaken { host, port: code.port });
    }
    let mut rendezvous = PairRendezvous {
        run,
        other_key: key.of_host(1 - own_number),
        own_number,
        peer,
        name: HostName::lossy(&peer.to_string()),
        link,
        code,
        peer_mac,
        heard_at: None,
        agent,
        observations: BTreeSet::new(),
    };
    rendezvous.name_peer();
    if !options.is_passive {
        rendezvous.run_rounds(&clock, &only, progress);
    }
    let observations = std::mem::take(&mut rendezvous.observations);
    let mut agents = [rendezvous.agent];
    finish(&mut agents, &clock);
    let hosts = agents.into_iter().map(host_facts).collect();
    let facts = Facts { run, hosts, observations, intent: intent.clone() };
    Ok(SurveyResult { facts, unreached, key })
}

/// The link of this host in whose network the peer is.
fn link_to(snapshot: &Snapshot, peer: IpAddr) -> Option<&Link> {
    let holds = |link: &&Link| {
        link.is_usable()
            && link.reaches_hosts()
            && link.addresses.iter().any(|own| own.prefix.contains(peer))
    };
    snapshot.links.iter().find(holds)
}

/// This host's address in the peer's network.
fn own_address(link: &Link, peer: IpAddr) -> Option<IpAddr> {
    let own = link.addresses.iter().find(|own| own.prefix.contains(peer));
    own.map(|own| own.prefix.address)
}

struct PairRendezvous {
    run: RunId,
    other_key: RunKey,
    own_number: u16,
    peer: IpAddr,
    name: HostName,
    link: Link,
    code: PairCode,
    peer_mac: Option<Mac>,
    heard_at: Option<RunInstant>,
    agent: ActiveAgent,
    observations: BTreeSet<Observation>,
}

impl PairRendezvous {
    fn name_peer(&mut self) {
        let peer = SurveyPeer {
            number: 1 - self.own_number,
            host: self.name.clone(),
            // What the other host calls its link is known when the records meet.
            links: Vec::new(),
            macs: self.peer_mac.into_iter().collect(),
            addresses: vec![(self.peer, None)],
            gateways: Vec::new(),
        };
        self.agent.send_message(&ToAgent::Peers { peers: vec![peer] });
    }

    fn run_rounds(
        &mut self,
        clock: &RunClock,
        options: &SurveyOptions,
        progress: &mut dyn FnMut(SurveyProgress),
    ) {
        let start = clock.now();
        let most = options.timeout_ms.unwrap_or(WAIT_MS);
        self.ask_about_ourselves(options);
        let mut next = start;
        loop {
            let now = clock.now();
            let last = self.last_round(start, most);
            if now >= next && now < last {
                self.put_round();
                // To the beginning of the next second, which is the other's next round as well.
                next = now.after_ms(ROUND_MS - unix_ms() % ROUND_MS);
            }
            self.receive(now);
            let end = last.after_ms(TAIL_MS);
            if now >= end || self.agent.failure.is_some() {
                return;
            }
            let left_ms = end.0.saturating_sub(now.0);
            progress(SurveyProgress::Asking { pairs: 1, settled: 0, left_ms });
            let wake = if next < last { next.min(end) } else { end };
            wait(std::iter::once(&self.agent.channel), clock, wake.max(now.after_ms(1)));
        }
    }

    /// When the last round begins.
    fn last_round(&self, start: RunInstant, most: u64) -> RunInstant {
        let limit = start.after_ms(most.saturating_sub(TAIL_MS));
        let from = if self.own_number == 0 { self.heard_at } else { Some(start) };
        from.map_or(limit, |from| from.after_ms(ROUNDS * ROUND_MS).min(limit))
    }

    fn ask_about_ourselves(&mut self, options: &SurveyOptions) {
        let member = self.agent.member.clone();
        let endpoints = SurveyEndpoints::new(std::slice::from_ref(&member));
        let members = BTreeMap::from([(member.host.clone(), member)]);
        let alone = SurveyOptions { one_ended: Vec::new(), ..options.clone() };
        let tasks = host_questions(&members, &endpoints, &[], &alone);
        let tasks = tasks.into_iter().map(|(_, task)| task).collect();
        self.agent.send_message(&ToAgent::Do { rounds: Vec::new(), tasks });
    }

    /// One round: the control, one frame to all, and frames to the peer once its MAC is known.
    fn put_round(&mut self) {
        let family = IpFamily::of(self.peer);
        let Some(from) = own_address(&self.link, self.peer) else { return };
        let since = unix_ms() / 1000;
        let round = since.saturating_sub(u64::from(self.code.epoch_s)) + 1;
        let Ok(round) = u16::try_from(round) else { return };
        let mut questions = Vec::new();
        let gateway = self.agent.member.snapshot.gateway(&self.link.name, family);
        questions.extend(gateway.map(|gateway| ProbeQuestion::Control { from, gateway }));
        let peers = vec![self.name.clone()];
        questions.push(match round % 4 {
            1 => ProbeQuestion::Broadcast { from, peers },
            3 => ProbeQuestion::Multicast { from, peers },
            _ => ProbeQuestion::Neighbour { from, target: self.peer, to_mac: None },
        });
        if let Some(to_mac) = self.peer_mac {
            let to = SocketAddr::new(self.peer, self.code.port);
            questions.push(ProbeQuestion::Udp { from, to, to_mac });
            if round % 2 == 0 {
                questions.push(ProbeQuestion::Echo { from, to: self.peer, to_mac });
            }
        }
        let task = |(question, at_ms)| ProbeTask {
            group: 0,
            at_ms,
            round,
            family,
            link: Some(self.link.name.clone()),
            peer: match question {
                ProbeQuestion::Control { .. } => None,
                _ => Some(self.name.clone()),
            },
            question,
        };
        // Neither host's frames leave in one burst, nor at the very edge of the second.
        let later = (1..).map(|place| place * 120 + u32::from(self.own_number) * 60);
        let tasks = questions.into_iter().zip(later).map(task).collect();
        self.agent.send_message(&ToAgent::Do { rounds: Vec::new(), tasks });
    }

    fn receive(&mut self, now: RunInstant) {
        for message in self.agent.receive_messages() {
            match message {
                FromAgent::Saw { seen } => seen.into_iter().for_each(|seen| self.take(now, seen)),
                FromAgent::Fault { why } => self.agent.failure = Some(why),
                _ => {}
            }
        }
    }

    fn take(&mut self, now: RunInstant, seen: ReportedObservation) {
        let is_arrival = seen.observation.direction == ObservedEvent::Arrived;
        let is_own = seen.observation.host == self.agent.member.host;
        if !is_own || is_arrival && !self.is_proven(&seen) {
            return;
        }
        if is_arrival {
            self.heard_at.get_or_insert(now);
            if self.peer_mac.is_none() {
                self.peer_mac = seen.observation.source_mac;
                self.name_peer();
            }
        }
        self.observations.insert(Observation { run: self.run, ..seen.observation });
    }

    /// Whether the other host made this packet. Both watch one link only: number 0.
    fn is_proven(&self, seen: &ReportedObservation) -> bool {
        seen.is_proven(1 - self.own_number, 0, &self.other_key)
    }
}
