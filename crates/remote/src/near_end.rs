//! The near end of a session as a state machine: bytes and time go in, messages and events come
//! out. It has no sockets and no clock.
//!
//! Times are relative to the start of the session. The driver passes in received bytes
//! ([`NearEnd::handle_bytes`]), the current time ([`NearEnd::handle_timeout`]) and the end of the
//! stream ([`NearEnd::handle_end`]); it takes out bytes to send ([`NearEnd::poll_transmit`]),
//! events ([`NearEnd::poll_event`]) and the time of the next timeout ([`NearEnd::poll_timeout`]).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use pontoon_model::untrusted::Untrusted;

use crate::framing::FrameReader;
use crate::limits::{GREETING_WITHIN, PENDING_MAX, UNSENT_MAX, UNSOLICITED_MAX};
use crate::message::{MessageHead, RequestId, ServiceName};
use crate::preamble::{BeforePreamble, PreambleReader, VERSIONS, VersionRange};
use crate::protocol_error::ProtocolError;

/// An event at the near end.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NearEvent {
    /// The far end has sent its preamble.
    Greeted {
        /// The negotiated protocol version.
        version: u32,
    },
    /// An event for one service.
    Service(ServiceName, ServiceEvent),
}

/// An event for a service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ServiceEvent {
    /// A response to a request.
    Answered {
        /// The id of the request.
        id: RequestId,
        /// The body of the response.
        body: Vec<u8>,
    },
    /// The far end refused a request.
    Refused {
        /// The id of the request.
        id: RequestId,
        /// The reason, from the far end.
        why: Untrusted,
    },
    /// A request had no response in time. A later response is dropped.
    TimedOut {
        /// The id of the request.
        id: RequestId,
    },
    /// An unsolicited message of the far end.
    Pushed {
        /// The body of the message.
        body: Vec<u8>,
    },
}

#[derive(Clone, Copy, Debug)]
struct PendingRequest {
    service: ServiceName,
    deadline: Duration,
}

/// The state of a session at the near end, which sends requests.
#[derive(Debug)]
pub struct NearEnd {
    preamble: Option<PreambleReader>,
    reader: FrameReader,
    unsent: Vec<u8>,
    pending: BTreeMap<RequestId, PendingRequest>,
    next: RequestId,
    unsolicited: usize,
    events: VecDeque<NearEvent>,
}

impl Default for NearEnd {
    fn default() -> Self {
        Self::of_versions(VERSIONS)
    }
}

impl NearEnd {
    /// A near end that supports these protocol versions.
    #[must_use]
    pub fn of_versions(versions: VersionRange) -> Self {
        Self {
            preamble: Some(PreambleReader::new(versions, BeforePreamble::Anything)),
            reader: FrameReader::default(),
            unsent: versions.preamble(),
            pending: BTreeMap::new(),
            next: RequestId(1),
            unsolicited: 0,
            events: VecDeque::new(),
        }
    }

    /// Whether the far end has sent its preamble.
    #[must_use]
    pub const fn is_greeted(&self) -> bool {
        self.preamble.is_none()
    }

    /// Sends a request. The response is a [`ServiceEvent`] with the returned id.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::TooManyRequests`], or the errors of [`Self::send_notice`].
    pub fn send_request(
        &mut self,
        service: ServiceName,
        body: &[u8],
        now: Duration,
        within: Duration,
    ) -> Result<RequestId, ProtocolError> {
        if self.pending.len() >= PENDING_MAX {
            return Err(ProtocolError::TooManyRequests);
        }
        let id = self.next;
        self.send(MessageHead::Request { id, service }, body)?;
        self.next.0 += 1;
        let deadline = now.saturating_add(within);
        self.pending.insert(id, PendingRequest { service, deadline });
        Ok(id)
    }

    /// Sends a message that has no response.
    ///
    /// # Errors
    ///
    /// The message is too long, or the far end does not read.
    pub fn send_notice(&mut self, service: ServiceName, body: &[u8]) -> Result<(), ProtocolError> {
        self.send(MessageHead::Notice { service }, body)
    }

