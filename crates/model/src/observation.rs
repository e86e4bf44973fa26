//! One question put to the network, or one frame seen: the atom of all evidence.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::HostName;
use crate::net::{IfName, IpFamily, Mac, TextParseError, as_text};
use crate::untrusted::Untrusted;

/// Something that one host sent, or that came in there.
///
/// A question that nobody asked has no observation, and is never "no". A miss is a `sent` at one
/// end without an `arrived` at the other end's record of the same run; the two are joined on
/// (run, asker, asker's link, peer, family, round, kind), never on clocks.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Observation {
    /// The run.
    pub run: RunId,
    /// Who saw it: the asker of `sent` and `answered`, the receiver of `arrived`.
    pub host: HostName,
    /// The other host, when it takes part in the run: whom was asked, or who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<HostName>,
    /// The address that was asked, that asked, or that answered. None for group frames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The link of `host` at which it left or came in. None where the kernel routed it and did
    /// not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<IfName>,
    /// The link of the asker by which the question left; on `sent` it equals `link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_link: Option<IfName>,
    /// IPv4 (with ARP) or IPv6 (with ND).
    pub family: IpFamily,
    /// Left, arrived or came back.
    pub direction: ObservedEvent,
    /// The round, from 1. Questions outside the rounds count their tries.
    pub round: u16,
    /// Milliseconds since this host's run began.
    pub at_ms: u32,
    /// Source MAC address of the frame that came in, where a packet socket saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_mac: Option<Mac>,
    /// TTL or hop limit of the packet that came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u8>,
    /// Whether the frame that came in was addressed to this host alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cast: Option<FrameDestination>,
    /// What was asked.
    pub kind: ProbeKind,
    /// What came back; on `answered` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ProbeAnswer>,
}

impl Observation {
    /// A question of the first round, with nothing known of it but who asks what.
    #[must_use]
    pub const fn sent(run: RunId, host: HostName, family: IpFamily, kind: ProbeKind) -> Self {
        Self {
            run,
            host,
            peer: None,
            address: None,
            link: None,
            asked_link: None,
            family,
            direction: ObservedEvent::Sent,
            round: 1,
            at_ms: 0,
            source_mac: None,
            ttl: None,
            cast: None,
            kind,
            answer: None,
        }
    }
}

/// Which way.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ObservedEvent {
    /// It left `host`.
    Sent,
    /// It reached `host`, before any packet filter of that host.
    Arrived,
    /// Something came back to `host`, the asker.
    Answered,
}

/// To whom a frame is addressed at layer 2.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum FrameDestination {
    /// One host.
    Unicast,
    /// Broadcast or multicast.
    Group,
}

/// What was asked.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum ProbeKind {
    /// "Who has this address?": ARP request (RFC 826) or neighbour solicitation (RFC 4861), to
    /// all or to one MAC. Put to peers, and to the gateway as the control of a leg.
    Neighbour {
        /// To whom the frame went.
        cast: FrameDestination,
    },
    /// Is my own address in use elsewhere? An ARP probe (RFC 5227, section 2.1.1). Answered by
    /// another's `source_mac` = duplicate.
    OwnAddress,
    /// UDP in a frame to the peer's own MAC, which its agent gave: answered by the agent through
    /// the peer's own network stack.
    Udp,
    /// ICMP echo in a frame to the peer's own MAC: answered by the peer's kernel.
    Echo,
    /// UDP to 255.255.255.255 or `ff02::1`.
    Broadcast,
    /// UDP to 224.0.0.251 (the group of mDNS, RFC 6762), or `ff02::fb`.
    Multicast,
    /// UDP to the peer's address as any program would send it: routes, ARP, packet filters apply.
    RoutedUdp,
    /// ICMP echo to an address as `ping` would send it. The gateway's is a control.
    RoutedEcho,
    /// UDP to the peer's address in a frame to the gateway's MAC: only by `--bounce`.
    Bounce,
    /// UDP with this TTL toward an address; an ICMP time exceeded comes from the hop.
    Hop {
        /// The TTL sent.
        ttl: u8,
    },
    /// A TCP connection; with a `peer` that has an agent, to a port on which somebody listens.
    Tcp {
        /// The port.
        port: u16,
    },
    /// An ordinary UDP datagram to an echo server of the user (`--server`), or to a peer whose agent
    /// listens there.
    UdpPort {
        /// The port.
        port: u16,
    },
    /// A UDP or ICMP packet of this size that may not be fragmented.
    Size {
        /// Length of the IP packet in bytes.
        bytes: u32,
    },
    /// A DNS query.
    Dns {
        /// Which one.
        query: DnsQuery,
    },
    /// An HTTP request to a connectivity-check page.
    Portal {
        /// The page.
        url: Untrusted,
    },
    /// What time is it?
    Clock {
        /// By which protocol.
        source: ClockSource,
    },
}

