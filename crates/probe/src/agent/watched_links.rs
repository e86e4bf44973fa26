//! The links an agent watches, and what leaves by them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;

use pontoon_model::facts::LinkCapture;
use pontoon_model::net::{IfName, Mac};
use pontoon_model::observation::{Observation, ProbeKind};
use pontoon_model::snapshot::{CollectionGap, Link, Snapshot};

use super::frame_builder::OutgoingFrame;
use super::task_queue::SendLane;
use crate::budget::{FrameLoad, LinkBudget, RateLimit};
use crate::edge::packet_socket::PacketSocket;
use crate::machine::RunInstant;
use crate::round_schedule::ProbeTask;
use crate::witness::Witness;

/// A watched link.
#[derive(Debug)]
pub(super) struct WatchedLink {
    pub(super) name: IfName,
    pub(super) index: u32,
    pub(super) number: u8,
    pub(super) mac: Mac,
    /// None without `CAP_NET_RAW`.
    pub(super) socket: Option<PacketSocket>,
    pub(super) budget: LinkBudget,
    /// Of what the agent answers, apart from what it asks.
    pub(super) answers: LinkBudget,
    /// When there will be room for what the kernel is to send: until then nothing else leaves.
    pub(super) kernel_send_at: Option<RunInstant>,
    pub(super) frames_sent: BTreeMap<&'static str, u32>,
    was_usable: bool,
    /// Whether the link went down while it was watched.
    pub(super) went_down: bool,
    /// Frames that came and were not seen.
    pub(super) lost: u32,
    /// Questions left without an answer because the budget was spent.
    pub(super) withheld: u32,
}

impl WatchedLink {
    /// Opens the link; where packet sockets are not allowed, it is watched as far as it goes.
    ///
    /// Returns why, where frames cannot be seen.
    pub(super) fn open(link: &Link, number: u8, snapshot: &Snapshot) -> (Self, Option<io::Error>) {
        let (socket, error) = match PacketSocket::open(link.index) {
            Ok(socket) => (Some(socket), None),
            Err(error) => (None, Some(error)),
        };
        let rate = RateLimit::of(link, snapshot);
        let watched = Self {
            name: link.name.clone(),
            index: link.index,
            number,
            mac: link.mac.unwrap_or(Mac::ZERO),
            socket,
            budget: LinkBudget::new(rate),
            answers: LinkBudget::new(rate),
            kernel_send_at: None,
            frames_sent: BTreeMap::new(),
            was_usable: link.is_usable(),
            went_down: false,
            lost: 0,
            withheld: 0,
        };
        (watched, error)
    }

    /// Takes room for what leaves. What the kernel is to send goes first.
    pub(super) fn take(&mut self, now: RunInstant, load: FrameLoad) -> Result<(), RunInstant> {
        match self.kernel_send_at.filter(|at| *at > now) {
            Some(at) => Err(at),
            None => self.budget.take(now, load),
        }
    }

    /// Notes that what was taken from the budgets has left by now.
    pub(super) fn mark_sent(&mut self, now: RunInstant) {
        self.budget.mark_sent(now);
        self.answers.mark_sent(now);
    }

    /// Looks whether the link is among those that are `usable` still. A packet socket tells when a
    /// link is switched off (packet(7)), not when a cable is pulled or an access point ends.
    pub(super) fn note_went_down(&mut self, usable: &BTreeSet<u32>) {
        self.went_down |= self.was_usable && !usable.contains(&self.index);
    }

    /// How well the link was watched up to now; `unkept` frames could not be put on record.
    pub(super) fn watch(&mut self, unkept: u32) -> LinkCapture {
        self.lost = self.lost.saturating_add(self.socket.as_ref().map_or(0, PacketSocket::lost));
        LinkCapture {
            link: self.name.clone(),
            sees_frames: self.socket.is_some(),
            went_down: self.went_down,
            lost: self.lost.saturating_add(unkept),
            withheld: self.withheld,
        }
    }
}

/// The lane on which a question needs room.
pub(super) fn lane(
    links: &[WatchedLink],
    gateways: &BTreeMap<(IfName, IpAddr), Mac>,
    task: &ProbeTask,
) -> SendLane {
    let link = links.iter().find(|link| task.link.as_ref() == Some(&link.name))?;
    let knows = |gateway| gateways.contains_key(&(link.name.clone(), gateway));
    let knows_gateway = task.question.gateway().is_some_and(knows);
    let is_group = link.socket.is_some() && task.question.is_group(knows_gateway);
    Some((link.name.clone(), is_group))
}

/// Sends a frame, and returns what goes on record.
pub(super) fn send(
    link: &mut WatchedLink,
    witness: &mut Witness,
    untested: &mut BTreeSet<CollectionGap>,
    outgoing: OutgoingFrame,
) -> Vec<Observation> {
    let Some(socket) = &link.socket else { return Vec::new() };
    if let Err(error) = socket.send(&outgoing.frame) {
        untested.insert(CollectionGap {
            what: format!("some questions on {}", link.name),
            why: format!("the kernel did not take the frame: {error}"),
        });
        return Vec::new();
    }
    if let Some(first) = outgoing.observations.first() {
        *link.frames_sent.entry(kind_name(&first.kind)).or_default() += 1;
        if let Some(sent) = outgoing.sent {
            witness.note_sent(sent, first.clone());
        }
    }
    outgoing.observations
}

/// What a frame is called in the account of what was sent.
const fn kind_name(kind: &ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Neighbour { .. } => "arp or nd",
        ProbeKind::OwnAddress => "arp probe",
        ProbeKind::Udp => "udp",
        ProbeKind::Echo | ProbeKind::RoutedEcho => "icmp echo",
        ProbeKind::Broadcast => "broadcast",
        ProbeKind::Multicast => "multicast",
        ProbeKind::Bounce => "bounce",
        _ => "other",
    }
}
