//! Kernel sockets for [machines](crate::machine): one loop of poll(2), no threads.
//!
//! The owner of the loop waits until one of [`FlowDriver::fds`] is ready or
//! [`FlowDriver::deadline`] comes, then calls [`FlowDriver::turn`], which never blocks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

use nix::libc::{EBADF, EMFILE};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pontoon_model::net::IfName;
use pontoon_model::observation::{Observation, ObservedEvent};

use crate::machine::{
    FlowAction, FlowEvent, FlowId, MachinePoll, ProbeMachine, RunInstant, SendOptions,
};
use recvmsg::ReceiveBuffers;
pub use send_budget::{SendBudget, UnlimitedBudget};
use socket::{FlowSocket, SocketKind};

mod send_budget;
mod echo_codec;
mod socket_options;
mod recvmsg;
mod socket;
mod tcp_connection;
pub mod twin;

/// One of the machines that run.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct MachineId(u64);

/// Machines that run, and the sockets that they send and receive with.
///
/// A flow is closed when its machine closes it, is done or is cancelled.
pub struct FlowDriver {
    machines: BTreeMap<MachineId, RunningMachine>,
    sockets: BTreeMap<(MachineId, FlowId), FlowSocket>,
    /// Connections that no machine needs any more, and when the budget has room for the frames that
    /// closing them sends.
    closing: VecDeque<(RunInstant, FlowSocket)>,
    frames_sent: BTreeMap<&'static str, u32>,
    buffers: ReceiveBuffers,
    next_machine: u64,
    next_ident: u16,
}

struct RunningMachine {
    machine: Box<dyn ProbeMachine>,
    deadline: RunInstant,
    /// What its own actions caused at once; delivered when it has asked to wait.
    pending: Vec<FlowEvent>,
    /// What has to wait for room before it leaves. Until then the machine is not polled.
    held: Option<FlowAction>,
}

impl FlowDriver {
    /// Sockets open at once. An agent may open 1,024 files by default and needs some itself; a
    /// machine that asks for more gets `EMFILE`.
    pub const MAX_SOCKETS: usize = 512;

    /// Actions of one machine in one turn. More than any machine asks for at once; one that
    /// loops leaves the others their time.
    pub const MAX_ACTIONS: usize = 512;

