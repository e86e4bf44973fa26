//! What can be probed: every question that a coordinator has an agent put, and the machines for
//! those that take several packets or that the kernel has to send.
//!
//! What was asked and what came back is recorded as an [`Observation`] with a [`ProbeKind`]: there
//! is no third list of probes. A machine reports what it `sent` and what was `answered`, made from
//! the template in its [`MachineInputs`].

use std::net::{IpAddr, SocketAddr};

use pontoon_model::host::HostName;
use pontoon_model::net::Mac;
use pontoon_model::observation::{DnsQuery, Observation, ProbeKind};
use pontoon_model::port::TransportProtocol;
use serde::{Deserialize, Serialize};

use crate::machine::ProbeMachine;
use internet::InternetProbe;
use path_mtu::PathMtuProbe;
use probe_context::ProbeContext;
use sntp::WallClockReading;
use traceroute::TracerouteProbe;

pub use dns::{DnsName, NotDnsName};
pub use portal::{NotAPage, OwnPage, PortalPage};
pub use traceroute::TracerouteProtocol;

pub(crate) mod probe_context;
mod retry;
mod retried_probe;
mod parallel;
mod datagram;
mod echo;
mod tcp;
mod dns;
mod sntp;
mod portal;
mod internet;
mod path_mtu;
pub mod port_probes;
mod traceroute;

/// The time server that is asked by default: the name that Debian and Raspberry Pi OS, the hosts
/// this is for, ask anyway (systemd-timesyncd).
pub const DEFAULT_NTP: &str = "2.debian.pool.ntp.org";

/// Between two tries of a datagram to an agent: a router sends one ICMP error a second to one host
/// (`net.ipv4.icmp_ratelimit`).
const DATAGRAM_EVERY_MS: u32 = 1_100;

/// A question with everything it takes to put it.
///
/// Those up to [`Self::Bounce`] are single frames, made by
/// [`build_frames`](crate::agent::frame_builder::build_frames) where the link has a packet socket;
/// all others are put by a [`machine`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum ProbeQuestion {
    /// ARP request or neighbour solicitation ([`ProbeKind::Neighbour`]).
    Neighbour {
        /// This host's own address.
        from: IpAddr,
        /// The address that is sought.
        target: IpAddr,
        /// The only host to ask; without it, all on the link are asked.
        to_mac: Option<Mac>,
    },
    /// ARP probe for an own address ([`ProbeKind::OwnAddress`]).
    OwnAddress {
        /// The IPv4 address that may be in use elsewhere.
        address: IpAddr,
    },
    /// UDP in a frame to the peer's MAC ([`ProbeKind::Udp`]).
    Udp {
        /// This host's own address.
        from: IpAddr,
        /// Where the peer's agent answers.
        to: SocketAddr,
        /// The peer's MAC address.
        to_mac: Mac,
    },
    /// ICMP echo in a frame to the peer's MAC ([`ProbeKind::Echo`]).
    Echo {
        /// This host's own address.
        from: IpAddr,
        /// The peer's address.
        to: IpAddr,
        /// The peer's MAC address.
        to_mac: Mac,
    },
    /// UDP to all on the link ([`ProbeKind::Broadcast`]).
    Broadcast {
        /// This host's own address.
        from: IpAddr,
        /// The hosts that should receive it, each of which gets an observation.
        peers: Vec<HostName>,
    },
    /// UDP to the group of mDNS ([`ProbeKind::Multicast`]).
    Multicast {
        /// This host's own address.
        from: IpAddr,
        /// The hosts that should receive it, each of which gets an observation.
        peers: Vec<HostName>,
    },
    /// The control of a link: [`ProbeKind::Neighbour`] and [`ProbeKind::RoutedEcho`] to its
    /// gateway.
    Control {
        /// This host's own address.
        from: IpAddr,
        /// The link's gateway.
        gateway: IpAddr,
    },
    /// UDP to the peer's address in a frame to the gateway's MAC ([`ProbeKind::Bounce`]).
    Bounce {
        /// This host's own address.
        from: IpAddr,
        /// Where the peer's agent answers.
        to: SocketAddr,
        /// The gateway whose MAC the frame goes to.
        gateway: IpAddr,
    },
    /// UDP to the peer's agent as any program sends it, until it is answered
    /// ([`ProbeKind::RoutedUdp`]). The task's link only labels the record.
    RoutedUdp {
        /// Where the peer's agent answers.
        to: SocketAddr,
        /// Tries at most; 60 are the limit.
        tries: u16,
    },
    /// ICMP echo as `ping` sends it, until one is answered ([`ProbeKind::RoutedEcho`]).
    RoutedEcho {
        /// The address that is pinged.
        to: IpAddr,
        /// Tries at most; 60 are the limit.
        tries: u16,
        /// Milliseconds between two tries.
        every_ms: u32,
    },
    /// Path MTU ([`ProbeKind::Size`]): the size given, and smaller ones only if it fails.
    PathMtu {
        /// The peer's agent or, in a task without a peer, an echo server.
        to: SocketAddr,
        /// The link's MTU, length of the first IP packet; from 1,200 to 9,216.
        bytes: u32,
    },
    /// A port as any program would ask for it ([`ProbeKind::Tcp`], [`ProbeKind::UdpPort`]). UDP
    /// carries the run's token, which only an agent answers.
    Port {
        /// The address and the port.
        to: SocketAddr,
        /// TCP or UDP.
        transport: TransportProtocol,
        /// Tries at most; 60 are the limit.
        tries: u16,
    },
    /// The ports of the user's own echo server ([`ProbeKind::UdpPort`], [`ProbeKind::Tcp`]).
    EchoServer {
        /// The server's address.
        to: IpAddr,
        /// UDP ports, such as [`port_probes::udp_ports`]; 16 at most.
        udp: Vec<u16>,
        /// TCP ports, such as [`port_probes::TCP`]; 16 at most.
        tcp: Vec<u16>,
    },
    /// Traceroute ([`ProbeKind::Hop`]): hops 1.1 s apart, silent ones twice.
    Traceroute {
        /// The destination; the port matters for UDP only.
        to: SocketAddr,
        /// TTLs in the order in which they are sent; 8 at most.
        ttls: Vec<u8>,
        /// UDP or ICMP echo.
        protocol: TracerouteProtocol,
    },
    /// One DNS query ([`ProbeKind::Dns`]) for addresses of the task's family.
    Dns {
        /// The server's address and port.
        server: SocketAddr,
        /// What the query is for.
        query: DnsQuery,
        /// The name; without it, a random one under `.invalid`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<DnsName>,
    },
    /// A connectivity-check page at a known address ([`ProbeKind::Portal`]).
    Portal {
        /// The web server's address and port.
        to: SocketAddr,
        /// The page to fetch.
        page: PortalPage,
    },
    /// The time by SNTP ([`ProbeKind::Clock`]).
    Sntp {
        /// The server's address and port.
        server: SocketAddr,
    },
    /// DNS, then check page and time at the addresses that DNS gave.
    Internet {
        /// DNS servers; 3 at most.
        servers: Vec<IpAddr>,
        /// The check page.
        portal: PortalPage,
        /// The name of the time server.
        ntp: DnsName,
    },
}

