//! A session with a pontoon on a host, as the services of a command see it.

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

/// One process on a host, for all services of a command. It ends when the last service is done
/// with it.
#[derive(Clone, Debug)]
pub struct HostSession(Arc<SessionLink>);

impl HostSession {
    /// Starts a far end. It is not waited for: what is wrong with it shows when it is asked.
    ///
    /// # Errors
    ///
    /// As [`RemoteProgram::start`].
    pub fn start(program: RemoteProgram) -> Result<Self, CarrierError> {
        let child = program.start()?;
        // It was started with pipes.
        let link = SessionLink::of(child).ok_or(ProtocolError::Silent)?;
        Ok(Self(Arc::new(link)))
    }

    /// Talks over two descriptors.
    #[must_use]
    pub fn over(input: OwnedFd, output: OwnedFd) -> Self {
        Self(Arc::new(SessionLink::over(input, output)))
    }

    /// Waits until the far end says that it is there.
    ///
    /// # Errors
    ///
    /// What it says instead, or that it says nothing in [`GREETING_WITHIN`].
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
            drop(state);
            self.0.wait(None, has_unsent, left);
        }
    }

    /// A service of this session that no other thread shares the session with.
    #[must_use]
    pub fn into_service(self, service: ServiceName) -> ServiceChannel {
        ServiceChannel::new(&self.0, service, None)
    }

    /// A service of this session. Others may be opened beside it, for other threads.
    ///
    /// # Errors
    ///
    /// Where no pair of sockets can be made: too many files are open.
    pub fn open_service(&self, service: ServiceName) -> std::io::Result<ServiceChannel> {
        let (woken, waker) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        Ok(ServiceChannel::new(&self.0, service, Some((woken, waker))))
    }
}

/// One service of a session. Messages go out and come in without waiting, or a request waits for
/// its answer ([`Self::ask`]).
#[derive(Debug)]
pub struct ServiceChannel {
    link: Arc<SessionLink>,
    service: ServiceName,
    woken: Option<UnixStream>,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The session is over.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    /// The far end says why.
    #[error("{why}")]
    Refused {
        /// Its words.
        why: Untrusted,
    },
    /// No answer came in time.
    #[error("no answer came within {} s", within.as_secs())]
    TimedOut {
        /// In this time.
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

    /// Whether the far end may have made something on its host that it takes back when its input
    /// ends: then it is given the time for that.
    pub fn takes_back(&self) {
        self.link.lock().set_takes_back();
    }

    /// Descriptors to wait for until there may be something to [hear](Self::hear).
    pub fn readable(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let woken = self.woken.as_ref().map(|woken| woken.as_fd());
        std::iter::once(self.link.readable()).chain(woken)
    }

    /// What to wait for besides, while bytes wait to be taken.
    #[must_use]
    pub fn writable(&self) -> Option<BorrowedFd<'_>> {
        self.link.writable(&self.link.lock())
    }

    /// Sends a request, now or as soon as the far end takes it.
    ///
    /// # Errors
    ///
    /// When the session is over.
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

    /// Sends something that has no answer, now or as soon as the far end takes it.
    ///
    /// # Errors
    ///
    /// When the session is over.
    pub fn send_notice(&mut self, notice: &impl Serialize) -> Result<(), CarrierError> {
        let body = write_body(notice)?;
        let mut state = self.link.lock();
        state.near.send_notice(self.service, &body)?;
        self.sent(&mut state)
    }

    fn sent(&self, state: &mut LinkState) -> Result<(), CarrierError> {
        self.link.pump(state, Some(self.service));
        // What came before the end says more about it than the end.
        let end = state.end().filter(|_| !state.has_events(self.service));
        end.map_or(Ok(()), Err)
    }

    /// What came for this service. What came before the end of the session is heard first.
    ///
    /// # Errors
    ///
    /// When the session is over.
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

    /// Asks, and waits for the answer. Whatever else comes for this service meanwhile is dropped.
    ///
    /// # Errors
    ///
    /// [`RequestError`].
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
