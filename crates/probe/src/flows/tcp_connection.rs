//! One TCP connection: connect, write, read.

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;

use nix::libc::{ECONNREFUSED, ECONNRESET, EINPROGRESS, ENOBUFS, ENOTCONN};
use nix::poll::PollFlags;
use socket2::Socket;

use super::socket_options::errno_of;
use crate::budget::FrameLoad;
use crate::machine::{FlowEvent, FlowId};

/// The state of a connection.
#[derive(Default)]
pub(super) struct TcpConnection {
    stage: ConnectionState,
    unsent: Vec<u8>,
}

#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum ConnectionState {
    #[default]
    New,
    Connecting,
    Open,
    /// The peer has hung up; this end has not.
    HungUp,
    Over,
}

/// Most bytes of one machine that wait to be sent: requests are a few hundred bytes.
const MAX_UNSENT: usize = 16 * 1024;

/// Bytes handed to a machine in one turn from a peer that streams.
const MAX_READ: usize = 16 * 1024;

impl TcpConnection {
    /// The frames that closing it sends: the end, and, unless it has come already, that the peer's
    /// own end was taken in (RFC 9293, section 3.6).
    pub(super) const fn close_cost(&self) -> FrameLoad {
        match self.stage {
            ConnectionState::Open => FrameLoad::of(1).and_later(1),
            ConnectionState::HungUp => FrameLoad::of(1),
            ConnectionState::New | ConnectionState::Connecting | ConnectionState::Over => {
                FrameLoad::of(0)
            }
        }
    }

    pub(super) fn poll_flags(&self) -> PollFlags {
        match self.stage {
            ConnectionState::Connecting => PollFlags::POLLOUT,
            ConnectionState::Open if self.unsent.is_empty() => PollFlags::POLLIN,
            ConnectionState::Open => PollFlags::POLLIN | PollFlags::POLLOUT,
            ConnectionState::New | ConnectionState::HungUp | ConnectionState::Over => {
                PollFlags::empty()
            }
        }
    }

    pub(super) fn connect(
        &mut self,
        socket: &Socket,
        flow: FlowId,
        to: SocketAddr,
        events: &mut Vec<FlowEvent>,
    ) {
        self.stage = ConnectionState::Connecting;
        match socket.connect(&to.into()) {
            Ok(()) => self.established(socket, flow, events),
            Err(error) if errno_of(&error) == EINPROGRESS => {}
            Err(error) => self.fail(flow, errno_of(&error), events),
        }
    }

    pub(super) fn write(
        &mut self,
        socket: &Socket,
        flow: FlowId,
        bytes: &[u8],
        events: &mut Vec<FlowEvent>,
    ) {
        if self.unsent.len() + bytes.len() > MAX_UNSENT {
            self.fail(flow, ENOBUFS, events);
        } else if matches!(self.stage, ConnectionState::HungUp | ConnectionState::Over) {
            events.push(FlowEvent::Refused { flow, errno: ENOTCONN });
        } else {
            self.unsent.extend(bytes);
            self.flush(socket, flow, events);
        }
    }

    /// Goes on after poll(2) found the socket ready. `was_icmp`: its error queue held an ICMP
    /// error, which was reported.
    pub(super) fn drain(
        &mut self,
        socket: &Socket,
        flow: FlowId,
        was_icmp: bool,
        buffer: &mut [u8],
        events: &mut Vec<FlowEvent>,
    ) {
        if self.stage == ConnectionState::Connecting {
            // Reading the error queue clears SO_ERROR, so that both are asked.
            let error = socket.take_error().ok().flatten();
            if was_icmp {
                self.stage = ConnectionState::Over;
            } else if let Some(error) = error {
                self.fail(flow, errno_of(&error), events);
            } else if socket.peer_addr().is_ok() {
                self.established(socket, flow, events);
            }
        }
        if self.stage == ConnectionState::Open {
            self.flush(socket, flow, events);
        }
        if self.stage == ConnectionState::Open {
            self.read(socket, flow, buffer, events);
        }
    }

    fn established(&mut self, socket: &Socket, flow: FlowId, events: &mut Vec<FlowEvent>) {
        self.stage = ConnectionState::Open;
        events.push(FlowEvent::Connected { flow });
        self.flush(socket, flow, events);
    }

    fn flush(&mut self, socket: &Socket, flow: FlowId, events: &mut Vec<FlowEvent>) {
        while self.stage == ConnectionState::Open && !self.unsent.is_empty() {
            match socket.send(&self.unsent) {
                Ok(length) => {
                    self.unsent.drain(..length);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => self.fail(flow, errno_of(&error), events),
            }
        }
    }

    fn read(
        &mut self,
        socket: &Socket,
        flow: FlowId,
        buffer: &mut [u8],
        events: &mut Vec<FlowEvent>,
    ) {
        let limit = buffer.len().min(MAX_READ);
        let mut reader = socket;
        match reader.read(&mut buffer[..limit]) {
            Ok(0) => {
                self.stage = ConnectionState::HungUp;
                events.push(FlowEvent::Closed { flow });
            }
            Ok(length) => events.push(FlowEvent::Bytes { flow, bytes: buffer[..length].to_vec() }),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => self.fail(flow, errno_of(&error), events),
        }
    }

    fn fail(&mut self, flow: FlowId, errno: i32, events: &mut Vec<FlowEvent>) {
        self.stage = ConnectionState::Over;
        events.push(match errno {
            ECONNREFUSED | ECONNRESET => FlowEvent::Reset { flow },
            errno => FlowEvent::Refused { flow, errno },
        });
    }
}
