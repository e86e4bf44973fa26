//! Questions that an agent is asked to put, and the machines that put them.
//!
//! Every machine takes a template [`Observation`] with run, host, peer, link and family filled
//! in, and reports what it `sent` and what was `answered`. Where the template has a `link`, its
//! packets leave by that link only; where it has an `asked_link` alone, the kernel's routes decide
//! and the record carries that label. Rounds count from the template's.

use std::net::{IpAddr, SocketAddr};

use pontoon_model::observation::{DnsQuery, Observation, ProbeKind};
use serde::{Deserialize, Serialize};

use crate::machine::ProbeMachine;
use datagram::{DatagramProbe, ExpectedReply};
use dns::DnsProbe;
use echo::EchoProbe;
use internet::InternetProbe;
use path_mtu::PathMtuProbe;
use portal::PortalProbe;
use probe_context::ProbeContext;
use retry::RetryPace;
use sntp::{SntpProbe, WallClockReading};
use tcp::TcpProbe;
use traceroute::TracerouteProbe;

pub use dns::{DnsName, NotDnsName};
pub use payload::ProbePayload;
pub use portal::{NotAPage, OwnPage, PortalPage};
pub use traceroute::TracerouteProtocol;

pub(crate) mod probe_context;
mod datagram;
mod dns;
mod echo;
mod internet;
mod traceroute;
mod path_mtu;
mod payload;
mod portal;
pub mod port_probes;
mod sntp;
mod tcp;
mod parallel;
mod retry;

/// The time server that is asked by default: the name that Debian and Raspberry Pi OS, the hosts
/// this is for, ask anyway (systemd-timesyncd).
pub const DEFAULT_NTP: &str = "2.debian.pool.ntp.org";

/// A question, with all it takes to put it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ProbeSpec {
    /// ICMP echo as `ping` sends it, until one is answered ([`ProbeKind::RoutedEcho`]).
    RoutedEcho {
        /// Whom.
        to: IpAddr,
        /// Tries at most; 60 are the limit.
        tries: u16,
        /// Milliseconds between two.
        every_ms: u32,
    },
    /// UDP to the reflector of the peer's agent, as any program sends it, until it is answered
    /// ([`ProbeKind::RoutedUdp`]).
    RoutedUdp {
        /// The reflector.
        to: SocketAddr,
        /// What, the same in every try.
        payload: ProbePayload,
        /// What the answer is, to the byte; any datagram from `to` if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<ProbePayload>,
        /// Tries at most; 60 are the limit.
        tries: u16,
        /// Milliseconds between two.
        every_ms: u32,
    },
    /// The TTL ladder ([`ProbeKind::Hop`]): rungs 1.1 s apart, silent ones twice.
    Ladder {
        /// Whom; the port matters for UDP only.
        to: SocketAddr,
        /// TTLs, in this order; 8 at most.
        ttls: Vec<u8>,
        /// UDP or echo.
        #[serde(default)]
        vehicle: TracerouteProtocol,
        /// What is carried.
        #[serde(default)]
        payload: ProbePayload,
    },
    /// A TCP connection ([`ProbeKind::Tcp`]).
    Tcp {
        /// Whom.
        to: SocketAddr,
        /// Tries at most, until one is open or closed.
        #[serde(default = "once")]
        tries: u16,
    },
    /// A UDP port of a peer, whose agent listens there ([`ProbeKind::UdpPort`]).
    UdpPort {
        /// Whom.
        to: SocketAddr,
        /// What, the same in every try.
        payload: ProbePayload,
        /// Tries at most.
        tries: u16,
        /// Milliseconds between two.
        every_ms: u32,
    },
    /// The user's own echo server ([`ProbeKind::UdpPort`], and [`ProbeKind::Tcp`] beside it).
    UdpPorts {
        /// Whom.
        to: IpAddr,
        /// UDP ports, such as [`port_probes::udp_ports`]; 16 at most.
        udp: Vec<u16>,
        /// TCP ports, such as [`port_probes::TCP`]; 16 at most.
        tcp: Vec<u16>,
    },
    /// Path MTU ([`ProbeKind::Size`]): the size given, and smaller ones only if it fails.
    PathMtu {
        /// An echo server, or the reflector of the peer's agent.
        to: SocketAddr,
        /// The link's MTU: length of the first IP packet; from 1,200 to 9,216.
        from_bytes: u32,
        /// What each datagram begins with.
        #[serde(default)]
        payload_prefix: ProbePayload,
    },
    /// One DNS query ([`ProbeKind::Dns`]) for addresses of the template's family.
    Dns {
        /// The server.
        server: SocketAddr,
        /// What it is for.
        query: DnsQuery,
        /// The name; not given = a random one under `.invalid`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<DnsName>,
    },
    /// A check page at a known address ([`ProbeKind::Portal`]).
    Portal {
        /// Its server.
        to: SocketAddr,
        /// The page.
        page: PortalPage,
    },
    /// The time ([`ProbeKind::Clock`]).
    Sntp {
        /// The server.
        server: SocketAddr,
    },
    /// DNS, then check page and time at the addresses found.
    Internet {
        /// DNS servers; 3 at most.
        servers: Vec<IpAddr>,
        /// The check page.
        portal: PortalPage,
        /// The time server's name.
        ntp: DnsName,
    },
}

