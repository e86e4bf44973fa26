//! The end that asks, without sockets and clocks: bytes and time go in, messages and events come
//! out.
//!
//! Time is what has passed since the session began. Whoever drives it hands over what came
//! ([`NearEnd::handle_bytes`]), what time it is ([`NearEnd::handle_timeout`]), and that nothing
//! more will come ([`NearEnd::handle_end`]); takes what is to be sent ([`NearEnd::poll_transmit`]),
//! what happened ([`NearEnd::poll_event`]), and when to come back at the latest
//! ([`NearEnd::poll_timeout`]).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use pontoon_model::untrusted::Untrusted;

use crate::framing::FrameReader;
use crate::limits::{GREETING_WITHIN, PENDING_MAX, UNSENT_MAX, UNSOLICITED_MAX};
use crate::message::{MessageHead, RequestId, ServiceName};
use crate::preamble::{BeforePreamble, PreambleReader, VERSIONS, VersionRange};
use crate::protocol_error::ProtocolError;

/// What happened at the near end.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NearEvent {
    /// The far end is there.
    Greeted {
        /// The version that is spoken.
        version: u32,
    },
    /// For a service: an answer, its absence, or something unsolicited.
    Service(ServiceName, ServiceEvent),
}

/// What a service hears.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ServiceEvent {
    /// The answer to a request.
    Answered {
        /// Which.
        id: RequestId,
        /// The answer.
        body: Vec<u8>,
    },
    /// The far end says why a request has no answer.
    Refused {
        /// Which.
        id: RequestId,
        /// Its words.
        why: Untrusted,
    },
    /// No answer came in time. One that comes later is dropped.
    TimedOut {
        /// Which.
        id: RequestId,
    },
    /// The far end says something unsolicited.
    Pushed {
        /// What.
        body: Vec<u8>,
    },
}

#[derive(Clone, Copy, Debug)]
struct PendingRequest {
    service: ServiceName,
    deadline: Duration,
}

/// The state of a session at the end that asks.
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
    /// An end that speaks these versions.
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

    /// Whether the far end has said that it is there.
    #[must_use]
    pub const fn is_greeted(&self) -> bool {
        self.preamble.is_none()
    }

    /// Asks something. The answer comes as [`ServiceEvent`] under the number that is returned.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::TooManyRequests`], or as [`Self::send_notice`].
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

    /// Says something that has no answer.
    ///
    /// # Errors
    ///
    /// A message that is too long, or an end that does not read.
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

    /// What is to be sent; [`Self::handle_transmitted`] takes it away.
    #[must_use]
    pub fn poll_transmit(&self) -> &[u8] {
        &self.unsent
    }

    /// So many bytes of [`Self::poll_transmit`] have been sent.
    pub fn handle_transmitted(&mut self, count: usize) {
        self.unsent.drain(..count.min(self.unsent.len()));
    }

    /// Takes what came.
    ///
    /// # Errors
    ///
    /// What is wrong with it. What was whole before that is still in [`Self::poll_event`].
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
        if id >= self.next {
            return Err(ProtocolError::UnknownRequest);
        }
        // It came after its time, or a second time: nobody waits for it, and it is dropped.
        self.count_unsolicited(length)
    }

    fn count_unsolicited(&mut self, length: usize) -> Result<(), ProtocolError> {
        self.unsolicited = self.unsolicited.saturating_add(length);
        if self.unsolicited > UNSOLICITED_MAX { Err(ProtocolError::Floods) } else { Ok(()) }
    }

    /// Nothing more will come: how the conversation ended.
    #[must_use]
    pub fn handle_end(&self) -> ProtocolError {
        let said = self.preamble.as_ref().map(PreambleReader::said).unwrap_or_default();
        ProtocolError::Ended { is_torn: !self.reader.is_between_messages(), said }
    }

    /// When [`Self::handle_timeout`] has something to do, if nothing comes before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let greeting = self.preamble.as_ref().map(|_| GREETING_WITHIN);
        let requests = self.pending.values().map(|request| request.deadline);
        requests.chain(greeting).min()
    }

    /// Gives up what should have come by now.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Silent`] where not even a preamble came.
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

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<NearEvent> {
        self.events.pop_front()
    }
}
