//! The far end of a session as a state machine: bytes go in, service messages come out; responses
//! and pushes are queued for sending. It has no sockets.

use std::collections::{BTreeMap, VecDeque};

use crate::framing::FrameReader;
use crate::limits::{PENDING_MAX, UNSENT_MAX};
use crate::message::{MessageHead, RequestId, ServiceName};
use crate::preamble::{BeforePreamble, PreambleReader, VERSIONS, VersionRange};
use crate::protocol_error::ProtocolError;

/// A request or notice for a service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceMessage {
    /// The addressed service.
    pub service: ServiceName,
    /// The id for the response; absent for a notice, which has none.
    pub id: Option<RequestId>,
    /// The body, which only the service decodes.
    pub body: Vec<u8>,
}

/// The state of a session at the far end, which responds.
#[derive(Debug)]
pub struct FarEnd {
    preamble: Option<PreambleReader>,
    reader: FrameReader,
    unsent: Vec<u8>,
    open: BTreeMap<RequestId, ServiceName>,
    messages: VecDeque<ServiceMessage>,
}

impl Default for FarEnd {
    fn default() -> Self {
        Self::of_versions(VERSIONS)
    }
}

impl FarEnd {
    /// A far end that supports these protocol versions.
    #[must_use]
    pub fn of_versions(versions: VersionRange) -> Self {
        Self {
            preamble: Some(PreambleReader::new(versions, BeforePreamble::Nothing)),
            reader: FrameReader::default(),
            unsent: versions.preamble(),
            open: BTreeMap::new(),
            messages: VecDeque::new(),
        }
    }

    /// Takes received bytes.
    ///
    /// # Errors
    ///
    /// The first protocol violation. Messages before it are still returned by
    /// [`Self::poll_message`].
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        if let Some(preamble) = &mut self.preamble {
            let Some(found) = preamble.push(bytes)? else { return Ok(()) };
            self.preamble = None;
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
        let (head, body) = MessageHead::read(message)?;
        match head {
            MessageHead::Request { id, service: ServiceName::Unknown } => {
                self.refuse_now(id, "this pontoon does not have that service")
            }
            // A bound, so that a near end cannot make this end hold any number of requests.
            MessageHead::Request { id, .. } if self.open.len() >= PENDING_MAX => {
                self.refuse_now(id, "too many requests wait for their answers")
            }
            MessageHead::Request { id, service } => {
                self.open.insert(id, service);
                self.messages.push_back(ServiceMessage { service, id: Some(id), body });
                Ok(())
            }
            MessageHead::Notice { service } => {
                self.messages.push_back(ServiceMessage { service, id: None, body });
                Ok(())
            }
            MessageHead::Response { .. }
            | MessageHead::Refusal { .. }
            | MessageHead::Push { .. } => Err(ProtocolError::WrongDirection),
        }
    }

    /// The next request or notice for a service.
    pub fn poll_message(&mut self) -> Option<ServiceMessage> {
        self.messages.pop_front()
    }

    /// Responds to a request. A response that is too long for a message becomes a refusal with that
    /// reason.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::UnknownRequest`] if the request is not open, [`ProtocolError::Unread`] if
    /// the near end does not read.
    pub fn respond(&mut self, id: RequestId, body: &[u8]) -> Result<(), ProtocolError> {
        self.open.remove(&id).ok_or(ProtocolError::UnknownRequest)?;
        match (MessageHead::Response { id }).write(body) {
            Ok(wire) => self.send(&wire),
            Err(error) => self.refuse_now(id, &format!("the answer cannot be sent: {error}")),
        }
    }

    /// Refuses a request, with the reason.
    ///
    /// # Errors
    ///
    /// As [`Self::respond`].
    pub fn refuse(&mut self, id: RequestId, why: &str) -> Result<(), ProtocolError> {
        self.open.remove(&id).ok_or(ProtocolError::UnknownRequest)?;
        self.refuse_now(id, why)
    }

    fn refuse_now(&mut self, id: RequestId, why: &str) -> Result<(), ProtocolError> {
        let wire = MessageHead::Refusal { id }.write(why.as_bytes())?;
        self.send(&wire)
    }

    /// Sends an unsolicited message of a service.
    ///
    /// # Errors
    ///
    /// The message is too long, or the near end does not read.
    pub fn push(&mut self, service: ServiceName, body: &[u8]) -> Result<(), ProtocolError> {
        let wire = MessageHead::Push { service }.write(body)?;
        self.send(&wire)
    }

    fn send(&mut self, wire: &[u8]) -> Result<(), ProtocolError> {
        if self.unsent.len() + wire.len() > UNSENT_MAX {
            return Err(ProtocolError::Unread);
        }
        self.unsent.extend_from_slice(wire);
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
}
