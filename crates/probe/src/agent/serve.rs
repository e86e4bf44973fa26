//! The agent's one loop.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pontoon_model::net::{Family, IfName, Mac};
use pontoon_model::observation::{Answer, Kind, Observation};
use pontoon_model::snapshot::{Snapshot, Unread};

use super::launch::{Asker, Launch, Leg, launch};
use super::links::WatchedLink;
use super::pipe::{Pipe, PipeError};
use super::several;
use crate::budget::Budget;
use crate::counters;
use crate::edge::clock::{Clock, unix_s};
use crate::edge::packet_socket::CAPTURE;
use crate::edge::reflector::Reflector;
use crate::flows::{Flows, MachineId};
use crate::frame::read;
use crate::key::Key;
use crate::machine::Moment;
use crate::protocol::{FromAgent, Question, Seen, Task, ToAgent, VERSION};
use crate::snapshot::{self, Sources};
use crate::token::{Content, Header, Keys, Token, answer, read_payload};
use crate::witness::{Identity, Witness};

/// Most links one agent watches.
const LINKS_MAX: usize = 16;
/// Most questions that wait.
const TASKS_MAX: usize = 20_000;
/// How long a source port is kept, so that the kernel does not answer for it: longer than any
/// probe waits.
const PORT_HELD_MS: u64 = 3_000;
/// Most observations in one message.
const SAW_MAX: usize = 200;

/// Why an agent ended before it was told to.
#[derive(Debug, thiserror::Error)]
#[error("the agent ends: {why}")]
pub struct ServeError {
    why: String,
}

/// Serves one coordinator until it closes its end.
///
/// # Errors
///
/// When the coordinator is gone or says what cannot be read.
pub fn serve<R: Read + AsFd, W: Write + AsFd>(input: R, output: W) -> Result<(), ServeError> {
    let ends = |error: PipeError| ServeError { why: error.to_string() };
    for fd in [input.as_fd(), output.as_fd()] {
        // A pipe that cannot be set is read as it is: slower, not wrong.
        let _ = fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
    }
    let polled = (duplicate(&input)?, duplicate(&output)?);
    let mut pipe = Pipe::new(input, output);
    pipe.flush().map_err(ends)?;
    let mut agent = Agent::new();
    while !pipe.is_closed() {
        for message in pipe.hear().map_err(ends)? {
            for reply in agent.obey(message) {
                pipe.say(&reply).map_err(ends)?;
            }
        }
        for message in agent.turn() {
            pipe.say(&message).map_err(ends)?;
        }
        pipe.flush().map_err(ends)?;
        if !pipe.is_closed() {
            agent.wait(polled.0.as_fd(), pipe.is_waiting().then(|| polled.1.as_fd()));
        }
    }
    Ok(())
}

fn duplicate(fd: &impl AsFd) -> Result<std::os::fd::OwnedFd, ServeError> {
    fd.as_fd()
        .try_clone_to_owned()
        .map_err(|error| ServeError { why: format!("stdin and stdout cannot be used: {error}") })
}

struct Agent {
    clock: Clock,
    run: Option<Run>,
}

/// What an agent has from [`ToAgent::Begin`] on.
struct Run {
    identity: Identity,
    keys: Keys,
    snapshot: Snapshot,
    witness: Witness,
    links: Vec<WatchedLink>,
    reflectors: Vec<Reflector>,
    queue: BTreeMap<(Moment, u64), Task>,
    tasks_taken: u64,
    flows: Flows,
    running: Vec<(u32, MachineId)>,
    held: VecDeque<(Moment, UdpSocket)>,
    gateways: BTreeMap<(IfName, IpAddr), Mac>,
    counters: BTreeMap<String, u64>,
    untested: BTreeSet<Unread>,
    is_idle_said: bool,
}

impl Agent {
    fn new() -> Self {
        Self { clock: Clock::start(), run: None }
    }