    /// No machines yet. `seed` chooses the ICMP ids of raw sockets: any number that differs
    /// between runs.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let [low, high, ..] = seed.to_le_bytes();
        Self {
            machines: BTreeMap::new(),
            sockets: BTreeMap::new(),
            closing: VecDeque::new(),
            frames_sent: BTreeMap::new(),
            buffers: ReceiveBuffers::new(),
            next_machine: 0,
            next_ident: u16::from_le_bytes([low, high]),
        }
    }

    /// Takes a machine in. It begins with the next [`Self::turn`].
    pub fn start(&mut self, machine: Box<dyn ProbeMachine>) -> MachineId {
        let id = MachineId(self.next_machine);
        self.next_machine += 1;
        let (deadline, pending, held) = (RunInstant::default(), Vec::new(), None);
        self.machines.insert(id, RunningMachine { machine, deadline, pending, held });
        id
    }

    /// Ends a machine: its flows are closed and nothing more is reported. Nothing happens if it
    /// has ended already.
    pub fn cancel(&mut self, id: MachineId) {
        self.machines.remove(&id);
        self.close_all(id);
    }

    /// Whether a machine still runs.
    #[must_use]
    pub fn is_running(&self, id: MachineId) -> bool {
        self.machines.contains_key(&id)
    }

    /// Whether no machine runs, and no connection waits to be closed.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.machines.is_empty() && self.closing.is_empty()
    }

    /// What to wait for, besides [`Self::deadline`].
    pub fn fds(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        self.sockets.values().map(|socket| (socket.as_fd(), socket.poll_flags()))
    }

    /// When the next turn is due, whatever comes in. A time in the past means: now.
    #[must_use]
    pub fn deadline(&self) -> Option<RunInstant> {
        let machines = self.machines.values().map(|running| running.deadline);
        machines.chain(self.closing.iter().map(|(at, _)| *at)).min()
    }

    /// How many packets (connections, for TCP) were sent, by kind: `icmp-echo`, `tcp-connect`,
    /// `udp-datagram`.
    #[must_use]
    pub const fn frames_sent(&self) -> &BTreeMap<&'static str, u32> {
        &self.frames_sent
    }

    /// Reads what came in, lets the machines act as far as the budget allows, and returns what they
    /// put on record. Never blocks.
    ///
    /// Machines that wait for the budget go first, in the order in which they were started.
    pub fn turn(&mut self, now: RunInstant, budget: &mut dyn SendBudget) -> Vec<Observation> {
        self.hang_up(now, budget);
        let mut reports = Vec::new();
        let mut due: BTreeSet<MachineId> = self
            .machines
            .iter()
            .filter(|(_, running)| running.deadline <= now)
            .map(|(id, _)| *id)
            .collect();
        for (id, events) in self.drain() {
            due.insert(id);
            if let Some(running) = self.machines.get_mut(&id) {
                running.pending.extend(events);
            }
        }
        for id in due {
            // Taken out, so that its actions may use the other fields; put back unless done.
            if let Some(mut running) = self.machines.remove(&id) {
                if self.run(id, &mut running, now, budget, &mut reports) {
                    self.machines.insert(id, running);
                } else {
                    self.close_all(id);
                }
            }
        }
        self.hang_up(now, budget);
        reports
    }

    /// Closes the flows of a machine.
    fn close_all(&mut self, id: MachineId) {
        let own = self.sockets.keys().filter(|(owner, _)| *owner == id);
        let own: Vec<_> = own.copied().collect();
        for place in own {
            if let Some(socket) = self.sockets.remove(&place) {
                self.close(socket);
            }
        }
    }

    /// Closes a socket at once, or when there is room for what that sends.
    fn close(&mut self, socket: FlowSocket) {
        if socket.close_cost().frames > 0 {
            self.closing.push_back((RunInstant::default(), socket));
        }
    }

    /// Closes the connections for which there is room.
    fn hang_up(&mut self, now: RunInstant, budget: &mut dyn SendBudget) {
        self.closing.retain_mut(|(at, socket)| {
            if *at > now {
                return true;
            }
            match budget.pass(now, socket.link.as_ref(), socket.to, socket.close_cost()) {
                Ok(()) => false,
                Err(when) => {
                    *at = when.max(now.after_ms(1));
                    true
                }
            }
        });
    }

    /// Reads every socket that is ready.
    fn drain(&mut self) -> Vec<(MachineId, Vec<FlowEvent>)> {
        let mut fds: Vec<PollFd<'_>> =
            self.fds().map(|(fd, interest)| PollFd::new(fd, interest)).collect();
        if fds.is_empty() || poll(&mut fds, PollTimeout::ZERO).is_err() {
            return Vec::new();
        }
        let ready: Vec<PollFlags> =
            fds.iter().map(|fd| fd.revents().unwrap_or(PollFlags::empty())).collect();
        drop(fds);
        let mut came = Vec::new();
        for (((id, flow), socket), ready) in self.sockets.iter_mut().zip(ready) {
            if !ready.is_empty() {
                let mut events = Vec::new();
                socket.drain(*flow, ready, &mut self.buffers, &mut events);
                came.push((*id, events));
            }
        }
        came
    }

    /// Lets a machine act until it waits; returns whether it goes on.
    fn run(
        &mut self,
        id: MachineId,
        running: &mut RunningMachine,
        now: RunInstant,
        budget: &mut dyn SendBudget,
        reports: &mut Vec<Observation>,
    ) -> bool {
        if let Some(action) = running.held.take() {
            let flow = action.flow();
            if !self.pass(id, running, action, now, budget) {
                return true;
            }
            if let Some(flow) = flow {
                running.machine.receive(now, &FlowEvent::Left { flow });
            }
        }
        let mut news = std::mem::take(&mut running.pending).into_iter();
        for _ in 0..Self::MAX_ACTIONS {
            match running.machine.poll(now) {
                MachinePoll::Do(FlowAction::Report(observation)) => {
                    reports.push(as_left(*observation, now));
                }
                MachinePoll::Do(action) => {
                    if !self.pass(id, running, action, now, budget) {
                        // Events are delivered at once, and not when there is room.
                        news.for_each(|event| running.machine.receive(now, &event));
                        return true;
                    }
                }
                MachinePoll::Done => return false,
                MachinePoll::WaitUntil(deadline) => {
                    if news.as_slice().is_empty() {
                        news = std::mem::take(&mut running.pending).into_iter();
                    }
                    let Some(event) = news.next() else {
                        running.deadline = deadline;
                        return true;
                    };
                    running.machine.receive(now, &event);
                }
            }
        }
        let caused = std::mem::take(&mut running.pending);
        running.pending.extend(news);
        running.pending.extend(caused);
        running.deadline = now;
        true
    }

    /// Performs an action if the budget has room; otherwise holds it and delivers pending events.
    fn pass(
        &mut self,
        id: MachineId,
        running: &mut RunningMachine,
        action: FlowAction,
        now: RunInstant,
        budget: &mut dyn SendBudget,
    ) -> bool {
        let frames = send_budget::frames(&action);
        let passed = match self.leaving(id, &action).filter(|_| frames.frames > 0) {
            Some((link, to)) => budget.pass(now, link.as_ref(), to, frames),
            None => Ok(()),
        };
        match passed {
            Ok(()) => {
                self.perform(id, action, &mut running.pending);
                true
            }
            Err(when) => {
                for event in std::mem::take(&mut running.pending) {
                    running.machine.receive(now, &event);
                }
                running.held = Some(action);
                running.deadline = when.max(now.after_ms(1));
                false
            }
        }
    }

    /// By which link what an action sends leaves, if it is tied to one, and for whom.
    fn leaving(&self, id: MachineId, action: &FlowAction) -> Option<(Option<IfName>, IpAddr)> {
        match action {
            FlowAction::SendUdp { way, to, .. } | FlowAction::Connect { way, to, .. } => {
                Some((way.link.clone(), to.ip()))
            }
            FlowAction::SendEcho { way, to, .. } => Some((way.link.clone(), *to)),
            FlowAction::Write { flow, .. } => {
                self.sockets.get(&(id, *flow)).map(|socket| (socket.link.clone(), socket.to))
            }
            FlowAction::Close { .. } | FlowAction::Report(_) => None,
        }
    }

    fn perform(&mut self, id: MachineId, action: FlowAction, events: &mut Vec<FlowEvent>) {
        match action {
            FlowAction::SendUdp { flow, way, to, payload } => {
                if let Some((socket, buffers)) =
                    self.socket(id, flow, SocketKind::Udp, &way, to.ip(), events)
                {
                    socket.send(flow, &way, to, &payload, buffers, events);
                    self.count("udp-datagram");
                }
            }
            FlowAction::SendEcho { flow, way, to, sequence, payload } => {
                if let Some((socket, buffers)) =
                    self.socket(id, flow, SocketKind::Echo, &way, to, events)
                {
                    socket.send_echo(flow, &way, to, sequence, &payload, buffers, events);
                    self.count("icmp-echo");
                }
            }
            FlowAction::Connect { flow, way, to } => {
                if let Some((socket, _)) =
                    self.socket(id, flow, SocketKind::Tcp, &way, to.ip(), events)
                {
                    socket.connect(flow, &way, to, events);
                    self.count("tcp-connect");
                }
            }
            FlowAction::Write { flow, bytes } => match self.sockets.get_mut(&(id, flow)) {
                Some(socket) => socket.write(flow, &bytes, events),
                None => events.push(FlowEvent::Refused { flow, errno: EBADF }),
            },
            FlowAction::Close { flow } => {
                if let Some(socket) = self.sockets.remove(&(id, flow)) {
                    self.close(socket);
                }
            }
            // Put on record by the caller.
            FlowAction::Report(_) => {}
        }
    }

    /// The socket of a flow, opened if this is its first use.
    fn socket(
        &mut self,
        id: MachineId,
        flow: FlowId,
        kind: SocketKind,
        way: &SendOptions,
        to: IpAddr,
        events: &mut Vec<FlowEvent>,
    ) -> Option<(&mut FlowSocket, &mut ReceiveBuffers)> {
        if !self.sockets.contains_key(&(id, flow)) {
            if self.sockets.len() + self.closing.len() >= Self::MAX_SOCKETS {
                events.push(FlowEvent::Refused { flow, errno: EMFILE });
                return None;
            }
            match FlowSocket::open(kind, way, to, self.next_ident) {
                Ok(socket) => {
                    self.next_ident = self.next_ident.wrapping_add(1);
                    self.sockets.insert((id, flow), socket);
                }
                Err(errno) => {
                    events.push(FlowEvent::Refused { flow, errno });
                    return None;
                }
            }
        }
        self.sockets.get_mut(&(id, flow)).map(|socket| (socket, &mut self.buffers))
    }

    fn count(&mut self, kind: &'static str) {
        let count = self.frames_sent.entry(kind).or_default();
        *count = count.saturating_add(1);
    }
}

/// What was sent is put on record right after it: with the time at which it left, also where it
/// had to wait.
fn as_left(observation: Observation, now: RunInstant) -> Observation {
    let at_ms = match observation.direction {
        ObservedEvent::Sent => now.at_ms(),
        _ => observation.at_ms,
    };
    Observation { at_ms, ..observation }
}

#[cfg(test)]
mod tests;
