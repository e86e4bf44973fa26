//! From a question to frames: pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Mac};
use pontoon_model::observation::{FrameDestination, Observation, ProbeKind, RunId};

use crate::frame::write::{self, FrameAddresses};
use crate::machine::RunInstant;
use crate::probe_token::{self, AgentKeys, ProbeToken, TokenHeader};
use crate::probes::ProbeQuestion;
use crate::round_schedule::ProbeTask;
use crate::witness::ReplyKey;

/// The port to which group frames go, discard (RFC 863): a witness sees the frame, and no program
/// has to listen.
const GROUP_PORT: u16 = 9;
/// The group of mDNS (RFC 6762, section 3).
const MDNS_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// The same over IPv6.
const MDNS_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
/// All nodes on the link (RFC 4291, section 2.7.1).
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// The host that sends, and what signs its packets.
#[derive(Clone, Copy, Debug)]
pub struct SenderContext<'a> {
    /// The id of the run.
    pub run: RunId,
    /// This host, as the run calls it.
    pub host: &'a HostName,
    /// The number of this host in the run.
    pub number: u16,
    /// The keys that make its tokens.
    pub keys: &'a AgentKeys,
}

impl SenderContext<'_> {
    /// The token of a packet of this kind, which has a code.
    pub(super) fn token(&self, kind: &ProbeKind, link: u8, round: u16) -> ProbeToken {
        let code = kind.token_code().unwrap_or_default();
        let header = TokenHeader { sender: self.number, link, code, is_answer: false, round };
        ProbeToken::new(header, self.keys)
    }
}

/// The link by which a question leaves.
#[derive(Clone, Copy, Debug)]
pub struct EgressLink<'a> {
    /// Name of the link on this host.
    pub name: &'a IfName,
    /// Its place in the list of watched links.
    pub number: u8,
    /// MAC address that frames are sent from.
    pub mac: Mac,
}

/// A frame ready to leave, and what goes on record when it does.
#[derive(Clone, Debug)]
pub struct OutgoingFrame {
    /// Bytes from the Ethernet header on.
    pub frame: Vec<u8>,
    /// Whether it goes to more than one host.
    pub is_group: bool,
    /// How its answer will be recognised.
    pub sent: Option<ReplyKey>,
    /// What was asked; group frames ask several hosts at once.
    pub observations: Vec<Observation>,
}

/// Makes source ports and ICMP identifiers that nothing used before.
pub type FlowIdSource<'a> = &'a mut dyn FnMut() -> u16;

/// Makes the frames of a question. Empty where it cannot be put as a frame, such as between
/// families.
///
/// `gateway_mac` is what is known of the gateway in the question, if it is about one.
pub fn build_frames(
    task: &ProbeTask,
    sender: &SenderContext<'_>,
    link: &EgressLink<'_>,
    gateway_mac: Option<Mac>,
    now: RunInstant,
    fresh: FlowIdSource<'_>,
) -> Vec<OutgoingFrame> {
    let builder = FrameBuilder { task, sender, link, now };
    match &task.question {
        ProbeQuestion::Neighbour { from, target, to_mac } => {
            builder.neighbour(*from, *target, *to_mac).into_iter().collect()
        }
        ProbeQuestion::OwnAddress { address } => {
            builder.own_address(*address).into_iter().collect()
        }
        ProbeQuestion::Udp { from, to, to_mac } => {
            vec![builder.udp(ProbeKind::Udp, *from, *to, *to_mac, fresh())]
        }
        ProbeQuestion::Bounce { from, to, .. } => gateway_mac
            .map(|mac| builder.udp(ProbeKind::Bounce, *from, *to, mac, fresh()))
            .into_iter()
            .collect(),
        ProbeQuestion::Echo { from, to, to_mac } => {
            vec![builder.echo(ProbeKind::Echo, *from, *to, *to_mac, fresh())]
        }
        ProbeQuestion::Broadcast { from, peers } => {
            let (to, mac) = match from {
                IpAddr::V4(_) => (IpAddr::V4(Ipv4Addr::BROADCAST), Mac::BROADCAST),
                IpAddr::V6(_) => (IpAddr::V6(ALL_NODES), group_mac_v6(ALL_NODES)),
            };
            vec![builder.group(&ProbeKind::Broadcast, *from, (to, mac), peers, fresh())]
        }
        ProbeQuestion::Multicast { from, peers } => {
            let (to, mac) = match from {
                // RFC 1112, section 6.4: the low 23 bits of the group.
                IpAddr::V4(_) => (IpAddr::V4(MDNS_V4), Mac([1, 0, 0x5e, 0, 0, 251])),
                IpAddr::V6(_) => (IpAddr::V6(MDNS_V6), group_mac_v6(MDNS_V6)),
            };
            vec![builder.group(&ProbeKind::Multicast, *from, (to, mac), peers, fresh())]
        }
        ProbeQuestion::Control { from, gateway } => {
            let mut frames: Vec<_> =
                builder.neighbour(*from, *gateway, gateway_mac).into_iter().collect();
            if let Some(mac) = gateway_mac {
                frames.push(builder.echo(ProbeKind::RoutedEcho, *from, *gateway, mac, fresh()));
            }
            frames
        }
        // Put by a machine.
        _ => Vec::new(),
    }
}

