//! A session with a pontoon on a host, from the side of the services that use it.

use std::io::Read as _;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use pontoon_model::untrusted::Untrusted;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::session_link::{LinkState, SessionLink};
use crate::carrier::{CarrierError, RemoteProgram};
use crate::edge::session_clock::SessionClock;
use crate::limits::GREETING_WITHIN;
use crate::message::{RequestId, ServiceName, read_body, write_body};
use crate::near_end::ServiceEvent;
use crate::protocol_error::ProtocolError;

/// One process on a host, shared by all services of a command. It ends once the last service is
/// closed.
#[derive(Clone, Debug)]
pub struct HostSession(Arc<SessionLink>);

impl HostSession {
    /// Starts a far end without waiting for it: errors appear with the first request.
    ///
    /// # Errors
    ///
    /// See [`RemoteProgram::start`].
    pub fn start(program: RemoteProgram) -> Result<Self, CarrierError> {
        let child = program.start()?;
        // Carriers start programs with pipes, so there is always a link.
        let link = SessionLink::of(child).ok_or(ProtocolError::Silent)?;
        Ok(Self(Arc::new(link)))
    }

    /// A session over two open descriptors.
    #[must_use]
    pub fn over(input: OwnedFd, output: OwnedFd) -> Self {
        Self(Arc::new(SessionLink::over(input, output)))
    }

    /// Waits until the far end has sent its preamble.
    ///
    /// # Errors
    ///
    /// What arrived instead, or that nothing arrived within [`GREETING_WITHIN`].
    pub fn await_greeting(&self) -> Result<(), CarrierError> {
        let clock = SessionClock::start();
        loop {
            let mut state = self.0.lock();
            self.0.pump(&mut state, None);
            if state.near.is_greeted() {
                return Ok(());
            }
            if let Some(end) = state.end() {
                return Err(end);
            }
            let left = clock.left_of(GREETING_WITHIN);
            if left.is_zero() {
                return Err(ProtocolError::Silent.into());
            }
            let has_unsent = self.0.writable(&state).is_some();
            // Without the lock while waiting, so that other services can send and receive.
            drop(state);
            self.0.wait(None, has_unsent, left);
        }
    }

    /// The only service of this session.
    #[must_use]
    pub fn into_service(self, service: ServiceName) -> ServiceChannel {
        ServiceChannel::new(&self.0, service, None)
    }

    /// One of several services of this session, each used by its own thread.
    ///
    /// # Errors
    ///
    /// If no socket pair can be made because too many files are open.
    pub fn open_service(&self, service: ServiceName) -> std::io::Result<ServiceChannel> {
        let (woken, waker) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        Ok(ServiceChannel::new(&self.0, service, Some((woken, waker))))
    }
}

/// One service of a session. Sending and receiving do not block; [`Self::ask`] waits for the
/// response.
#[derive(Debug)]
pub struct ServiceChannel {
    link: Arc<SessionLink>,
    service: ServiceName,
    woken: Option<UnixStream>,
}

/// Why a request has no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The session has ended.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    /// The far end refused the request.
    #[error("{why}")]
    Refused {
        /// The reason, from the far end.
        why: Untrusted,
    },
    /// There was no response in time.
    #[error("no answer came within {} s", within.as_secs())]
    TimedOut {
        /// The time limit of the request.
        within: Duration,
    },
}

impl From<ProtocolError> for RequestError {
    fn from(error: ProtocolError) -> Self {
        Self::Carrier(error.into())
    }
}

impl ServiceChannel {
    fn new(
        link: &Arc<SessionLink>,
        service: ServiceName,
        wake: Option<(UnixStream, UnixStream)>,
    ) -> Self {
        let (woken, waker) = wake.unzip();
        link.lock().open(service, waker);
        Self { link: Arc::clone(link), service, woken }
    }

    /// Notes that the far end may have made changes on its host, which it undoes once its input is
    /// closed: closing the session then waits for that.
    pub fn takes_back(&self) {
        self.link.lock().set_takes_back();
    }

    /// Descriptors to poll until there may be something to [receive](Self::hear).
    pub fn readable(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let woken = self.woken.as_ref().map(|woken| woken.as_fd());
        std::iter::once(self.link.readable()).chain(woken)
    }

    /// The descriptor to poll for writing; `None` unless bytes are waiting.
    #[must_use]
    pub fn writable(&self) -> Option<BorrowedFd<'_>> {
        self.link.writable(&self.link.lock())
    }

    /// Sends a request, at once or when the pipe has room.
    ///
    /// # Errors
    ///
    /// If the session has ended.
    pub fn send_request(
        &mut self,
        request: &impl Serialize,
        within: Duration,
    ) -> Result<RequestId, CarrierError> {
        let body = write_body(request)?;
        let mut state = self.link.lock();
        let now = state.now();
        let id = state.near.send_request(self.service, &body, now, within)?;
        self.sent(&mut state).map(|()| id)
    }

    /// Sends a message without a response, at once or when the pipe has room.
    ///
    /// # Errors
    ///
    /// If the session has ended.
    pub fn send_notice(&mut self, notice: &impl Serialize) -> Result<(), CarrierError> {
        let body = write_body(notice)?;
        let mut state = self.link.lock();
        state.near.send_notice(self.service, &body)?;
        self.sent(&mut state)
    }

    fn sent(&self, state: &mut LinkState) -> Result<(), CarrierError> {
        self.link.pump(state, Some(self.service));
        // Messages that arrived before the end say more than the end itself.
        let end = state.end().filter(|_| !state.has_events(self.service));
        end.map_or(Ok(()), Err)
    }

    /// Events for this service. Those from before the end of the session are returned first.
    ///
    /// # Errors
    ///
    /// If the session has ended.
    pub fn hear(&mut self) -> Result<Vec<ServiceEvent>, CarrierError> {
        self.clear_wake();
        let mut state = self.link.lock();
        self.link.pump(&mut state, Some(self.service));
        let events: Vec<_> = std::iter::from_fn(|| state.next_event(self.service)).collect();
        match state.end() {
            Some(end) if events.is_empty() => Err(end),
            _ => Ok(events),
        }
    }

    /// Sends a request and waits for its response. Other events of this service are dropped
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// See [`RequestError`].
    pub fn ask<T: DeserializeOwned>(
        &mut self,
        request: &impl Serialize,
        within: Duration,
    ) -> Result<T, RequestError> {
        let asked = self.send_request(request, within)?;
        let clock = SessionClock::start();
        loop {
            for event in self.hear()? {
                match event {
                    ServiceEvent::Answered { id, body } if id == asked => {
                        return Ok(read_body(&body)?);
                    }
                    ServiceEvent::Refused { id, why } if id == asked => {
                        return Err(RequestError::Refused { why });
                    }
                    ServiceEvent::TimedOut { id } if id == asked => {
                        return Err(RequestError::TimedOut { within });
                    }
                    _ => {}
                }
            }
            let has_unsent = self.writable().is_some();
            let woken = self.woken.as_ref().map(|woken| woken.as_fd());
            self.link.wait(woken, has_unsent, clock.left_of(within));
        }
    }

    fn clear_wake(&mut self) {
        let mut bytes = [0; 64];
        while let Some(Ok(1..)) = self.woken.as_mut().map(|woken| woken.read(&mut bytes)) {}
    }
}

impl Drop for ServiceChannel {
    fn drop(&mut self) {
        self.link.lock().close(self.service);
    }
}

#[cfg(test)]
mod tests;
