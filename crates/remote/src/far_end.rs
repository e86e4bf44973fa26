//! The end that answers, without sockets: bytes go in, requests come out, and answers and
//! unsolicited messages are taken.

use std::collections::{BTreeMap, VecDeque};

use crate::framing::FrameReader;
use crate::limits::{PENDING_MAX, UNSENT_MAX};
use crate::message::{MessageHead, RequestId, ServiceName};
use crate::preamble::{BeforePreamble, PreambleReader, VERSIONS, VersionRange};
use crate::protocol_error::ProtocolError;

/// What a service is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceMessage {
    /// The service.
    pub service: ServiceName,
    /// By this it is answered; none: it is not.
    pub id: Option<RequestId>,
    /// What only the service reads.
    pub body: Vec<u8>,
}

/// The state of a session at the end that answers.
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
    /// An end that speaks these versions.
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

    /// Takes what came.
    ///
    /// # Errors
    ///
    /// What is wrong with it. What was whole before that is still in [`Self::poll_message`].
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

    /// The next thing that a service is told.
    pub fn poll_message(&mut self) -> Option<ServiceMessage> {
        self.messages.pop_front()
    }

    /// Answers a request. An answer that is longer than a message may be becomes a refusal that
    /// says so.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::UnknownRequest`] for one that is not open, [`ProtocolError::Unread`].
    pub fn respond(&mut self, id: RequestId, body: &[u8]) -> Result<(), ProtocolError> {
        self.open.remove(&id).ok_or(ProtocolError::UnknownRequest)?;
        match (MessageHead::Response { id }).write(body) {
            Ok(wire) => self.send(&wire),
            Err(error) => self.refuse_now(id, &format!("the answer cannot be sent: {error}")),
        }
    }

    /// Says why a request has no other answer.
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

    /// Says something unsolicited.
    ///
    /// # Errors
    ///
    /// A message that is too long, or an end that does not read.
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

    /// What is to be sent; [`Self::handle_transmitted`] takes it away.
    #[must_use]
    pub fn poll_transmit(&self) -> &[u8] {
        &self.unsent
    }

    /// So many bytes of [`Self::poll_transmit`] have been sent.
    pub fn handle_transmitted(&mut self, count: usize) {
        self.unsent.drain(..count.min(self.unsent.len()));
    }
}