/// What a machine needs beside its question.
pub struct MachineInputs<'a> {
    /// An observation with run, host, peer, links, family and first round filled in. Packets leave
    /// by its `link` only; with an `asked_link` alone the kernel's routes decide.
    pub template: Observation,
    /// Seconds since 1970 by this host's wall clock, now.
    pub unix_s: i64,
    /// A number that differs for every machine: ids, nonces and random names come from it.
    pub random: u64,
    /// What a datagram of this kind to an agent of the run carries, which is how it is recognised.
    pub payload: &'a dyn Fn(&ProbeKind) -> Vec<u8>,
}

/// Makes the machine that puts a question; `None` when a frame does it better.
///
/// Without `sees_frames` the link has no packet socket. Then the kernel sends in its place, by its
/// own routes and neighbour cache, and the kind recorded is a routed one.
#[must_use]
pub fn machine(
    question: &ProbeQuestion,
    sees_frames: bool,
    inputs: MachineInputs<'_>,
) -> Option<Box<dyn ProbeMachine>> {
    use ProbeQuestion as Question;
    let MachineInputs { template, unix_s, random, payload } = inputs;
    let datagram = |template, kind: ProbeKind, to, tries| {
        let payload = payload(&kind);
        datagram::probe(ProbeContext::new(template), kind, to, payload, tries, DATAGRAM_EVERY_MS)
    };
    let clock = WallClockReading::new(unix_s);
    Some(match question {
        Question::Udp { to, .. } if !sees_frames => {
            Box::new(datagram(template, ProbeKind::RoutedUdp, *to, 1))
        }
        Question::Echo { to, .. } | Question::Control { gateway: to, .. } if !sees_frames => {
            Box::new(echo::probe(template, *to, 1, DATAGRAM_EVERY_MS, random))
        }
        Question::Neighbour { .. }
        | Question::OwnAddress { .. }
        | Question::Udp { .. }
        | Question::Echo { .. }
        | Question::Broadcast { .. }
        | Question::Multicast { .. }
        | Question::Control { .. }
        | Question::Bounce { .. } => return None,
        Question::RoutedUdp { to, tries } => {
            let asked_link = template.asked_link.clone().or_else(|| template.link.clone());
            let template = Observation { link: None, asked_link, ..template };
            Box::new(datagram(template, ProbeKind::RoutedUdp, *to, *tries))
        }
        Question::RoutedEcho { to, tries, every_ms } => {
            Box::new(echo::probe(template, *to, *tries, *every_ms, random))
        }
        Question::PathMtu { to, bytes } => {
            // A third party's echo server learns nothing of the run.
            let is_agent = template.peer.is_some();
            let kind = ProbeKind::Size { bytes: *bytes };
            let prefix = if is_agent { payload(&kind) } else { Vec::new() };
            Box::new(PathMtuProbe::new(template, *to, *bytes, prefix))
        }
        Question::Port { to, transport: TransportProtocol::Tcp, tries } => {
            Box::new(tcp::probe(ProbeContext::new(template), *to, 0, *tries))
        }
        Question::Port { to, transport: TransportProtocol::Udp, tries } => {
            Box::new(datagram(template, ProbeKind::UdpPort { port: to.port() }, *to, *tries))
        }
        Question::EchoServer { to, udp, tcp } => {
            Box::new(port_probes::echo_server(&template, *to, udp, tcp, random))
        }
        Question::Traceroute { to, ttls, protocol } => {
            Box::new(TracerouteProbe::new(template, *to, *protocol, ttls))
        }
        Question::Dns { server, query, name } => {
            let name = name.clone().unwrap_or_else(|| DnsName::random_invalid(random));
            Box::new(dns::probe(ProbeContext::new(template), *server, *query, name, random))
        }
        Question::Portal { to, page } => {
            let context = ProbeContext::new(template);
            Box::new(portal::probe(context, *to, page.clone(), clock, random))
        }
        Question::Sntp { server } => {
            Box::new(sntp::probe(ProbeContext::new(template), *server, clock, random))
        }
        Question::Internet { servers, portal, ntp } => {
            Box::new(InternetProbe::new(template, servers, portal.clone(), ntp, clock, random))
        }
    })
}

