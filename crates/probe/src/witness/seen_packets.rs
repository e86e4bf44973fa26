//! Which packets of a run were seen: each is put on record once.
//!
//! Anyone on a link can repeat a packet of the run with other addresses around its token, so of one
//! packet only a few variants are remembered: repeated, it fills no memory that others need.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::observation::{Observation, ObservedEvent, ProbeKind};

/// Most packets that are remembered: 50 peers, two links, two families, 20 rounds, 5 kinds.
const PACKETS_MAX: usize = 50_000;
/// Variants of one packet: with the MAC of its host, of a router, of a second router, and of an
/// access point that answers in its place.
const VARIANTS_MAX: usize = 4;
/// Sizes of one packet: more than a path MTU probe tries.
const SIZES_MAX: usize = 32;

/// Whether a packet was seen before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SeenBefore {
    /// It is new, and remembered from now on.
    No,
    /// It was, or so many variants of it that it tells nothing new.
    Yes,
    /// No more can be remembered.
    Unknown,
}

/// The packets that were seen.
#[derive(Debug)]
pub(super) struct SeenPackets(BTreeMap<Observation, BTreeSet<Observation>>);

impl SeenPackets {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Remembers a packet, whenever it was seen.
    pub(super) fn insert(&mut self, seen: &Observation) -> SeenBefore {
        let timeless = Observation { at_ms: 0, ..seen.clone() };
        let packet = packet_of(&timeless);
        let count = self.0.len();
        let Some(variants) = self.0.get_mut(&packet) else {
            if count >= PACKETS_MAX {
                return SeenBefore::Unknown;
            }
            self.0.insert(packet, BTreeSet::from([timeless]));
            return SeenBefore::No;
        };
        let most = match packet.kind {
            ProbeKind::Size { .. } => SIZES_MAX,
            _ => VARIANTS_MAX,
        };
        if variants.len() < most && variants.insert(timeless) {
            SeenBefore::No
        } else {
            SeenBefore::Yes
        }
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