    fn obey(&mut self, message: ToAgent) -> Vec<FromAgent> {
        let now = self.clock.now();
        match (message, &mut self.run) {
            (ToAgent::Begin { version, .. }, _) if version != VERSION => vec![fault(&format!(
                "this pontoon speaks version {VERSION} of the agent protocol, the other end \
                 version {version}: install the same pontoon on both hosts"
            ))],
            (ToAgent::Begin { run, seat, host, run_key, own_key, .. }, slot) => {
                let identity = Identity { run, host, seat, run_key: run_key.clone() };
                let snapshot = snapshot::take(&Sources::live(unix_s()));
                let ready = FromAgent::Ready { version: VERSION, snapshot: Box::new(snapshot.clone()) };
                *slot = Some(Run::new(identity, Keys { run: run_key, own: own_key }, snapshot));
                vec![ready]
            }
            (ToAgent::Watch { links }, Some(run)) => vec![run.watch(&links)],
            (ToAgent::Peers { peers }, Some(run)) => {
                run.witness.set_peers(peers);
                Vec::new()
            }
            (ToAgent::Do { tasks }, Some(run)) => {
                run.enqueue(now, tasks);
                Vec::new()
            }
            (ToAgent::Cancel { group }, Some(run)) => {
                run.cancel(group);
                Vec::new()
            }
            (ToAgent::Finish, Some(run)) => vec![run.finish()],
            (_, None) => vec![fault("the first message has to be `begin`")],
        }
    }

    fn turn(&mut self) -> Vec<FromAgent> {
        let Some(run) = &mut self.run else { return Vec::new() };
        let now = self.clock.now();
        let mut seen = run.read_frames(now);
        seen.extend(run.read_datagrams(now));
        seen.extend(run.launch_due(now));
        let reports = run.flows.turn(now).into_iter();
        seen.extend(reports.map(|observation| Seen { observation, proof: None }));
        run.held.retain(|(since, _)| since.after_ms(PORT_HELD_MS) > now);
        let mut messages: Vec<_> =
            seen.chunks(SAW_MAX).map(|part| FromAgent::Saw { seen: part.to_vec() }).collect();
        if run.queue.is_empty() && run.flows.is_idle() && !run.is_idle_said {
            run.is_idle_said = true;
            messages.push(FromAgent::Idle);
        }
        messages
    }

    /// Waits for the coordinator, a frame, a flow or the next deadline.
    fn wait(&self, input: BorrowedFd<'_>, output: Option<BorrowedFd<'_>>) {
        let mut fds = vec![PollFd::new(input, PollFlags::POLLIN)];
        fds.extend(output.map(|fd| PollFd::new(fd, PollFlags::POLLOUT)));
        let mut deadline = None;
        if let Some(run) = &self.run {
            fds.extend(run.links.iter().filter_map(|link| {
                link.socket.as_ref().map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN))
            }));
            fds.extend(
                run.reflectors.iter().map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)),
            );
            fds.extend(run.flows.fds().map(|(fd, flags)| PollFd::new(fd, flags)));
            let next_task = run.queue.keys().next().map(|(at, _)| *at);
            deadline = next_task.into_iter().chain(run.flows.deadline()).min();
        }
        let timeout = deadline.map_or(PollTimeout::NONE, |deadline| {
            let left = deadline.0.saturating_sub(self.clock.now().0);
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
        });
        // An interrupted wait is a short one.
        let _ = poll(&mut fds, timeout);
    }
}

impl Run {
    fn new(identity: Identity, keys: Keys, snapshot: Snapshot) -> Self {
        let seed = random(&keys.own);
        Self {
            witness: Witness::new(identity.clone()),
            identity,
            keys,
            snapshot,
            links: Vec::new(),
            reflectors: Vec::new(),
            queue: BTreeMap::new(),
            tasks_taken: 0,
            flows: Flows::new(seed),
            running: Vec::new(),
            held: VecDeque::new(),
            gateways: BTreeMap::new(),
            counters: BTreeMap::new(),
            untested: BTreeSet::new(),
            is_idle_said: true,
        }
    }

