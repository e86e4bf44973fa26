//! The links an agent watches.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use pontoon_model::facts::Watch;
use pontoon_model::net::{Family, IfName, Mac};
use pontoon_model::snapshot::{Link, Snapshot};

use crate::budget::{Budget, Rate};
use crate::edge::packet_socket::PacketSocket;

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
        let rate = rate(link, snapshot);
        let watched = Self {
            name: link.name.clone(),
            index: link.index,
            number,
            mac: link.mac.unwrap_or(Mac::ZERO),
            socket,
            budget: Budget::new(rate),
            answers: Budget::new(rate),
            frames_sent: BTreeMap::new(),
            was_usable: link.is_usable(),
            went_down: false,
            lost: 0,
            withheld: 0,
        };
        (watched, error)
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

/// A wire without a gateway is a private switch; everything else is shared with strangers.
pub(super) fn rate(link: &Link, snapshot: &Snapshot) -> Rate {
    let has_gateway = [Family::V4, Family::V6]
        .into_iter()
        .any(|family| snapshot.gateway(&link.name, family).is_some());
    if link.is_radio() || has_gateway { Rate::SHARED } else { Rate::PRIVATE }
}