impl ProbeQuestion {
    /// The gateway that the question is about, whose MAC its frames need.
    #[must_use]
    pub const fn gateway(&self) -> Option<IpAddr> {
        match self {
            Self::Control { gateway, .. } | Self::Bounce { gateway, .. } => Some(*gateway),
            _ => None,
        }
    }

    /// Whether its frame goes to all or to a group, which has a budget of its own. A gateway whose
    /// MAC is not known is asked for by broadcast.
    #[must_use]
    pub const fn is_group(&self, knows_gateway: bool) -> bool {
        match self {
            Self::Broadcast { .. } | Self::Multicast { .. } | Self::OwnAddress { .. } => true,
            Self::Neighbour { to_mac, .. } => to_mac.is_none(),
            Self::Control { .. } => !knows_gateway,
            _ => false,
        }
    }

    /// What is not known about a link when the question takes a packet socket and there is none.
    #[must_use]
    pub const fn untested(&self) -> &'static str {
        match self {
            Self::OwnAddress { .. } => "whether another host uses the same address",
            Self::Broadcast { .. } | Self::Multicast { .. } => "whether group frames pass",
            Self::Bounce { .. } => "the detour over the gateway",
            _ => "ARP and ND",
        }
    }

    /// One question of each sort that a [`machine`] puts, to this address: what fuzzing and
    /// property tests go through.
    #[must_use]
    pub fn examples(to: IpAddr) -> Vec<Self> {
        let at = |port| SocketAddr::new(to, port);
        let port = |transport| Self::Port { to: at(22), transport, tries: 2 };
        let traceroute = |protocol| Self::Traceroute { to: at(9), ttls: vec![1, 2, 8], protocol };
        let name = DnsName::random_invalid(0);
        let mut examples = vec![
            Self::RoutedUdp { to: at(9), tries: 3 },
            Self::RoutedEcho { to, tries: 3, every_ms: 1_000 },
            Self::PathMtu { to: at(9), bytes: 9_216 },
            port(TransportProtocol::Tcp),
            port(TransportProtocol::Udp),
            Self::EchoServer { to, udp: vec![53, 123], tcp: port_probes::TCP.to_vec() },
            traceroute(TracerouteProtocol::Udp),
            traceroute(TracerouteProtocol::Echo),
            Self::Dns { server: at(53), query: DnsQuery::Known, name: Some(name.clone()) },
            Self::Dns { server: at(53), query: DnsQuery::NoServer, name: None },
            Self::Sntp { server: at(123) },
            Self::Internet { servers: vec![to], portal: PortalPage::Firefox, ntp: name },
        ];
        examples.extend(PortalPage::known().map(|page| Self::Portal { to: at(80), page }));
        examples
    }
}

#[cfg(test)]
pub(crate) mod tests;
