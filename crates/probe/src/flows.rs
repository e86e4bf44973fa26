//! Kernel sockets for [machines](crate::machine): one loop of poll(2), no threads.
//!
//! The owner of the loop waits until one of [`Flows::fds`] is ready or [`Flows::deadline`] comes,
//! then calls [`Flows::turn`], which never blocks.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, BorrowedFd};

use nix::libc::{EBADF, EMFILE};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pontoon_model::observation::Observation;

use crate::machine::{Action, Event, Flow, Machine, Moment, Next, Way};
use socket::{Buffers, Kin, Talk};

mod icmp;
mod option;
mod queue;
mod socket;
mod stream;
pub mod twin;

/// One of the machines that run.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct MachineId(u64);

/// Machines that run, and the sockets they talk through.
///
/// A flow is closed when its machine closes it, is done or is cancelled.
pub struct Flows {
    machines: BTreeMap<MachineId, Running>,
    talks: BTreeMap<(MachineId, Flow), Talk>,
    frames_sent: BTreeMap<&'static str, u32>,
    buffers: Buffers,
    next_machine: u64,
    next_ident: u16,
}

struct Running {
    machine: Box<dyn Machine>,
    deadline: Moment,
    /// What its own actions caused at once; delivered when it has asked to wait.
    pending: Vec<Event>,
}

impl Flows {
    /// Sockets open at once. An agent may open 1,024 files by default and needs some itself; a
    /// machine that asks for more is told `EMFILE`.
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
            talks: BTreeMap::new(),
            frames_sent: BTreeMap::new(),
            buffers: Buffers::new(),
            next_machine: 0,
            next_ident: u16::from_le_bytes([low, high]),
        }
    }

    /// Takes a machine in. It begins with the next [`Self::turn`].
    pub fn start(&mut self, machine: Box<dyn Machine>) -> MachineId {
        let id = MachineId(self.next_machine);
        self.next_machine += 1;
        self.machines
            .insert(id, Running { machine, deadline: Moment::default(), pending: Vec::new() });
        id
    }

    /// Ends a machine: its flows are closed and nothing more is reported. One that has ended
    /// already is left in peace.
    pub fn cancel(&mut self, id: MachineId) {
        self.machines.remove(&id);
        self.talks.retain(|(owner, _), _| *owner != id);
    }

    /// Whether a machine still runs.
    #[must_use]
    pub fn is_running(&self, id: MachineId) -> bool {
        self.machines.contains_key(&id)
    }

    /// Whether no machine runs.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.machines.is_empty()
    }

    /// What to wait for, besides [`Self::deadline`].
    pub fn fds(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        self.talks.values().map(|talk| (talk.as_fd(), talk.interest()))
    }

    /// When the next turn is due, whatever comes in. A time in the past means: now.
    #[must_use]
    pub fn deadline(&self) -> Option<Moment> {
        self.machines.values().map(|running| running.deadline).min()
    }

    /// How many packets (connections, for TCP) were sent, by kind: `icmp-echo`, `tcp-connect`,
    /// `udp-datagram`.
    #[must_use]
    pub const fn frames_sent(&self) -> &BTreeMap<&'static str, u32> {
        &self.frames_sent
    }

    /// Reads what came in, lets the machines act, and returns what they put on record. Never
    /// blocks.
    pub fn turn(&mut self, now: Moment) -> Vec<Observation> {
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
                if self.run(id, &mut running, now, &mut reports) {
                    self.machines.insert(id, running);
                } else {
                    self.talks.retain(|(owner, _), _| *owner != id);
                }
            }
        }
        reports
    }

    /// Reads every socket that is ready.
    fn drain(&mut self) -> Vec<(MachineId, Vec<Event>)> {
        let mut fds: Vec<PollFd<'_>> =
            self.fds().map(|(fd, interest)| PollFd::new(fd, interest)).collect();
        if fds.is_empty() || poll(&mut fds, PollTimeout::ZERO).is_err() {
            return Vec::new();
        }
        let ready: Vec<PollFlags> =
            fds.iter().map(|fd| fd.revents().unwrap_or(PollFlags::empty())).collect();
        drop(fds);
        let mut came = Vec::new();
        for (((id, flow), talk), ready) in self.talks.iter_mut().zip(ready) {
            if !ready.is_empty() {
                let mut events = Vec::new();
                talk.drain(*flow, ready, &mut self.buffers, &mut events);
                came.push((*id, events));
            }
        }
        came
    }

    /// Lets a machine act until it waits; returns whether it goes on.
    fn run(
        &mut self,
        id: MachineId,
        running: &mut Running,
        now: Moment,
        reports: &mut Vec<Observation>,
    ) -> bool {
        let mut news = std::mem::take(&mut running.pending).into_iter();
        for _ in 0..Self::MAX_ACTIONS {
            match running.machine.poll(now) {
                Next::Do(Action::Report(observation)) => reports.push(*observation),
                Next::Do(action) => self.perform(id, action, &mut running.pending),
                Next::Done => return false,
                Next::WaitUntil(deadline) => {
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

    fn perform(&mut self, id: MachineId, action: Action, events: &mut Vec<Event>) {
        match action {
            Action::SendUdp { flow, way, to, payload } => {
                if let Some((talk, buffers)) = self.talk(id, flow, Kin::Udp, &way, to.ip(), events)
                {
                    talk.send(flow, &way, to, &payload, buffers, events);
                    self.count("udp-datagram");
                }
            }
            Action::SendEcho { flow, way, to, sequence, payload } => {
                if let Some((talk, buffers)) = self.talk(id, flow, Kin::Echo, &way, to, events) {
                    talk.send_echo(flow, &way, to, sequence, &payload, buffers, events);
                    self.count("icmp-echo");
                }
            }
            Action::Connect { flow, way, to } => {
                if let Some((talk, _)) = self.talk(id, flow, Kin::Tcp, &way, to.ip(), events) {
                    talk.connect(flow, &way, to, events);
                    self.count("tcp-connect");
                }
            }
            Action::Write { flow, bytes } => match self.talks.get_mut(&(id, flow)) {
                Some(talk) => talk.write(flow, &bytes, events),
                None => events.push(Event::Refused { flow, errno: EBADF }),
            },
            Action::Close { flow } => {
                self.talks.remove(&(id, flow));
            }
            // Put on record by the caller.
            Action::Report(_) => {}
        }
    }

    /// The socket of a flow, opened if this is its first use.
    fn talk(
        &mut self,
        id: MachineId,
        flow: Flow,
        kin: Kin,
        way: &Way,
        to: std::net::IpAddr,
        events: &mut Vec<Event>,
    ) -> Option<(&mut Talk, &mut Buffers)> {
        if !self.talks.contains_key(&(id, flow)) {
            if self.talks.len() >= Self::MAX_SOCKETS {
                events.push(Event::Refused { flow, errno: EMFILE });
                return None;
            }
            match Talk::open(kin, way, to, self.next_ident) {
                Ok(talk) => {
                    self.next_ident = self.next_ident.wrapping_add(1);
                    self.talks.insert((id, flow), talk);
                }
                Err(errno) => {
                    events.push(Event::Refused { flow, errno });
                    return None;
                }
            }
        }
        self.talks.get_mut(&(id, flow)).map(|talk| (talk, &mut self.buffers))
    }

    fn count(&mut self, kind: &'static str) {
        let count = self.frames_sent.entry(kind).or_default();
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests;
