//! One flow's socket: opened, sent through, drained.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};

use nix::libc::{EACCES, EPERM};
use nix::poll::PollFlags;
use pontoon_model::net::IfName;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::echo_codec::EchoCodec;
use super::recvmsg::{ReceiveBuffers, ReceivedIcmpError, next_error, next_packet};
use super::socket_options::{apply, bind_to_link, enable_ancillary_data, errno_of};
use super::tcp_connection::TcpConnection;
use crate::budget::FrameLoad;
use crate::machine::{FlowEvent, FlowId, SendOptions};

/// Which socket a flow needs.
#[derive(Clone, Copy)]
pub(super) enum SocketKind {
    Udp,
    Echo,
    Tcp,
}

/// The socket of one flow, bound and ready to send.
pub(super) struct FlowSocket {
    pub(super) socket: Socket,
    transport: FlowTransport,
    /// The link to which it is bound.
    pub(super) link: Option<IfName>,
    pub(super) to: IpAddr,
}

enum FlowTransport {
    Udp,
    Echo(EchoCodec),
    Tcp(TcpConnection),
}

/// Packets read from one socket in one turn: a flood on one leaves the others their time. The
/// rest waits for the next turn.
const MAX_READS: usize = 32;

impl FlowSocket {
    /// Opens a socket toward `to`; the error is the errno.
    pub(super) fn open(
        kind: SocketKind,
        way: &SendOptions,
        to: IpAddr,
        ident: u16,
    ) -> Result<Self, i32> {
        let domain = if to.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
        let (socket, transport) = match kind {
            SocketKind::Udp => {
                (Socket::new(domain, Type::DGRAM, Some(Protocol::UDP)), FlowTransport::Udp)
            }
            SocketKind::Tcp => (
                Socket::new(domain, Type::STREAM, Some(Protocol::TCP)),
                FlowTransport::Tcp(TcpConnection::default()),
            ),
            SocketKind::Echo => {
                let (socket, is_raw) = echo_socket(domain);
                (socket, FlowTransport::Echo(EchoCodec { is_v4: to.is_ipv4(), is_raw, ident }))
            }
        };
        let socket = socket.map_err(|error| errno_of(&error))?;
        socket.set_nonblocking(true).map_err(|error| errno_of(&error))?;
        enable_ancillary_data(&socket, to).map_err(|error| error as i32)?;
        if let Some(link) = &way.link {
            bind_to_link(&socket, link, to)?;
        }
        Ok(Self { socket, transport, link: way.link.clone(), to })
    }

    /// The frames that closing it sends.
    pub(super) const fn close_cost(&self) -> FrameLoad {
        match &self.transport {
            FlowTransport::Udp | FlowTransport::Echo(_) => FrameLoad::of(0),
            FlowTransport::Tcp(stream) => stream.close_cost(),
        }
    }

    /// What to wait for.
    pub(super) fn poll_flags(&self) -> PollFlags {
        match &self.transport {
            FlowTransport::Udp | FlowTransport::Echo(_) => PollFlags::POLLIN,
            FlowTransport::Tcp(stream) => stream.poll_flags(),
        }
    }

    pub(super) fn send(
        &self,
        flow: FlowId,
        way: &SendOptions,
        to: SocketAddr,
        payload: &[u8],
        buffers: &mut ReceiveBuffers,
        events: &mut Vec<FlowEvent>,
    ) {
        if let Err(error) = apply(&self.socket, way, to.ip()) {
            events.push(FlowEvent::Refused { flow, errno: error as i32 });
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
        events.push(FlowEvent::Refused { flow, errno: errno_of(&error) });
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one action, and where to report")]
    pub(super) fn send_echo(
        &self,
        flow: FlowId,
        way: &SendOptions,
        to: IpAddr,
        sequence: u16,
        payload: &[u8],
        buffers: &mut ReceiveBuffers,
        events: &mut Vec<FlowEvent>,
    ) {
        if let FlowTransport::Echo(codec) = &self.transport {
            let request = codec.request(sequence, payload);
            self.send(flow, way, SocketAddr::new(to, 0), &request, buffers, events);
        }
    }

    pub(super) fn connect(
        &mut self,
        flow: FlowId,
        way: &SendOptions,
        to: SocketAddr,
        events: &mut Vec<FlowEvent>,
    ) {
        if let Err(error) = apply(&self.socket, way, to.ip()) {
            events.push(FlowEvent::Refused { flow, errno: error as i32 });
        } else if let FlowTransport::Tcp(stream) = &mut self.transport {
            stream.connect(&self.socket, flow, to, events);
        }
    }

    pub(super) fn write(&mut self, flow: FlowId, bytes: &[u8], events: &mut Vec<FlowEvent>) {
        if let FlowTransport::Tcp(stream) = &mut self.transport {
            stream.write(&self.socket, flow, bytes, events);
        }
    }

    /// Reads what is there, errors first: they belong to earlier packets.
    pub(super) fn drain(
        &mut self,
        flow: FlowId,
        ready: PollFlags,
        buffers: &mut ReceiveBuffers,
        events: &mut Vec<FlowEvent>,
    ) {
        let was_icmp =
            ready.contains(PollFlags::POLLERR) && self.drain_errors(flow, buffers, events);
        match &mut self.transport {
            FlowTransport::Tcp(stream) => {
                stream.drain(&self.socket, flow, was_icmp, &mut buffers.bytes, events);
            }
            FlowTransport::Udp | FlowTransport::Echo(_) => {
                self.drain_packets(flow, buffers, events);
            }
        }
    }

    fn drain_packets(
        &self,
        flow: FlowId,
        buffers: &mut ReceiveBuffers,
        events: &mut Vec<FlowEvent>,
    ) {
        for _ in 0..MAX_READS {
            // A pending error makes one read fail; what it was stands in the error queue.
            let Ok(packet) = next_packet(self.as_fd(), buffers) else { return };
            let Some(from) = packet.from else { continue };
            let (link, ttl) = (packet.link, packet.ttl);
            match &self.transport {
                FlowTransport::Udp => {
                    let payload = packet.bytes.to_vec();
                    events.push(FlowEvent::Datagram { flow, from, link, ttl, payload });
                }
                FlowTransport::Echo(codec) => {
                    if let Some((sequence, payload)) = codec.reply(packet.bytes) {
                        let (from, payload) = (from.ip(), payload.to_vec());
                        events.push(FlowEvent::EchoReply {
                            flow,
                            from,
                            link,
                            sequence,
                            ttl,
                            payload,
                        });
                    }
                }
                FlowTransport::Tcp(_) => {}
            }
        }
    }

    /// Reads the error queue; returns whether any of it concerned this flow's packets.
    fn drain_errors(
        &self,
        flow: FlowId,
        buffers: &mut ReceiveBuffers,
        events: &mut Vec<FlowEvent>,
    ) -> bool {
        let mut any = false;
        for _ in 0..MAX_READS {
            let Ok(error) = next_error(self.as_fd(), buffers) else { break };
            let is_ours = match &self.transport {
                FlowTransport::Echo(codec) => codec.is_quoted(error.quote),
                FlowTransport::Udp | FlowTransport::Tcp(_) => true,
            };
            if let Some(ReceivedIcmpError { kind, code, from }) = error.icmp.filter(|_| is_ours) {
                events.push(FlowEvent::Icmp { flow, kind, code, from });
                any = true;
            }
        }
        any
    }
}

impl AsFd for FlowSocket {
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