struct FrameBuilder<'a> {
    task: &'a ProbeTask,
    sender: &'a SenderContext<'a>,
    link: &'a EgressLink<'a>,
    now: RunInstant,
}

impl FrameBuilder<'_> {
    fn neighbour(
        &self,
        from: IpAddr,
        target: IpAddr,
        to_mac: Option<Mac>,
    ) -> Option<OutgoingFrame> {
        let cast =
            if to_mac.is_some() { FrameDestination::Unicast } else { FrameDestination::Group };
        let kind = ProbeKind::Neighbour { cast };
        let token = self.token(&kind);
        let own = self.link.mac;
        let frame = match (from, target) {
            (IpAddr::V4(from), IpAddr::V4(target)) => {
                let to_mac = to_mac.unwrap_or(Mac::BROADCAST);
                write::arp_request(own, to_mac, from, target, Some(&token))
            }
            (IpAddr::V6(_), IpAddr::V6(target)) => {
                let group = solicited_node(target);
                let to = if to_mac.is_some() { target } else { group };
                let to_mac = to_mac.unwrap_or_else(|| group_mac_v6(group));
                let ends = FrameAddresses { from_mac: own, to_mac, from, to: IpAddr::V6(to) };
                write::solicitation(&ends, target, &token)?
            }
            _ => return None,
        };
        Some(OutgoingFrame {
            frame,
            is_group: cast == FrameDestination::Group,
            sent: Some(ReplyKey::Neighbour(target)),
            observations: vec![self.observation(kind, Some(target))],
        })
    }

    /// An ARP probe: sender 0.0.0.0, so that no host's cache changes (RFC 5227, section 2.1.1).
    fn own_address(&self, address: IpAddr) -> Option<OutgoingFrame> {
        let IpAddr::V4(target) = address else { return None };
        let unspecified = Ipv4Addr::UNSPECIFIED;
        Some(OutgoingFrame {
            frame: write::arp_request(self.link.mac, Mac::BROADCAST, unspecified, target, None),
            is_group: true,
            sent: Some(ReplyKey::Neighbour(address)),
            observations: vec![self.observation(ProbeKind::OwnAddress, Some(address))],
        })
    }

    fn udp(
        &self,
        kind: ProbeKind,
        from: IpAddr,
        to: SocketAddr,
        to_mac: Mac,
        port: u16,
    ) -> OutgoingFrame {
        let ends = FrameAddresses { from_mac: self.link.mac, to_mac, from, to: to.ip() };
        OutgoingFrame {
            frame: write::udp(&ends, port, to.port(), &probe_token::payload(&self.token(&kind))),
            is_group: false,
            sent: Some(ReplyKey::Udp(self.task.family, port)),
            observations: vec![self.observation(kind, Some(to.ip()))],
        }
    }

    fn echo(
        &self,
        kind: ProbeKind,
        from: IpAddr,
        to: IpAddr,
        to_mac: Mac,
        id: u16,
    ) -> OutgoingFrame {
        let ends = FrameAddresses { from_mac: self.link.mac, to_mac, from, to };
        let payload = probe_token::payload(&self.token(&ProbeKind::Echo));
        OutgoingFrame {
            frame: write::echo(&ends, id, self.task.round, &payload),
            is_group: false,
            sent: Some(ReplyKey::Echo(self.task.family, id)),
            observations: vec![self.observation(kind, Some(to))],
        }
    }

    fn group(
        &self,
        kind: &ProbeKind,
        from: IpAddr,
        (to, to_mac): (IpAddr, Mac),
        peers: &[HostName],
        port: u16,
    ) -> OutgoingFrame {
        let ends = FrameAddresses { from_mac: self.link.mac, to_mac, from, to };
        let asked = |peer: &HostName| Observation {
            peer: Some(peer.clone()),
            ..self.observation(kind.clone(), None)
        };
        OutgoingFrame {
            frame: write::udp(&ends, port, GROUP_PORT, &probe_token::payload(&self.token(kind))),
            is_group: true,
            sent: None,
            observations: peers.iter().map(asked).collect(),
        }
    }

    fn token(&self, kind: &ProbeKind) -> ProbeToken {
        self.sender.token(kind, self.link.number, self.task.round)
    }

    fn observation(&self, kind: ProbeKind, address: Option<IpAddr>) -> Observation {
        sent_observation(self.sender, self.task, Some(self.link.name), kind, address, self.now)
    }
}

/// What goes on record when a question leaves.
#[must_use]
pub fn sent_observation(
    sender: &SenderContext<'_>,
    task: &ProbeTask,
    link: Option<&IfName>,
    kind: ProbeKind,
    address: Option<IpAddr>,
    now: RunInstant,
) -> Observation {
    Observation {
        peer: task.peer.clone(),
        address,
        link: link.cloned(),
        asked_link: link.cloned(),
        round: task.round,
        at_ms: now.at_ms(),
        ..Observation::sent(sender.run, sender.host.clone(), task.family, kind)
    }
}

/// The solicited-node group of an address (RFC 4291, section 2.7.1).
const fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    let [.., high, low] = address.segments();
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | (high & 0xff), low)
}

/// The MAC of an IPv6 group (RFC 2464, section 7).
const fn group_mac_v6(group: Ipv6Addr) -> Mac {
    let [.., a, b, c, d] = group.octets();
    Mac([0x33, 0x33, a, b, c, d])
}
