//! One flow's socket: opened, sent through, drained.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};

use nix::libc::{EACCES, EIO, EPERM};
use nix::poll::PollFlags;
use pontoon_model::net::IfName;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::icmp::Dialect;
use super::option::{apply, listen_closely, tie};
use super::queue::{Icmp, packet, trouble};
use super::stream::Stream;
use crate::budget::Load;
use crate::machine::{Event, Flow, Way};

/// What is read into, again and again.
pub(super) struct Buffers {
    pub(super) bytes: Vec<u8>,
    pub(super) control: Vec<u8>,
}

impl Buffers {
    /// The longest UDP datagram; a longer one does not exist.
    const BYTES: usize = 65_535;
    /// Link, TTL and an extended error with an IPv6 address take 136 bytes.
    const CONTROL: usize = 512;

    pub(super) fn new() -> Self {
        Self { bytes: vec![0; Self::BYTES], control: vec![0; Self::CONTROL] }
    }
}

/// Sorts of sockets.
#[derive(Clone, Copy)]
pub(super) enum Kin {
    Udp,
    Echo,
    Tcp,
}

/// A flow's socket.
pub(super) struct Talk {
    pub(super) socket: Socket,
    speech: Speech,
    /// The link to which it is tied, and the other end.
    pub(super) link: Option<IfName>,
    pub(super) to: IpAddr,
}

enum Speech {
    Udp,
    Echo(Dialect),
    Tcp(Stream),
}

/// Packets read from one socket in one turn: a flood on one leaves the others their time. The
/// rest waits for the next turn.
const MAX_READS: usize = 32;

impl Talk {
    /// Opens a socket toward `to`, or says which errno forbids it.
    pub(super) fn open(kin: Kin, way: &Way, to: IpAddr, ident: u16) -> Result<Self, i32> {
        let domain = if to.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
        let (socket, speech) = match kin {
            Kin::Udp => (Socket::new(domain, Type::DGRAM, Some(Protocol::UDP)), Speech::Udp),
            Kin::Tcp => (
                Socket::new(domain, Type::STREAM, Some(Protocol::TCP)),
                Speech::Tcp(Stream::default()),
            ),
            Kin::Echo => {
                let (socket, is_raw) = echo_socket(domain);
                (socket, Speech::Echo(Dialect { is_v4: to.is_ipv4(), is_raw, ident }))
            }
        };
        let socket = socket.map_err(|error| errno_of(&error))?;
        socket.set_nonblocking(true).map_err(|error| errno_of(&error))?;
        listen_closely(&socket, to).map_err(|error| error as i32)?;
        if let Some(link) = &way.link {
            tie(&socket, link, to)?;
        }
        Ok(Self { socket, speech, link: way.link.clone(), to })
    }

    /// The frames that closing it sends.
    pub(super) const fn farewell(&self) -> Load {
        match &self.speech {
            Speech::Udp | Speech::Echo(_) => Load::of(0),
            Speech::Tcp(stream) => stream.farewell(),
        }
    }

    /// What to wait for.
    pub(super) fn interest(&self) -> PollFlags {
        match &self.speech {
            Speech::Udp | Speech::Echo(_) => PollFlags::POLLIN,
            Speech::Tcp(stream) => stream.interest(),
        }
    }

