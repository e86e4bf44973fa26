//! One TCP connection: connect, write, read.

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;

use nix::libc::{ECONNREFUSED, ECONNRESET, EINPROGRESS, ENOBUFS, ENOTCONN};
use nix::poll::PollFlags;
use socket2::Socket;

use super::socket::errno_of;
use crate::budget::Load;
use crate::machine::{Event, Flow};

/// The state of a connection.
#[derive(Default)]
pub(super) struct Stream {
    stage: Stage,
    unsent: Vec<u8>,
}

#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Stage {
    #[default]
    New,
    Connecting,
    Open,
    /// The peer has hung up; this end has not.
    HungUp,
    Over,
}

/// What a machine may have waiting to be sent: requests are a few hundred bytes.
const MAX_UNSENT: usize = 16 * 1024;

/// Bytes handed to a machine in one turn from a peer that streams.
const MAX_READ: usize = 16 * 1024;

impl Stream {
    /// The frames that closing it sends: the end, and, unless it has come already, that the peer's
    /// own end was taken in (RFC 9293, section 3.6).
    pub(super) const fn farewell(&self) -> Load {
        match self.stage {
            Stage::Open => Load::of(1).and_later(1),
            Stage::HungUp => Load::of(1),
            Stage::New | Stage::Connecting | Stage::Over => Load::of(0),
        }
    }

    pub(super) fn interest(&self) -> PollFlags {
        match self.stage {
            Stage::Connecting => PollFlags::POLLOUT,
            Stage::Open if self.unsent.is_empty() => PollFlags::POLLIN,
            Stage::Open => PollFlags::POLLIN | PollFlags::POLLOUT,
            Stage::New | Stage::HungUp | Stage::Over => PollFlags::empty(),
        }
    }

    pub(super) fn connect(
        &mut self,
        socket: &Socket,
        flow: Flow,
        to: SocketAddr,
        events: &mut Vec<Event>,
    ) {
        self.stage = Stage::Connecting;
        match socket.connect(&to.into()) {
            Ok(()) => self.established(socket, flow, events),
            Err(error) if errno_of(&error) == EINPROGRESS => {}
            Err(error) => self.fail(flow, errno_of(&error), events),
        }
    }

    pub(super) fn write(
        &mut self,
        socket: &Socket,
        flow: Flow,
        bytes: &[u8],
        events: &mut Vec<Event>,
    ) {
        if self.unsent.len() + bytes.len() > MAX_UNSENT {
            self.fail(flow, ENOBUFS, events);
        } else if matches!(self.stage, Stage::HungUp | Stage::Over) {
            events.push(Event::Refused { flow, errno: ENOTCONN });
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
        flow: Flow,
        was_icmp: bool,
        buffer: &mut [u8],
        events: &mut Vec<Event>,
    ) {
        if self.stage == Stage::Connecting {
            // Reading the error queue clears SO_ERROR, so that both are asked.
            let error = socket.take_error().ok().flatten();
            if was_icmp {
                self.stage = Stage::Over;
            } else if let Some(error) = error {
                self.fail(flow, errno_of(&error), events);
            } else if socket.peer_addr().is_ok() {
                self.established(socket, flow, events);
            }
        }
        if self.stage == Stage::Open {
            self.flush(socket, flow, events);
        }
        if self.stage == Stage::Open {
            self.read(socket, flow, buffer, events);
        }
    }

    fn established(&mut self, socket: &Socket, flow: Flow, events: &mut Vec<Event>) {
        self.stage = Stage::Open;
        events.push(Event::Connected { flow });
        self.flush(socket, flow, events);
    }

    fn flush(&mut self, socket: &Socket, flow: Flow, events: &mut Vec<Event>) {
        while self.stage == Stage::Open && !self.unsent.is_empty() {
            match socket.send(&self.unsent) {
                Ok(length) => {
                    self.unsent.drain(..length);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => self.fail(flow, errno_of(&error), events),
            }
        }
    }

    fn read(&mut self, socket: &Socket, flow: Flow, buffer: &mut [u8], events: &mut Vec<Event>) {
        let limit = buffer.len().min(MAX_READ);
        let mut reader = socket;
        match reader.read(&mut buffer[..limit]) {
            Ok(0) => {
                self.stage = Stage::HungUp;
                events.push(Event::Closed { flow });
            }
            Ok(length) => events.push(Event::Bytes { flow, bytes: buffer[..length].to_vec() }),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => self.fail(flow, errno_of(&error), events),
        }
    }

    fn fail(&mut self, flow: Flow, errno: i32, events: &mut Vec<Event>) {
        self.stage = Stage::Over;
        events.push(match errno {
            ECONNREFUSED | ECONNRESET => Event::Reset { flow },
            errno => Event::Refused { flow, errno },
        });
    }
}
