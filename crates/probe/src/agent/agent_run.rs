//! One run of an agent: the links it watches, the questions it puts, the answers it gives.

mod launch;
mod pending_answers;
mod port_listeners;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::iter;
use std::net::{IpAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use nix::poll::PollFlags;
use pontoon_model::net::{IfName, IpFamily, Mac};
use pontoon_model::observation::{ProbeAnswer, ProbeKind};
use pontoon_model::snapshot::{CollectionGap, Snapshot};

use super::admission::{KernelRouteCache, LinkAdmission};
use super::task_queue::TaskQueue;
use super::watched_links::{WatchedLink, lane};
use crate::budget::{LinkBudget, RateLimit};
use crate::counters;
use crate::edge::clock::unix_ms;
use crate::edge::listener::TcpPortListener;
use crate::edge::packet_socket::CAPTURE;
use crate::edge::reflector::UdpReflector;
use crate::flows::{FlowDriver, MachineId};
use crate::frame::read;
use crate::machine::RunInstant;
use crate::probe_token::AgentKeys;
use crate::protocol::{FromAgent, ReportedObservation, SurveyPeer, ThirdParties};
use crate::round_schedule::{ProbeTask, is_crowd};
use crate::run_key::RunKey;
use crate::snapshot::links::usable_now;
use crate::witness::{AgentIdentity, Witness};
use pending_answers::PendingAnswer;

/// Most links one agent watches.
const LINKS_MAX: usize = 16;
/// How long a source port is kept, so that the kernel does not answer for it: longer than any
/// probe waits.
const PORT_HELD_MS: u64 = 3_000;

/// What an agent has from the message that begins a run on.
pub(super) struct AgentRun {
    identity: AgentIdentity,
    keys: AgentKeys,
    snapshot: Snapshot,
    witness: Witness,
    third_parties: ThirdParties,
    links: Vec<WatchedLink>,
    /// Of all links that are not watched together: what is sent there, and what is answered.
    elsewhere: LinkBudget,
    elsewhere_answers: LinkBudget,
    is_watching: bool,
    reflectors: Vec<UdpReflector>,
    listeners: Vec<TcpPortListener>,
    queue: TaskQueue,
    flows: FlowDriver,
    route_cache: KernelRouteCache,
    running: Vec<(u32, MachineId)>,
    held: VecDeque<(RunInstant, UdpSocket)>,
    gateways: BTreeMap<(IfName, IpAddr), Mac>,
    /// Answers for which there was no room yet, and when there will be.
    pending_answers: VecDeque<(RunInstant, PendingAnswer)>,
    counters: BTreeMap<String, u64>,
    untested: BTreeSet<CollectionGap>,
    is_idle_said: bool,
}

impl AgentRun {
    pub(super) fn new(
        identity: AgentIdentity,
        keys: AgentKeys,
        snapshot: Snapshot,
        third_parties: ThirdParties,
    ) -> Self {
        let seed = random(&keys.own);
        Self {
            witness: Witness::new(identity.clone()),
            identity,
            keys,
            snapshot,
            third_parties,
            links: Vec::new(),
            elsewhere: LinkBudget::new(RateLimit::SHARED),
            elsewhere_answers: LinkBudget::new(RateLimit::SHARED),
            is_watching: false,
            reflectors: Vec::new(),
            listeners: Vec::new(),
            queue: TaskQueue::default(),
            flows: FlowDriver::new(seed),
            route_cache: KernelRouteCache::default(),
            running: Vec::new(),
            held: VecDeque::new(),
            gateways: BTreeMap::new(),
            pending_answers: VecDeque::new(),
            counters: BTreeMap::new(),
            untested: BTreeSet::new(),
            is_idle_said: true,
        }
    }

    pub(super) fn watch(&mut self, names: &[IfName], port: Option<u16>) -> FromAgent {
        // Sockets opened anew would have budgets of which nothing is spent.
        if std::mem::replace(&mut self.is_watching, true) {
            return FromAgent::Fault { why: "the links are watched already".to_owned() };
        }
        for name in names.iter().take(LINKS_MAX) {
            let Some(link) = self.snapshot.link(name) else { continue };
            if self.links.iter().any(|watched| watched.index == link.index) {
                continue;
            }
            // LINKS_MAX is far below 256.
            let number = u8::try_from(self.links.len()).unwrap_or(u8::MAX);
            let (watched, error) = WatchedLink::open(link, number, &self.snapshot);
            if let Some(error) = error {
                self.untested.insert(CollectionGap {
                    what: format!("which frames arrive on {name}"),
                    why: format!(
                        "a packet socket was refused ({error}): run it with sudo, or once: \
                         sudo setcap cap_net_raw,cap_net_admin+ep $(command -v pontoon)"
                    ),
                });
            }
            self.links.push(watched);
        }
        for neighbour in &self.snapshot.neighbours {
            if let Some(mac) = neighbour.mac.filter(|mac| *mac != Mac::ZERO) {
                self.gateways.insert((neighbour.link.clone(), neighbour.address), mac);
            }
        }
        self.counters = counters::read("/".as_ref()).unwrap_or_default();
        // A host without IPv6 has no socket for it, and its peers see no IPv6 port of it.
        self.reflectors = [IpFamily::V4, IpFamily::V6]
            .into_iter()
            .filter_map(|family| UdpReflector::open(family, port.unwrap_or(0)).ok())
            .collect();
        let port = |family| {
            self.reflectors.iter().find(|socket| socket.family() == family).map(UdpReflector::port)
        };
        FromAgent::Watching {
            watches: self.links.iter_mut().map(|link| link.watch(0)).collect(),
            port_v4: port(IpFamily::V4),
            port_v6: port(IpFamily::V6),
            unix_ms: Some(unix_ms()),
        }
    }

    pub(super) fn set_peers(&mut self, peers: Vec<SurveyPeer>) {
        if is_crowd(peers.len()) {
            self.links.iter_mut().for_each(|link| link.budget.spread());
        }
        self.witness.set_peers(peers);
    }

    pub(super) fn enqueue(&mut self, now: RunInstant, tasks: impl Iterator<Item = ProbeTask>) {
        self.is_idle_said = false;
        self.queue.add(now, tasks);
    }

    pub(super) fn cancel(&mut self, groups: &BTreeSet<u32>) {
        self.queue.cancel(groups);
        for (_, machine) in self.running.extract_if(.., |(group, _)| groups.contains(group)) {
            self.flows.cancel(machine);
        }
    }

    pub(super) fn finish(&mut self) -> FromAgent {
        self.queue.clear();
        if let Some(usable) = usable_now() {
            self.links.iter_mut().for_each(|link| link.note_went_down(&usable));
        }
        for (_, owed) in std::mem::take(&mut self.pending_answers) {
            self.withhold(owed.received.link_index);
        }
        let witness = &self.witness;
        let watches: Vec<_> =
            self.links.iter_mut().map(|link| link.watch(witness.lost(&link.name))).collect();
        for watch in watches.iter().filter(|watch| watch.lost > 0) {
            self.untested.insert(CollectionGap {
                what: format!("some of the frames on {}", watch.link),
                why: format!("this host was too busy to take {} of them", watch.lost),
            });
        }
        let mut frames_sent = BTreeMap::new();
        for link in &self.links {
            for (kind, count) in &link.frames_sent {
                frames_sent.insert(format!("{} {kind}", link.name), *count);
            }
        }
        for (kind, count) in self.flows.frames_sent() {
            frames_sent.insert(format!("as routed: {kind}"), *count);
        }
        FromAgent::Finished {
            watches,
            counters: counters::read("/".as_ref())
                .map(|now| counters::counter_increases(&self.counters, &now))
                .unwrap_or_default(),
            frames_sent,
            untested: self.untested.iter().cloned().collect(),
        }
    }

    /// Reads what came, puts what is due.
    pub(super) fn turn(&mut self, now: RunInstant) -> Vec<ReportedObservation> {
        let mut seen = self.read_frames(now);
        self.send_pending_answers(now);
        self.take_connections(now);
        seen.extend(self.read_datagrams(now));
        // Machines that have begun go before new questions.
        let room = &mut LinkAdmission {
            links: &mut self.links,
            elsewhere: &mut self.elsewhere,
            snapshot: &self.snapshot,
            route_cache: &mut self.route_cache,
        };
        let reports = self.flows.turn(now, room).into_iter();
        seen.extend(reports.map(|observation| ReportedObservation { observation, proof: None }));
        seen.extend(self.launch_due(now));
        self.held.retain(|(since, _)| since.after_ms(PORT_HELD_MS) > now);
        seen
    }

    /// Notes that what was put in the last turn has left by now.
    pub(super) fn mark_sent(&mut self, now: RunInstant) {
        self.links.iter_mut().for_each(|link| link.mark_sent(now));
        self.elsewhere.mark_sent(now);
        self.elsewhere_answers.mark_sent(now);
    }

    /// Whether everything has been put since this was last asked.
    pub(super) fn has_become_idle(&mut self) -> bool {
        let is_idle = self.queue.is_empty() && self.flows.is_idle();
        is_idle && !std::mem::replace(&mut self.is_idle_said, is_idle)
    }

    /// The descriptors to wait for, until [`Self::deadline`] at most.
    pub(super) fn fds(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        let links = self.links.iter().filter_map(|link| link.socket.as_ref());
        let links = links.map(|socket| (socket.as_fd(), PollFlags::POLLIN));
        let reflectors = self.reflectors.iter().map(|socket| (socket.as_fd(), PollFlags::POLLIN));
        let listeners = self.listeners.iter();
        let listeners =
            listeners.flat_map(|socket| iter::once(socket.as_fd()).chain(socket.held()));
        let listeners = listeners.map(|socket| (socket, PollFlags::POLLIN));
        links.chain(reflectors).chain(listeners).chain(self.flows.fds())
    }

    /// When something is due.
    pub(super) fn deadline(&self) -> Option<RunInstant> {
        let next_task = self.queue.deadline(|task| lane(&self.links, &self.gateways, task));
        let next_answer = self.pending_answers.front().map(|(at, _)| *at);
        let held = self.listeners.iter().filter_map(TcpPortListener::deadline);
        next_task.into_iter().chain(next_answer).chain(held).chain(self.flows.deadline()).min()
    }

    fn read_frames(&mut self, now: RunInstant) -> Vec<ReportedObservation> {
        /// Most frames of one link in one turn, so that a flood cannot starve the rest.
        const TURN_MAX: usize = 256;
        let mut buffer = [0; CAPTURE];
        let mut seen = Vec::new();
        for link in &mut self.links {
            let Some(socket) = &link.socket else { continue };
            for _ in 0..TURN_MAX {
                match socket.receive(&mut buffer) {
                    Ok(Some(captured)) => {
                        let Some(frame) = read::read(&buffer[..captured.length]) else { continue };
                        let new =
                            self.witness.receive(now, &link.name, link.mac, captured.cast, &frame);
                        learn_gateways(&mut self.gateways, &new);
                        seen.extend(new);
                    }
                    Ok(None) => break,
                    Err(error) => {
                        link.went_down = true;
                        self.untested.insert(CollectionGap {
                            what: format!("frames on {} from then on", link.name),
                            why: format!("the link went away in mid-run ({error})"),
                        });
                        break;
                    }
                }
            }
        }
        seen
    }

    fn read_datagrams(&mut self, now: RunInstant) -> Vec<ReportedObservation> {
        const TURN_MAX: usize = 256;
        let mut buffer = [0; 64];
        let mut seen = Vec::new();
        for at in 0..self.reflectors.len() {
            for _ in 0..TURN_MAX {
                let received = match self.reflectors[at].receive(&mut buffer) {
                    Ok(Some(received)) => received,
                    Ok(None) => break,
                    // An ICMP error about an earlier answer, which concerns only the peer.
                    Err(_) => continue,
                };
                seen.extend(self.take_datagram(now, at, &received, &buffer));
            }
        }
        seen
    }
}

/// Remembers the MACs in answers to ARP and ND, for the controls that follow.
fn learn_gateways(gateways: &mut BTreeMap<(IfName, IpAddr), Mac>, seen: &[ReportedObservation]) {
    for ReportedObservation { observation, .. } in seen {
        let is_reply = matches!(observation.kind, ProbeKind::Neighbour { .. })
            && observation.answer == Some(ProbeAnswer::Reply);
        if let (true, Some(link), Some(address), Some(mac)) =
            (is_reply, &observation.asked_link, observation.address, observation.source_mac)
        {
            gateways.insert((link.clone(), address), mac);
        }
    }
}

/// A number that other hosts cannot guess, for transaction ids.
pub(super) fn random(own: &RunKey) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&own.tag(b"flows")[..8]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests;
