//! The links an agent watches, and what leaves by them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;

use pontoon_model::facts::Watch;
use pontoon_model::net::{IfName, Mac};
use pontoon_model::observation::{Kind, Observation};
use pontoon_model::snapshot::{Link, Snapshot, Unread};

use super::agenda::Lane;
use super::launch::Launch;
use crate::budget::{Budget, Load, Rate};
use crate::edge::packet_socket::PacketSocket;
use crate::machine::Moment;
use crate::protocol::{Question, Task};
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
    pub(super) budget: Budget,
    /// Of what the agent answers, apart from what it asks.
    pub(super) answers: Budget,
    /// When there will be room for what the kernel is to send: until then it has the first turn.
    pub(super) awaited: Option<Moment>,
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
        let rate = Rate::of(link, snapshot);
        let watched = Self {
            name: link.name.clone(),
            index: link.index,
            number,
            mac: link.mac.unwrap_or(Mac::ZERO),
            socket,
            budget: Budget::new(rate),
            answers: Budget::new(rate),
            awaited: None,
            frames_sent: BTreeMap::new(),
            was_usable: link.is_usable(),
            went_down: false,
            lost: 0,
            withheld: 0,
        };
        (watched, error)
    }

    /// Takes room for what leaves. Nobody overtakes what the kernel is to send.
    pub(super) fn take(&mut self, now: Moment, load: Load) -> Result<(), Moment> {
        match self.awaited.filter(|at| *at > now) {
            Some(at) => Err(at),
            None => self.budget.take(now, load),
        }
    }

    /// Notes that what was taken from the budgets has left by now.
    pub(super) fn left_by(&mut self, now: Moment) {
        self.budget.left_by(now);
        self.answers.left_by(now);
    }

    /// Looks whether the link is among those that are `usable` still. A packet socket tells when a
    /// link is switched off (packet(7)), not when a cable is pulled or an access point ends.
    pub(super) fn look_again(&mut self, usable: &BTreeSet<u32>) {
        self.went_down |= self.was_usable && !usable.contains(&self.index);
    }

    pub(super) fn watch(&mut self) -> Watch {
        self.lost = self.lost.saturating_add(self.socket.as_ref().map_or(0, PacketSocket::lost));
        Watch {
            link: self.name.clone(),
            sees_frames: self.socket.is_some(),
            went_down: self.went_down,
            lost: self.lost,
            withheld: self.withheld,
        }
    }
}

/// What a question needs room on.
pub(super) fn lane(
    links: &[WatchedLink],
    gateways: &BTreeMap<(IfName, IpAddr), Mac>,
    task: &Task,
) -> Lane {
    let link = links.iter().find(|link| task.link.as_ref() == Some(&link.name))?;
    let is_group = match &task.question {
        _ if link.socket.is_none() => false,
        Question::Broadcast { .. } | Question::Multicast { .. } | Question::OwnAddress { .. } => {
            true
        }
        Question::Neighbour { to_mac, .. } => to_mac.is_none(),
        Question::Control { gateway, .. } => !gateways.contains_key(&(link.name.clone(), *gateway)),
        _ => false,
    };
    Some((link.name.clone(), is_group))
}

/// Sends a frame, and returns what goes on record.
pub(super) fn send(
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