impl ProbeKind {
    /// The number by which the token in a packet names its kind (docs/decisions/006); `None` for
    /// packets without a token. Hosts of one run agree on it, so a number is never used again.
    #[must_use]
    pub const fn token_code(&self) -> Option<u8> {
        Some(match self {
            Self::Neighbour { cast: FrameDestination::Group } => 1,
            Self::Neighbour { cast: FrameDestination::Unicast } => 2,
            Self::Udp => 3,
            Self::Echo => 4,
            Self::Broadcast => 5,
            Self::Multicast => 6,
            Self::RoutedUdp => 7,
            Self::Bounce => 8,
            Self::Size { .. } => 9,
            Self::UdpPort { .. } => 10,
            _ => return None,
        })
    }

    /// The kind with this number, in a packet of that length to that port: what the token does
    /// not say is read from the packet. `None` where the packet does not tell it either.
    #[must_use]
    pub fn from_token_code(code: u8, packet_bytes: Option<u32>, port: Option<u16>) -> Option<Self> {
        Some(match code {
            1 => Self::Neighbour { cast: FrameDestination::Group },
            2 => Self::Neighbour { cast: FrameDestination::Unicast },
            3 => Self::Udp,
            4 => Self::Echo,
            5 => Self::Broadcast,
            6 => Self::Multicast,
            7 => Self::RoutedUdp,
            8 => Self::Bounce,
            9 => Self::Size { bytes: packet_bytes? },
            10 => Self::UdpPort { port: port? },
            _ => return None,
        })
    }
}

/// Which DNS query.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum DnsQuery {
    /// A name that exists.
    Known,
    /// A random name under `.invalid`, which must not exist (RFC 6761, section 6.4).
    Invalid,
    /// To an address of ours on which nothing answers DNS: an answer shows interception.
    NoServer,
}

/// Who tells the time.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ClockSource {
    /// SNTP (RFC 4330).
    Sntp,
    /// The `Date` header of an HTTP answer.
    HttpDate,
}

/// What came back.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum ProbeAnswer {
    /// What was hoped for: ARP reply, echo reply, the agent's UDP answer, a TCP connection.
    Reply,
    /// An ICMP error.
    Icmp {
        /// ICMP or `ICMPv6` type.
        #[serde(rename = "type")]
        kind: u8,
        /// Its code.
        code: u8,
        /// Who sent it.
        from: IpAddr,
    },
    /// A TCP reset: the port is closed, or a filter says so.
    Reset,
    /// This host's own kernel refused to send.
    Refused {
        /// The errno, such as 101 for ENETUNREACH.
        errno: i32,
    },
    /// A DNS answer.
    Dns {
        /// RCODE: 0 no error, 2 server failure, 3 no such name, 5 refused.
        rcode: u16,
        /// The addresses in it (16 at most).
        addresses: Vec<IpAddr>,
    },
    /// An HTTP answer.
    Http {
        /// Its status.
        status: u16,
        /// Where a redirect points.
        location: Option<Untrusted>,
        /// Whether status and body are exactly what the page should say.
        is_expected: bool,
    },
    /// The time.
    Clock {
        /// The source's time minus this host's, in seconds.
        offset_s: i64,
    },
    /// Something that is none of these.
    Garbage {
        /// What, in a few words.
        what: Untrusted,
    },
}

/// The name of one run: what ties the records of several hosts together.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for RunId {
    type Err = TextParseError;

    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let is_digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digits = Some(text).filter(|text| text.len() == 16).filter(is_digits);
        digits
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(Self)
            .ok_or_else(|| TextParseError::new(text, "a run: 16 hexadecimal digits"))
    }
}

as_text!(RunId, "RunId", "^[0-9a-f]{16}$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_again_by_its_code() {
        for code in 0..=u8::MAX {
            let kind = ProbeKind::from_token_code(code, Some(1_500), Some(6443));
            assert_eq!(
                kind.as_ref().map(ProbeKind::token_code),
                kind.is_some().then_some(Some(code))
            );
        }
        assert_eq!(ProbeKind::from_token_code(9, None, Some(1)), None);
    }

    #[test]
    fn a_run_is_read_as_it_is_printed() {
        let run = RunId(0xb528_1e17_86a7_c2f9);
        assert_eq!(run.to_string().parse(), Ok(run));
        for wrong in ["", "b5281e1786a7c2f", "+5281e1786a7c2f9", "b5281e1786a7c2fg"] {
            assert!(wrong.parse::<RunId>().is_err(), "{wrong}");
        }
    }
}
