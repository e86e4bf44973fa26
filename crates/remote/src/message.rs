//! Messages: a head line with the type, and a body that only the service decodes.
//!
//! Head and bodies are JSON: sessions are short, so size matters less than a readable trace. The
//! session layer does not decode bodies.

use serde::{Deserialize, Serialize};

use crate::framing::write_frames;
use crate::limits::HEAD_MAX;
use crate::protocol_error::ProtocolError;

/// The services of a far end. One process on a host serves all of them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ServiceName {
    /// Part of a network survey: sends frames and reports what arrived.
    Survey,
    /// Examines this host as a node of a cluster.
    Node,
    /// Examines this host as one that is to join a cluster, and queries API servers from it.
    Join,
    /// A service of a newer version.
    #[serde(other)]
    Unknown,
}

/// The number of a request within its session; its response has the same.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct RequestId(pub(crate) u64);

/// The head of a message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MessageHead {
    /// To the far end, which answers with a response or a refusal.
    Request { id: RequestId, service: ServiceName },
    /// To the far end, without a response.
    Notice { service: ServiceName },
    /// From the far end: the response to a request.
    Response { id: RequestId },
    /// From the far end: the reason why a request has no response, as text.
    Refusal { id: RequestId },
    /// From the far end: an unsolicited message.
    Push { service: ServiceName },
}

impl MessageHead {
    /// Encodes a message with this head as frames.
    pub(crate) fn write(self, body: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        // Serialising this enum cannot fail: it contains no maps.
        let mut message = serde_json::to_vec(&self).map_err(|_| ProtocolError::UnreadableHead)?;
        message.push(b'\n');
        message.extend_from_slice(body);
        write_frames(&message).map_err(ProtocolError::Framing)
    }

    /// Splits a message into head and body.
    pub(crate) fn read(mut message: Vec<u8>) -> Result<(Self, Vec<u8>), ProtocolError> {
        // The search is bounded: a message without a head is rejected after HEAD_MAX bytes.
        let mut beginning = message.iter().take(HEAD_MAX);
        let end = beginning.position(|byte| *byte == b'\n').ok_or(ProtocolError::UnreadableHead)?;
        let head = serde_json::from_slice(&message[..end]);
        let head = head.map_err(|_| ProtocolError::UnreadableHead)?;
        message.drain(..=end);
        Ok((head, message))
    }
}

/// Encodes the body of a message.
///
/// # Errors
///
/// [`ProtocolError::UnreadableBody`] for a value that JSON cannot express, such as a map whose keys
/// are not strings.
pub fn write_body(value: &impl Serialize) -> Result<Vec<u8>, ProtocolError> {
    serde_json::to_vec(value)
        .map_err(|error| ProtocolError::UnreadableBody { why: error.to_string() })
}

/// Decodes the body of a message.
///
/// # Errors
///
/// [`ProtocolError::UnreadableBody`] if it is not JSON or has another structure.
pub fn read_body<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, ProtocolError> {
    serde_json::from_slice(body)
        .map_err(|error| ProtocolError::UnreadableBody { why: error.to_string() })
}
