//! What a probe on the wire is called in an observation, and the other way round.

use pontoon_model::observation::{FrameDestination, ProbeKind};

use crate::probe_token::WireProbe;

/// What a token's probe is called in an observation.
#[must_use]
pub const fn kind_of(probe: WireProbe) -> Option<ProbeKind> {
    Some(match probe {
        WireProbe::NeighbourGroup => ProbeKind::Neighbour { cast: FrameDestination::Group },
        WireProbe::NeighbourUnicast => ProbeKind::Neighbour { cast: FrameDestination::Unicast },
        WireProbe::Udp => ProbeKind::Udp,
        WireProbe::Echo => ProbeKind::Echo,
        WireProbe::Broadcast => ProbeKind::Broadcast,
        WireProbe::Multicast => ProbeKind::Multicast,
        WireProbe::RoutedUdp => ProbeKind::RoutedUdp,
        WireProbe::Bounce => ProbeKind::Bounce,
        // How large it was, or to which port it went, is not in the token.
        WireProbe::Size | WireProbe::Port => return None,
    })
}

/// The probe that an observation's kind is made by, if it carries a token.
#[must_use]
pub const fn probe_of(kind: &ProbeKind) -> Option<WireProbe> {
    Some(match kind {
        ProbeKind::Neighbour { cast: FrameDestination::Group } => WireProbe::NeighbourGroup,
        ProbeKind::Neighbour { cast: FrameDestination::Unicast } => WireProbe::NeighbourUnicast,
        ProbeKind::Udp => WireProbe::Udp,
        ProbeKind::Echo => WireProbe::Echo,
        ProbeKind::Broadcast => WireProbe::Broadcast,
        ProbeKind::Multicast => WireProbe::Multicast,
        ProbeKind::RoutedUdp => WireProbe::RoutedUdp,
        ProbeKind::Bounce => WireProbe::Bounce,
        ProbeKind::Size { .. } => WireProbe::Size,
        ProbeKind::UdpPort { .. } => WireProbe::Port,
        _ => return None,
    })
}
