//! Which packets of a run were seen: each is put on record once.
//!
//! Anyone on a link can repeat a packet of the run with other addresses around its token, so of one
//! packet only a few variants are remembered: repeated, it fills no memory that others need.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::net::IfName;
use pontoon_model::observation::{Observation, ObservedEvent, ProbeKind};

/// Most packets that are remembered: 50 peers, two links, two families, 20 rounds, 5 kinds.
const PACKETS_MAX: usize = 50_000;
/// Variants of one packet: with the MAC of its host, of a router, of a second router, and of an
/// access point that answers in its place.
const VARIANTS_MAX: usize = 4;
/// Sizes of one packet: more than a path MTU probe tries.
const SIZES_MAX: usize = 32;

/// The packets that were seen.
#[derive(Debug)]
pub(super) struct SeenPackets {
    packets: BTreeMap<Observation, BTreeSet<Observation>>,
    /// Packets that came in when no more could be remembered.
    lost: BTreeMap<IfName, u32>,
}

impl SeenPackets {
    pub(super) const fn new() -> Self {
        Self { packets: BTreeMap::new(), lost: BTreeMap::new() }
    }

    /// How many packets of a link could not be remembered.
    pub(super) fn lost(&self, link: &IfName) -> u32 {
        self.lost.get(link).copied().unwrap_or_default()
    }

    /// Whether a packet tells something new, whenever it was seen; it is remembered from then on.
    pub(super) fn is_new(&mut self, seen: &Observation) -> bool {
        let timeless = Observation { at_ms: 0, ..seen.clone() };
        let packet = packet_of(&timeless);
        let most = match packet.kind {
            ProbeKind::Size { .. } => SIZES_MAX,
            _ => VARIANTS_MAX,
        };
        let count = self.packets.len();
        if let Some(variants) = self.packets.get_mut(&packet) {
            return variants.len() < most && variants.insert(timeless);
        }
        if count < PACKETS_MAX {
            self.packets.insert(packet, BTreeSet::from([timeless]));
            return true;
        }
        if let Some(link) = &seen.link {
            let lost = self.lost.entry(link.clone()).or_default();
            *lost = lost.saturating_add(1);
        }
        false
    }
}

/// What the token says, and the event and the link: without what a repetition can change.
fn packet_of(seen: &Observation) -> Observation {
    let kind = match &seen.kind {
        ProbeKind::Size { .. } => ProbeKind::Size { bytes: 0 },
        kind => kind.clone(),
    };
    // Of an answer it is the address that was asked.
    let address = seen.address.filter(|_| seen.direction != ObservedEvent::Arrived);
    Observation {
        kind,
        address,
        source_mac: None,
        cast: None,
        ttl: None,
        answer: None,
        ..seen.clone()
    }
}