    fn send(&mut self, head: MessageHead, body: &[u8]) -> Result<(), ProtocolError> {
        let wire = head.write(body)?;
        if self.unsent.len() + wire.len() > UNSENT_MAX {
            return Err(ProtocolError::Unread);
        }
        self.unsent.extend_from_slice(&wire);
        Ok(())
    }

    /// Bytes to send; report what was sent to [`Self::handle_transmitted`].
    #[must_use]
    pub fn poll_transmit(&self) -> &[u8] {
        &self.unsent
    }

    /// Removes the first `count` bytes of [`Self::poll_transmit`], as they have been sent.
    pub fn handle_transmitted(&mut self, count: usize) {
        self.unsent.drain(..count.min(self.unsent.len()));
    }

    /// Takes received bytes.
    ///
    /// # Errors
    ///
    /// The first protocol violation. Events before it are still returned by [`Self::poll_event`].
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        if let Some(preamble) = &mut self.preamble {
            let Some(found) = preamble.push(bytes)? else { return Ok(()) };
            self.preamble = None;
            self.events.push_back(NearEvent::Greeted { version: found.version });
            self.reader.push(&found.rest);
        } else {
            self.reader.push(bytes);
        }
        while let Some(message) = self.reader.read()? {
            self.handle_message(message)?;
        }
        Ok(())
    }

    fn handle_message(&mut self, message: Vec<u8>) -> Result<(), ProtocolError> {
        let length = message.len();
        let (head, body) = MessageHead::read(message)?;
        match head {
            MessageHead::Response { id } => {
                self.handle_answer(id, length, ServiceEvent::Answered { id, body })
            }
            MessageHead::Refusal { id } => {
                let why = Untrusted::from_bytes(&body);
                self.handle_answer(id, length, ServiceEvent::Refused { id, why })
            }
            MessageHead::Push { service } => {
                self.count_unsolicited(length)?;
                self.events.push_back(NearEvent::Service(service, ServiceEvent::Pushed { body }));
                Ok(())
            }
            MessageHead::Request { .. } | MessageHead::Notice { .. } => {
                Err(ProtocolError::WrongDirection)
            }
        }
    }

    fn handle_answer(
        &mut self,
        id: RequestId,
        length: usize,
        event: ServiceEvent,
    ) -> Result<(), ProtocolError> {
        if let Some(request) = self.pending.remove(&id) {
            self.events.push_back(NearEvent::Service(request.service, event));
            return Ok(());
        }
        // Ids are assigned in ascending order, so this one was never used.
        if id >= self.next {
            return Err(ProtocolError::UnknownRequest);
        }
        // The response is late or a duplicate. It is dropped, but counts toward the limit.
        self.count_unsolicited(length)
    }

    fn count_unsolicited(&mut self, length: usize) -> Result<(), ProtocolError> {
        self.unsolicited = self.unsolicited.saturating_add(length);
        if self.unsolicited > UNSOLICITED_MAX { Err(ProtocolError::Floods) } else { Ok(()) }
    }

    /// The error with which the session ended, after the last byte was received.
    #[must_use]
    pub fn handle_end(&self) -> ProtocolError {
        let said = self.preamble.as_ref().map(PreambleReader::said).unwrap_or_default();
        ProtocolError::Ended { is_torn: !self.reader.is_between_messages(), said }
    }

    /// When to call [`Self::handle_timeout`] at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        // Times count from the start of the session, so this limit is a point in time, too.
        let greeting = self.preamble.as_ref().map(|_| GREETING_WITHIN);
        let requests = self.pending.values().map(|request| request.deadline);
        requests.chain(greeting).min()
    }

    /// Times out requests whose deadline has passed.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Silent`] if the preamble did not arrive in time.
    pub fn handle_timeout(&mut self, now: Duration) -> Result<(), ProtocolError> {
        if self.preamble.is_some() && now >= GREETING_WITHIN {
            return Err(ProtocolError::Silent);
        }
        let events = &mut self.events;
        self.pending.retain(|id, request| {
            let is_late = request.deadline <= now;
            if is_late {
                let event = ServiceEvent::TimedOut { id: *id };
                events.push_back(NearEvent::Service(request.service, event));
            }
            !is_late
        });
        Ok(())
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<NearEvent> {
        self.events.pop_front()
    }
}