/// Makes the machine that puts a question.
///
/// `unix_s` is what this host's wall clock shows now; `random` differs for every machine: ids,
/// nonces and names come from it.
#[must_use]
pub fn machine(
    ask: &ProbeSpec,
    template: Observation,
    unix_s: i64,
    random: u64,
) -> Box<dyn ProbeMachine> {
    match ask {
        ProbeSpec::RoutedEcho { to, tries, every_ms } => {
            let pace = pace(*tries, *every_ms);
            Box::new(EchoProbe::new(template, *to, pace, random))
        }
        ProbeSpec::RoutedUdp { to, payload, answer, tries, every_ms } => {
            let expected = match answer {
                Some(answer) => ExpectedReply::Exactly(answer.as_slice().to_vec()),
                None => ExpectedReply::Any,
            };
            let (asker, payload) = (ProbeContext::new(template), payload.as_slice().to_vec());
            let pace = pace(*tries, *every_ms);
            Box::new(DatagramProbe::new(asker, ProbeKind::RoutedUdp, *to, payload, expected, pace))
        }
        ProbeSpec::Ladder { to, ttls, vehicle, payload } => Box::new(TracerouteProbe::new(
            template,
            *to,
            *vehicle,
            ttls,
            payload.as_slice().to_vec(),
        )),
        ProbeSpec::Tcp { to, tries } => {
            Box::new(TcpProbe::new(ProbeContext::new(template), *to, 0, *tries))
        }
        ProbeSpec::UdpPort { to, payload, tries, every_ms } => {
            let (asker, payload) = (ProbeContext::new(template), payload.as_slice().to_vec());
            let (kind, pace) = (ProbeKind::UdpPort { port: to.port() }, pace(*tries, *every_ms));
            Box::new(DatagramProbe::new(asker, kind, *to, payload, ExpectedReply::Any, pace))
        }
        ProbeSpec::UdpPorts { to, udp, tcp } => {
            Box::new(port_probes::ask(&template, *to, udp, tcp, random))
        }
        ProbeSpec::PathMtu { to, from_bytes, payload_prefix } => {
            let prefix = payload_prefix.as_slice().to_vec();
            Box::new(PathMtuProbe::new(template, *to, *from_bytes, prefix))
        }
        ProbeSpec::Dns { server, query, name } => {
            let name = name.clone().unwrap_or_else(|| DnsName::random_invalid(random));
            Box::new(DnsProbe::new(ProbeContext::new(template), *server, *query, name, random))
        }
        ProbeSpec::Portal { to, page } => {
            let (asker, clock) = (ProbeContext::new(template), WallClockReading::new(unix_s));
            Box::new(PortalProbe::new(asker, *to, page.clone(), clock, random))
        }
        ProbeSpec::Sntp { server } => {
            let (asker, clock) = (ProbeContext::new(template), WallClockReading::new(unix_s));
            Box::new(SntpProbe::new(asker, *server, clock, random))
        }
        ProbeSpec::Internet { servers, portal, ntp } => {
            let page = portal.clone();
            Box::new(InternetProbe::new(template, servers, page, ntp, unix_s, random))
        }
    }
}

const fn once() -> u16 {
    1
}

/// Tries of an echo or a datagram.
fn pace(count: u16, every_ms: u32) -> RetryPace {
    let window_ms = EchoProbe::WINDOW_MS;
    RetryPace { count, delay_ms: 0, every_ms: u64::from(every_ms), window_ms }
}

#[cfg(test)]
mod tests;
