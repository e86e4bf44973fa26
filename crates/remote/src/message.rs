//! A message: a line that says what it is, and a body that only its service reads.
//!
//! The line is JSON, and so are the bodies of all services: a session happens once, and a person
//! can read what was sent. What carries messages does not look into bodies.

use serde::{Deserialize, Serialize};

use crate::framing::write_frames;
use crate::limits::HEAD_MAX;
use crate::protocol_error::ProtocolError;

/// What a far end can be asked to do. One process on a host serves all of them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ServiceName {
    /// Take part in a survey of the network: send frames, and report what arrived.
    Survey,
    /// Look at this host as a node of a cluster.
    Node,
    /// Look at this host as one that is to join a cluster, and ask API servers from it.
    Join,
    /// A service that this version does not know.
    #[serde(other)]
    Unknown,
}

/// The number of a request in its session: its answer bears the same.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct RequestId(pub(crate) u64);

/// What a message is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MessageHead {
    /// To the far end: it is answered by a response or a refusal.
    Request { id: RequestId, service: ServiceName },
    /// To the far end: it is not answered.
    Notice { service: ServiceName },
    /// From the far end: the answer to a request.
    Response { id: RequestId },
    /// From the far end: why a request has no other answer, as text.
    Refusal { id: RequestId },
    /// From the far end: something that answers no request.
    Push { service: ServiceName },
}

impl MessageHead {
    /// Writes a message with this head as frames.
    pub(crate) fn write(self, body: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        // An enum without maps is always JSON.
        let mut message = serde_json::to_vec(&self).map_err(|_| ProtocolError::UnreadableHead)?;
        message.push(b'\n');
        message.extend_from_slice(body);
        write_frames(&message).map_err(ProtocolError::Framing)
    }

    /// Takes a message apart.
    pub(crate) fn read(mut message: Vec<u8>) -> Result<(Self, Vec<u8>), ProtocolError> {
        let mut beginning = message.iter().take(HEAD_MAX);
        let end = beginning.position(|byte| *byte == b'\n').ok_or(ProtocolError::UnreadableHead)?;
        let head = serde_json::from_slice(&message[..end]);
        let head = head.map_err(|_| ProtocolError::UnreadableHead)?;
        message.drain(..=end);
        Ok((head, message))
    }
}

/// The body of a message.
///
/// # Errors
///
/// [`ProtocolError::UnreadableBody`] for a value that is no JSON, such as a map with keys that are
/// no strings.
pub fn write_body(value: &impl Serialize) -> Result<Vec<u8>, ProtocolError> {
    serde_json::to_vec(value)
        .map_err(|error| ProtocolError::UnreadableBody { why: error.to_string() })
}

/// Reads the body of a message.
///
/// # Errors
///
/// [`ProtocolError::UnreadableBody`].
pub fn read_body<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, ProtocolError> {
    serde_json::from_slice(body)
        .map_err(|error| ProtocolError::UnreadableBody { why: error.to_string() })
}