    fn watch(&mut self, names: &[IfName]) -> FromAgent {
        self.links.clear();
        for name in names.iter().take(LINKS_MAX) {
            let Some(link) = self.snapshot.link(name) else { continue };
            // LINKS_MAX is far below 256.
            let number = u8::try_from(self.links.len()).unwrap_or(u8::MAX);
            let (watched, error) = WatchedLink::open(link, number, &self.snapshot);
            if let Some(error) = error {
                self.untested.insert(Unread {
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
        self.counters = counters::read("/".as_ref());
        // A host without IPv6 has no socket for it; then nobody will ask it over IPv6.
        self.reflectors = [Family::V4, Family::V6].into_iter().filter_map(|family| Reflector::open(family).ok()).collect();
        let port = |family| {
            self.reflectors.iter().find(|socket| socket.family() == family).map(Reflector::port)
        };
        FromAgent::Watching {
            watches: self.links.iter().map(WatchedLink::watch).collect(),
            port_v4: port(Family::V4),
            port_v6: port(Family::V6),
        }
    }

    fn enqueue(&mut self, now: Moment, tasks: Vec<Task>) {
        self.is_idle_said = false;
        for task in tasks.into_iter().take(TASKS_MAX.saturating_sub(self.queue.len())) {
            self.tasks_taken += 1;
            self.queue.insert((now.after_ms(task.at_ms.into()), self.tasks_taken), task);
        }
    }

    fn cancel(&mut self, group: u32) {
        self.queue.retain(|_, task| task.group != group);
        for (_, machine) in self.running.extract_if(.., |(other, _)| *other == group) {
            self.flows.cancel(machine);
        }
    }

    fn finish(&mut self) -> FromAgent {
        self.queue.clear();
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
            counters: counters::gained(&self.counters, &counters::read("/".as_ref())),
            frames_sent,
            untested: self.untested.iter().cloned().collect(),
        }
    }

    fn launch_due(&mut self, now: Moment) -> Vec<Seen> {
        let mut seen = Vec::new();
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= now) {
            let (key, task) = entry.remove_entry();
            match self.put(now, &task) {
                Ok(observations) => seen.extend(
                    observations.into_iter().map(|observation| Seen { observation, proof: None }),
                ),
                Err(when) => drop(self.queue.insert((when.max(now.after_ms(1)), key.1), task)),
            }
        }
        seen
    }

    /// Puts a question, or says when there is room for it.
    fn put(&mut self, now: Moment, task: &Task) -> Result<Vec<Observation>, Moment> {
        let asker = Asker {
            run: self.identity.run,
            host: &self.identity.host,
            seat: self.identity.seat,
            keys: &self.keys,
        };
        let at = task.link.as_ref().and_then(|name| self.links.iter().position(|l| l.name == *name));
        let leg = at.map(|at| (self.links[at].name.clone(), self.links[at].number));
        let sees_frames = at.is_some_and(|at| self.links[at].socket.is_some());
        if let Some(machine) = several::machine(task, &asker, leg.as_ref(), sees_frames, now) {
            let id = self.flows.start(machine);
            self.running.push((task.group, id));
            return Ok(Vec::new());
        }
        let Some(at) = at.filter(|_| sees_frames) else {
            self.untested.insert(several::untested(task));
            return Ok(Vec::new());
        };
        let link = &mut self.links[at];
        let gateway = match &task.question {
            Question::Control { gateway, .. } | Question::Bounce { gateway, .. } => {
                self.gateways.get(&(link.name.clone(), *gateway)).copied()
            }
            _ => None,
        };
        let leg = Leg { name: &link.name, number: link.number, mac: link.mac };
        let held = &mut self.held;
        let launches = launch(task, &asker, &leg, gateway, now, &mut || hold_port(held, now));
        let mut budget = link.budget.clone();
        for launch in &launches {
            budget.take(now, launch.is_group)?;
        }
        link.budget = budget;
        let mut observations = Vec::new();
        for launch in launches {
            observations.extend(send(link, &mut self.witness, &mut self.untested, launch));
        }
        Ok(observations)
    }

    fn read_frames(&mut self, now: Moment) -> Vec<Seen> {
        /// At most this many frames of one link in one turn, so that a flood cannot starve the rest.
        const TURN_MAX: usize = 256;
        let mut buffer = [0; CAPTURE];
        let mut seen = Vec::new();
        for link in &self.links {
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
                        self.untested.insert(Unread {
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

    fn read_datagrams(&mut self, now: Moment) -> Vec<Seen> {
        const TURN_MAX: usize = 256;
        let mut buffer = [0; 64];
        let mut seen = Vec::new();
        for at in 0..self.reflectors.len() {
            for _ in 0..TURN_MAX {
                let received = match self.reflectors[at].receive(&mut buffer) {
                    Ok(Some(received)) => received,
                    Ok(None) => break,
                    // An ICMP error about an earlier answer: the asker's affair.
                    Err(_) => continue,
                };
                let Some(Content::Question(token)) =
                    read_payload(&buffer[..received.length.min(buffer.len())], &self.identity.run_key)
                else {
                    continue;
                };
                if !self.witness.peers().any(|peer| peer.seat == token.header.seat) {
                    continue;
                }
                let link = self.links.iter_mut().find(|link| link.index == received.link_index);
                if let Some(link) = &link
                    && link.socket.is_none()
                {
                    let from = received.from.ip();
                    seen.extend(self.witness.receive_datagram(now, &link.name, from, &token));
                }
                let number = link.as_ref().map_or(u8::MAX, |link| link.number);
                if link.is_none_or(|link| allows(&mut link.answers, now)) {
                    let header = Header {
                        seat: self.identity.seat,
                        link: number,
                        is_answer: true,
                        ..token.header
                    };
                    let own = Token::new(header, &self.keys);
                    // An answer that cannot leave is an answer that does not come.
                    let _ = self.reflectors[at].answer(&received, &answer(&own, &token));
                }
            }
        }
        seen
    }
}

fn allows(answers: &mut Budget, now: Moment) -> bool {
    answers.take(now, false).is_ok()
}

/// Remembers the MAC of whoever answered a neighbour question, for the controls that follow.
fn learn_gateways(gateways: &mut BTreeMap<(IfName, IpAddr), Mac>, seen: &[Seen]) {
    for Seen { observation, .. } in seen {
        let is_reply = matches!(observation.kind, Kind::Neighbour { .. })
            && observation.answer == Some(Answer::Reply);
        if let (true, Some(link), Some(address), Some(mac)) =
            (is_reply, &observation.asked_link, observation.address, observation.source_mac)
        {
            gateways.insert((link.clone(), address), mac);
        }
    }
}

fn send(
    link: &mut WatchedLink,
    witness: &mut Witness,
    untested: &mut BTreeSet<Unread>,
    launch: Launch,
) -> Vec<Observation> {
    let Some(socket) = &link.socket else { return Vec::new() };
    if let Err(error) = socket.send(&launch.frame) {
        untested.insert(Unread {
            what: format!("some questions on {}", link.name),
            why: format!("the kernel did not take the frame: {error}"),
        });
        return Vec::new();
    }
    if let Some(first) = launch.observations.first() {
        *link.frames_sent.entry(kind_name(&first.kind)).or_default() += 1;
        if let Some(sent) = launch.sent {
            witness.note_sent(sent, first.clone());
        }
    }
    launch.observations
}

/// A source port of our own: as long as it is held, the kernel does not answer for it.
fn hold_port(held: &mut VecDeque<(Moment, UdpSocket)>, now: Moment) -> u16 {
    let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))
        .or_else(|_| UdpSocket::bind(("0.0.0.0", 0)));
    let Ok(socket) = socket else {
        /// The start of the dynamic range (RFC 6335, section 6): only where no socket is left.
        const FALLBACK: u16 = 49152;
        return FALLBACK + u16::try_from(now.0 % 16384).unwrap_or_default();
    };
    let port = socket.local_addr().map_or(0, |address| address.port());
    held.push_back((now, socket));
    port
}

/// What a frame is called in the account of what was sent.
const fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Neighbour { .. } => "arp or nd",
        Kind::OwnAddress => "arp probe",
        Kind::Udp => "udp",
        Kind::Echo | Kind::RoutedEcho => "icmp echo",
        Kind::Broadcast => "broadcast",
        Kind::Multicast => "multicast",
        Kind::Bounce => "bounce",
        _ => "other",
    }
}

/// A number that nobody outside can guess, for transaction ids.
pub(super) fn random(own: &Key) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&own.tag(b"flows")[..8]);
    u64::from_be_bytes(bytes)
}

fn fault(why: &str) -> FromAgent {
    FromAgent::Fault { why: why.to_owned() }
}
