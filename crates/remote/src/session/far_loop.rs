//! The loop of the far end: one process that serves all requests of a command on standard input and
//! output, until they close.
//!
//! A service either shares the loop and never blocks ([`LoopService`]), or has a thread of its own
//! and may block ([`ThreadService`]); so a survey continues while a slow request is processed. To
//! add a service, name it in [`ServiceName`], implement one of the two traits, and add it to
//! [`FarServices`].

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, poll};
use serde::Serialize;

use super::service_thread::ThreadPool;
use crate::edge::session_clock::poll_timeout;
use crate::edge::stderr_tail::set_nonblocking;
use crate::far_end::{FarEnd, ServiceMessage};
use crate::limits::{FAR_TURN_MAX, READ_MAX};
use crate::message::{RequestId, ServiceName, write_body};
use crate::protocol_error::ProtocolError;

pub use super::service_thread::ThreadService;

/// Why a far end ended before its input was closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FarLoopError {
    /// The input violates the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// Standard input or output failed.
    #[error("standard input or output cannot be used")]
    Pipe(#[from] io::Error),
}

/// A service that shares the loop of the far end and must not block.
pub trait LoopService {
    /// Takes a message. It must not block.
    ///
    /// # Errors
    ///
    /// An error that ends the session.
    fn handle_message(
        &mut self,
        message: ServiceMessage,
        output: &mut ServiceOutput<'_>,
    ) -> Result<(), ProtocolError>;

    /// Does what is due now, and sends responses and pushes.
    ///
    /// # Errors
    ///
    /// An error that ends the session.
    fn handle_turn(&mut self, output: &mut ServiceOutput<'_>) -> Result<(), ProtocolError>;

    /// Descriptors to poll.
    fn poll_fds(&self) -> Vec<PollFd<'_>>;

    /// Time until [`Self::handle_turn`] is due, unless a descriptor is ready before; `None`: no
    /// limit.
    fn poll_timeout(&self) -> Option<Duration>;
}

/// Sends the messages of a [`LoopService`].
#[derive(Debug)]
pub struct ServiceOutput<'a> {
    far: &'a mut FarEnd,
    service: ServiceName,
}

impl ServiceOutput<'_> {
    /// Responds to a request.
    ///
    /// # Errors
    ///
    /// See [`FarEnd::respond`].
    pub fn respond(&mut self, id: RequestId, body: &impl Serialize) -> Result<(), ProtocolError> {
        self.far.respond(id, &write_body(body)?)
    }

    /// Refuses a request, with the reason.
    ///
    /// # Errors
    ///
    /// See [`FarEnd::refuse`].
    pub fn refuse(&mut self, id: RequestId, why: &str) -> Result<(), ProtocolError> {
        self.far.refuse(id, why)
    }

    /// Sends an unsolicited message.
    ///
    /// # Errors
    ///
    /// See [`FarEnd::push`].
    pub fn push(&mut self, body: &impl Serialize) -> Result<(), ProtocolError> {
        self.far.push(self.service, &write_body(body)?)
    }
}

/// The services of a far end.
#[derive(Default)]
pub struct FarServices<'a> {
    /// The services that share the loop.
    pub in_loop: BTreeMap<ServiceName, &'a mut dyn LoopService>,
    /// The services with a thread of their own, each started on its first request.
    pub in_threads: BTreeMap<ServiceName, fn() -> Box<dyn ThreadService>>,
}

/// Serves until the input is closed; by then all services have been dropped, so that they undo
/// their changes.
///
/// # Errors
///
/// See [`FarLoopError`].
pub fn serve_host<R: Read + AsFd, W: Write + AsFd>(
    input: R,
    output: W,
    services: FarServices<'_>,
) -> Result<(), FarLoopError> {
    set_nonblocking(&input);
    set_nonblocking(&output);
    // Duplicates for poll(2), as the loop reads and writes the originals through `&mut`.
    let polled = (input.as_fd().try_clone_to_owned()?, output.as_fd().try_clone_to_owned()?);
    let threads = ThreadPool::new(services.in_threads)?;
    let mut far_loop = FarLoop {
        input,
        output,
        polled,
        far: FarEnd::default(),
        in_loop: services.in_loop,
        threads,
        is_closed: false,
    };
    far_loop.run()
}

struct FarLoop<'a, R, W> {
    input: R,
    output: W,
    polled: (OwnedFd, OwnedFd),
    far: FarEnd,
    in_loop: BTreeMap<ServiceName, &'a mut dyn LoopService>,
    threads: ThreadPool,
    is_closed: bool,
}

impl<R: Read, W: Write> FarLoop<'_, R, W> {
    fn run(&mut self) -> Result<(), FarLoopError> {
        self.send()?;
        while !self.is_closed {
            self.receive()?;
            // Also after the end of input: requests before it are still passed on.
            while let Some(message) = self.far.poll_message() {
                self.hand_over(message)?;
            }
            for (service, one) in &mut self.in_loop {
                one.handle_turn(&mut ServiceOutput { far: &mut self.far, service: *service })?;
            }
            while let Some((id, answer)) = self.threads.next_answer() {
                match answer {
                    Ok(body) => self.far.respond(id, &body)?,
                    Err(why) => self.far.refuse(id, why.raw())?,
                }
            }
            self.send()?;
            if !self.is_closed {
                self.wait();
            }
        }
        Ok(())
    }

    fn hand_over(&mut self, message: ServiceMessage) -> Result<(), ProtocolError> {
        let service = message.service;
        if let Some(one) = self.in_loop.get_mut(&service) {
            one.handle_message(message, &mut ServiceOutput { far: &mut self.far, service })
        } else if let Some(message) = self.threads.hand_over(message)
            && let Some(id) = message.id
        {
            self.far.refuse(id, "this pontoon does not have that service")
        } else {
            Ok(())
        }
    }

    fn receive(&mut self) -> Result<(), FarLoopError> {
        let mut buffer = [0; READ_MAX];
        let mut taken = 0;
        while taken < FAR_TURN_MAX {
            match self.input.read(&mut buffer) {
                Ok(0) => {
                    self.is_closed = true;
                    return Ok(());
                }
                Ok(length) => {
                    taken += length;
                    self.far.handle_bytes(&buffer[..length])?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), FarLoopError> {
        while !self.far.poll_transmit().is_empty() {
            match self.output.write(self.far.poll_transmit()) {
                Ok(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
                Ok(count) => self.far.handle_transmitted(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        // Rust's standard output buffers lines; nothing may stay in its buffer.
        match self.output.flush() {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Polls input, output and services until the next timeout.
    fn wait(&self) {
        let mut fds = vec![PollFd::new(self.polled.0.as_fd(), PollFlags::POLLIN)];
        if !self.far.poll_transmit().is_empty() {
            fds.push(PollFd::new(self.polled.1.as_fd(), PollFlags::POLLOUT));
        }
        fds.push(PollFd::new(self.threads.readable(), PollFlags::POLLIN));
        fds.extend(self.in_loop.values().flat_map(|one| one.poll_fds()));
        let timeout = self.in_loop.values().filter_map(|one| one.poll_timeout()).min();
        let timeout = timeout.map_or(nix::poll::PollTimeout::NONE, poll_timeout);
        // If a signal interrupts the wait, the loop simply runs one more turn.
        let _ = poll(&mut fds, timeout);
    }
}
