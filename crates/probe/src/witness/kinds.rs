//! What a probe on the wire is called in an observation, and the other way round.

use pontoon_model::observation::{Cast, Kind};

use crate::token::Probe;

/// What a token's probe is called in an observation.
#[must_use]
pub const fn kind_of(probe: Probe) -> Option<Kind> {
    Some(match probe {
        Probe::NeighbourGroup => Kind::Neighbour { cast: Cast::Group },
        Probe::NeighbourUnicast => Kind::Neighbour { cast: Cast::Unicast },
        Probe::Udp => Kind::Udp,
        Probe::Echo => Kind::Echo,
        Probe::Broadcast => Kind::Broadcast,
        Probe::Multicast => Kind::Multicast,
        Probe::RoutedUdp => Kind::RoutedUdp,
        Probe::Bounce => Kind::Bounce,
        // How large it was, or to which port it went, is not in the token.
        Probe::Size | Probe::Port => return None,
    })
}

/// The probe that an observation's kind is made by, if it carries a token.
#[must_use]
pub const fn probe_of(kind: &Kind) -> Option<Probe> {
    Some(match kind {
        Kind::Neighbour { cast: Cast::Group } => Probe::NeighbourGroup,
        Kind::Neighbour { cast: Cast::Unicast } => Probe::NeighbourUnicast,
        Kind::Udp => Probe::Udp,
        Kind::Echo => Probe::Echo,
        Kind::Broadcast => Probe::Broadcast,
        Kind::Multicast => Probe::Multicast,
        Kind::RoutedUdp => Probe::RoutedUdp,
        Kind::Bounce => Probe::Bounce,
        Kind::Size { .. } => Probe::Size,
        Kind::UdpPort { .. } => Probe::Port,
        _ => return None,
    })
}
