//! Questions that take several packets, or that the kernel has to send.

use pontoon_model::net::IfName;
use pontoon_model::observation::{Observation, ProbeKind};
use pontoon_model::port::TransportProtocol;
use pontoon_model::snapshot::CollectionGap;

use super::frame_builder::{SenderContext, sent_observation};
use crate::edge::clock::unix_s;
use crate::machine::{ProbeMachine, RunInstant};
use crate::probe_token::{ProbeToken, TokenHeader, WireProbe, payload};
use crate::probes::{self, ProbePayload, ProbeSpec};
use crate::protocol::{Question, Task};

/// Between two tries of a question that the kernel routes: a router sends one ICMP error a second
/// to one host (`net.ipv4.icmp_ratelimit`).
const EVERY_MS: u32 = 1100;

/// Makes the machine that puts a question; `None` when a frame does it better.
///
/// Where the link has no packet socket (`sees_frames` is false), the kernel sends in its place:
/// its routes and caches then have a say, and the record says `routed`.
pub(super) fn machine(
    task: &Task,
    asker: &SenderContext<'_>,
    leg: Option<&(IfName, u8)>,
    sees_frames: bool,
    now: RunInstant,
) -> Option<Box<dyn ProbeMachine>> {
    let number = leg.map(|(_, number)| *number);
    let carried =
        |probe| ProbePayload::new(payload(&token(asker, probe, number, task.round)).to_vec());
    let link = task.link.as_ref();
    let label = Observation {
        link: None,
        ..sent_observation(asker, task, link, ProbeKind::RoutedUdp, None, now)
    };
    let bound = Observation { link: link.cloned(), ..label.clone() };
    let routed_udp = |to, tries| {
        let payload = carried(WireProbe::RoutedUdp)?;
        Some(ProbeSpec::RoutedUdp { to, payload, answer: None, tries, every_ms: EVERY_MS })
    };
    let echo = |to| ProbeSpec::RoutedEcho { to, tries: 1, every_ms: EVERY_MS };
    let (ask, template) = match &task.question {
        Question::RoutedUdp { to, tries } => (routed_udp(*to, *tries)?, label),
        Question::PathMtu { to, bytes } => {
            let payload_prefix = carried(WireProbe::Size)?;
            (ProbeSpec::PathMtu { to: *to, from_bytes: *bytes, payload_prefix }, bound)
        }
        Question::Port { to, transport: TransportProtocol::Tcp, tries } => {
            (ProbeSpec::Tcp { to: *to, tries: *tries }, bound)
        }
        Question::Port { to, transport: TransportProtocol::Udp, tries } => {
            let payload = carried(WireProbe::Port)?;
            (ProbeSpec::UdpPort { to: *to, payload, tries: *tries, every_ms: EVERY_MS }, bound)
        }
        Question::Several { ask } => (ask.clone(), bound),
        Question::Udp { to, .. } if !sees_frames => (routed_udp(*to, 1)?, bound),
        Question::Echo { to, .. } if !sees_frames => (echo(*to), bound),
        Question::Control { gateway, .. } if !sees_frames => (echo(*gateway), bound),
        _ => return None,
    };
    let random = u64::from_be_bytes(
        ProbeToken::new(header(asker, WireProbe::Size, number, 0), asker.keys).proof,
    ) ^ now.0.rotate_left(32)
        ^ u64::from(task.round) << 16
        ^ u64::from(task.at_ms);
    Some(probes::machine(&ask, template, unix_s(), random))
}

/// What is said of a question that cannot be put without a packet socket.
pub(super) fn untested(task: &Task) -> CollectionGap {
    let what = match &task.question {
        Question::OwnAddress { .. } => "whether another host uses the same address",
        Question::Broadcast { .. } | Question::Multicast { .. } => "whether group frames pass",
        Question::Bounce { .. } => "the detour over the gateway",
        _ => "ARP and ND",
    };
    let on = task.link.as_ref().map_or_else(String::new, |link| format!(" on {link}"));
    CollectionGap { what: format!("{what}{on}"), why: "it takes CAP_NET_RAW".to_owned() }
}

fn token(asker: &SenderContext<'_>, probe: WireProbe, link: Option<u8>, round: u16) -> ProbeToken {
    ProbeToken::new(header(asker, probe, link, round), asker.keys)
}

/// Link 255: by no link in particular.
fn header(
    asker: &SenderContext<'_>,
    probe: WireProbe,
    link: Option<u8>,
    round: u16,
) -> TokenHeader {
    TokenHeader { seat: asker.seat, link: link.unwrap_or(u8::MAX), probe, is_answer: false, round }
}
