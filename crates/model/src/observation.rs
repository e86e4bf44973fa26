//! Observations: single probes sent, frames arrived, responses received. All evidence is made of
//! them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::HostName;
use crate::net::{IfName, IpFamily, Mac, TextParseError, as_text};
use crate::untrusted::Untrusted;

/// A probe that one host sent, or a frame or response that it received.
///
/// A probe that was not sent has no observation; its absence never counts as a failure. A loss is a
/// `sent` at one end without an `arrived` in the other end's record of the same run. The two are
/// joined on (run, sender, sender's link, peer, family, round, kind), never on clocks.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Observation {
    /// The id of the run.
    pub run: RunId,
    /// The observing host: the sender for `sent` and `answered`, the receiver for `arrived`.
    pub host: HostName,
    /// The other host, if it takes part in the run: the target of the probe, or its sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<HostName>,
    /// The address of the target, the sender or the responder. Absent for group frames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The link of `host` on which the packet left or arrived. Absent if the kernel routed the
    /// packet and did not report the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<IfName>,
    /// The link on which the sender sent the probe; for `sent` it equals `link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_link: Option<IfName>,
    /// IPv4 (with ARP) or IPv6 (with ND).
    pub family: IpFamily,
    /// What was observed: sent, arrived or answered.
    pub direction: ObservedEvent,
    /// The round, from 1. For probes outside the rounds, the number of the attempt.
    pub round: u16,
    /// Milliseconds since the run began on this host.
    pub at_ms: u32,
    /// Source MAC address of the received frame, if a packet socket captured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_mac: Option<Mac>,
    /// TTL or hop limit of the received packet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u8>,
    /// Whether the received frame was addressed to this host alone or to a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cast: Option<FrameDestination>,
    /// The kind of probe.
    pub kind: ProbeKind,
    /// The response; present for `answered` only.
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

/// The event that an observation reports.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ObservedEvent {
    /// The probe left `host`.
    Sent,
    /// The frame reached `host`; captured before any packet filter of that host.
    Arrived,
    /// A response reached `host`, the sender of the probe.
    Answered,
}

/// The kind of destination address of a frame (layer 2).
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum FrameDestination {
    /// The MAC address of one host.
    Unicast,
    /// The broadcast address or a multicast address.
    Group,
}

/// The kinds of probes.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum ProbeKind {
    /// Neighbour resolution: ARP request (RFC 826) or neighbour solicitation (RFC 4861), to a group
    /// or to one MAC. Sent to peers, and to the gateway as the control of a link.
    Neighbour {
        /// Destination of the frame.
        cast: FrameDestination,
    },
    /// Duplicate-address test: an ARP probe (RFC 5227, section 2.1.1) for the own address. A reply
    /// from another `source_mac` means a duplicate.
    OwnAddress,
    /// UDP in a frame to the peer's MAC, as the peer's agent reported it. The agent answers through
    /// its host's network stack.
    Udp,
    /// ICMP echo in a frame to the peer's MAC; the peer's kernel answers.
    Echo,
    /// UDP to 255.255.255.255 or `ff02::1`.
    Broadcast,
    /// UDP to 224.0.0.251 (the group of mDNS, RFC 6762), or `ff02::fb`.
    Multicast,
    /// UDP to the peer's address as programs send it: routes, ARP and packet filters apply.
    RoutedUdp,
    /// ICMP echo as `ping` sends it. An echo to the gateway is a control.
    RoutedEcho,
    /// UDP to the peer's address in a frame to the gateway's MAC; only with `--bounce`.
    Bounce,
    /// UDP with this TTL, as traceroute sends it: the hop where it expires responds with ICMP.
    Hop {
        /// The TTL of the packet when it leaves.
        ttl: u8,
    },
    /// A TCP connection; to a peer with an agent, to a port on which a service or the agent
    /// listens.
    Tcp {
        /// The destination port.
        port: u16,
    },
    /// An ordinary UDP datagram to the user's echo server (`--server`), or to a peer whose agent
    /// listens on that port.
    UdpPort {
        /// The destination port.
        port: u16,
    },
    /// A UDP or ICMP packet of this size with "don't fragment" set.
    Size {
        /// Length of the IP packet in bytes.
        bytes: u32,
    },
    /// A DNS query to a name server.
    Dns {
        /// The name and server of the query.
        query: DnsQuery,
    },
    /// An HTTP request for a captive-portal check URL.
    Portal {
        /// The requested URL.
        url: Untrusted,
    },
    /// A time query, to measure the clock's offset.
    Clock {
        /// The protocol of the query.
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

/// The kinds of DNS queries.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum DnsQuery {
    /// A name that exists.
    Known,
    /// A random name under `.invalid`, which must not exist (RFC 6761, section 6.4).
    Invalid,
    /// A query to an address that runs no name server: a response shows interception on the path.
    NoServer,
}

/// Protocols that report the time.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ClockSource {
    /// SNTP version 4 (RFC 4330).
    Sntp,
    /// The `Date` header of an HTTP response; its resolution is one second.
    HttpDate,
}

/// The kinds of responses to a probe.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum ProbeAnswer {
    /// The expected response: ARP reply, echo reply, UDP response of an agent, TCP handshake.
    Reply,
    /// An ICMP error message.
    Icmp {
        /// Type of the ICMP or `ICMPv6` message.
        #[serde(rename = "type")]
        kind: u8,
        /// Code of the ICMP or `ICMPv6` message.
        code: u8,
        /// Source address of the ICMP message.
        from: IpAddr,
    },
    /// A TCP reset: the port is closed, or a packet filter rejects.
    Reset,
    /// The kernel of the sending host refused to send.
    Refused {
        /// The errno of the socket call, such as 101 for ENETUNREACH.
        errno: i32,
    },
    /// A DNS response.
    Dns {
        /// RCODE (RFC 1035): 0 no error, 2 server failure, 3 no such name, 5 refused.
        rcode: u16,
        /// Addresses of the answer section (16 at most).
        addresses: Vec<IpAddr>,
    },
    /// An HTTP response.
    Http {
        /// The status code.
        status: u16,
        /// The `Location` header of a redirect.
        location: Option<Untrusted>,
        /// Whether status and body are exactly those of the check page.
        is_expected: bool,
    },
    /// The time of a clock source.
    Clock {
        /// The source's time minus this host's, in seconds.
        offset_s: i64,
    },
    /// A response that does not fit the probe.
    Garbage {
        /// A short description of the response.
        what: Untrusted,
    },
}

/// The id of one run: it joins the records of its hosts.
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