    pub(super) fn send(
        &self,
        flow: Flow,
        way: &Way,
        to: SocketAddr,
        payload: &[u8],
        buffers: &mut Buffers,
        events: &mut Vec<Event>,
    ) {
        if let Err(error) = apply(&self.socket, way, to.ip()) {
            events.push(Event::Refused { flow, errno: error as i32 });
            return;
        }
        // An ICMP error for an earlier packet makes the next sendto(2) fail in its stead.
        self.drain_errors(flow, buffers, events);
        let to = SockAddr::from(to);
        let Err(error) = self.socket.send_to(payload, &to) else { return };
        let was_earlier = self.drain_errors(flow, buffers, events);
        if was_earlier && self.socket.send_to(payload, &to).is_ok() {
            return;
        }
        events.push(Event::Refused { flow, errno: errno_of(&error) });
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one action, and where to report")]
    pub(super) fn send_echo(
        &self,
        flow: Flow,
        way: &Way,
        to: IpAddr,
        sequence: u16,
        payload: &[u8],
        buffers: &mut Buffers,
        events: &mut Vec<Event>,
    ) {
        if let Speech::Echo(dialect) = &self.speech {
            let request = dialect.request(sequence, payload);
            self.send(flow, way, SocketAddr::new(to, 0), &request, buffers, events);
        }
    }

    pub(super) fn connect(
        &mut self,
        flow: Flow,
        way: &Way,
        to: SocketAddr,
        events: &mut Vec<Event>,
    ) {
        if let Err(error) = apply(&self.socket, way, to.ip()) {
            events.push(Event::Refused { flow, errno: error as i32 });
        } else if let Speech::Tcp(stream) = &mut self.speech {
            stream.connect(&self.socket, flow, to, events);
        }
    }

    pub(super) fn write(&mut self, flow: Flow, bytes: &[u8], events: &mut Vec<Event>) {
        if let Speech::Tcp(stream) = &mut self.speech {
            stream.write(&self.socket, flow, bytes, events);
        }
    }

    /// Reads what is there, errors first: they belong to earlier packets.
    pub(super) fn drain(
        &mut self,
        flow: Flow,
        ready: PollFlags,
        buffers: &mut Buffers,
        events: &mut Vec<Event>,
    ) {
        let was_icmp =
            ready.contains(PollFlags::POLLERR) && self.drain_errors(flow, buffers, events);
        match &mut self.speech {
            Speech::Tcp(stream) => {
                stream.drain(&self.socket, flow, was_icmp, &mut buffers.bytes, events);
            }
            Speech::Udp | Speech::Echo(_) => self.drain_packets(flow, buffers, events),
        }
    }

    fn drain_packets(&self, flow: Flow, buffers: &mut Buffers, events: &mut Vec<Event>) {
        for _ in 0..MAX_READS {
            // A pending error makes one read fail; what it was stands in the error queue.
            let Ok(packet) = packet(self.as_fd(), buffers) else { return };
            let Some(from) = packet.from else { continue };
            let (link, ttl) = (packet.link, packet.ttl);
            match &self.speech {
                Speech::Udp => {
                    let payload = packet.bytes.to_vec();
                    events.push(Event::Datagram { flow, from, link, ttl, payload });
                }
                Speech::Echo(dialect) => {
                    if let Some((sequence, payload)) = dialect.reply(packet.bytes) {
                        let (from, payload) = (from.ip(), payload.to_vec());
                        events.push(Event::EchoReply { flow, from, link, sequence, ttl, payload });
                    }
                }
                Speech::Tcp(_) => {}
            }
        }
    }

    /// Reads the error queue; returns whether any of it concerned this flow's packets.
    fn drain_errors(&self, flow: Flow, buffers: &mut Buffers, events: &mut Vec<Event>) -> bool {
        let mut any = false;
        for _ in 0..MAX_READS {
            let Ok(trouble) = trouble(self.as_fd(), buffers) else { break };
            let is_ours = match &self.speech {
                Speech::Echo(dialect) => dialect.is_quoted(trouble.quote),
                Speech::Udp | Speech::Tcp(_) => true,
            };
            if let Some(Icmp { kind, code, from }) = trouble.icmp.filter(|_| is_ours) {
                events.push(Event::Icmp { flow, kind, code, from });
                any = true;
            }
        }
        any
    }
}

impl AsFd for Talk {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A ping socket where `net.ipv4.ping_group_range` allows (icmp(7)), else a raw one, which needs
/// `CAP_NET_RAW`; and whether it is raw.
fn echo_socket(domain: Domain) -> (std::io::Result<Socket>, bool) {
    let protocol = if domain == Domain::IPV4 { Protocol::ICMPV4 } else { Protocol::ICMPV6 };
    match Socket::new(domain, Type::DGRAM, Some(protocol)) {
        Err(error) if matches!(errno_of(&error), EACCES | EPERM) => {
            (Socket::new(domain, Type::RAW, Some(protocol)), true)
        }
        other => (other, false),
    }
}

pub(super) fn errno_of(error: &std::io::Error) -> i32 {
    error.raw_os_error().unwrap_or(EIO)
}
