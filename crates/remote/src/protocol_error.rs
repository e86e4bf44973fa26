//! Errors of the session protocol.

use pontoon_model::untrusted::Untrusted;

use crate::framing::FramingError;
use crate::limits::{PENDING_MAX, UNSENT_MAX, UNSOLICITED_MAX};
use crate::preamble::PreambleError;

/// Why a session cannot continue. No further bytes are read after it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The preamble is missing or has other versions.
    #[error(transparent)]
    Preamble(#[from] PreambleError),
    /// The bytes are not valid frames.
    #[error("the other end broke the protocol: {0}")]
    Framing(FramingError),
    /// The head of a message is missing or not valid.
    #[error("the other end broke the protocol: a message has no head")]
    UnreadableHead,
    /// The body of a message is not what its service expects.
    #[error("the other end broke the protocol: a message could not be read ({why})")]
    UnreadableBody {
        /// The error of the parser; it quotes one word of the message at most.
        why: String,
    },
    /// A message of a type that only the opposite end may send.
    #[error("the other end broke the protocol: it sent what only this end may send")]
    WrongDirection,
    /// A response to a request that does not exist.
    #[error("the other end broke the protocol: it answered what it was not asked")]
    UnknownRequest,
    /// More unsolicited bytes than any service sends.
    #[error("the other end floods: more than {UNSOLICITED_MAX} bytes came without being asked for")]
    Floods,
    /// The other end does not read what is sent to it.
    #[error("the other end does not read: more than {UNSENT_MAX} bytes wait for it")]
    Unread,
    /// More requests are open than a session may have.
    #[error("more than {PENDING_MAX} requests wait for their answers")]
    TooManyRequests,
    /// There was no preamble in time.
    #[error("the other end does not answer in time")]
    Silent,
    /// The byte stream ended.
    #[error("the connection ended{}{}", if *.is_torn { " in the middle of a message" } else { "" }, said_instead(.said))]
    Ended {
        /// Whether it ended within a message.
        is_torn: bool,
        /// Output in place of a preamble; empty once a preamble was read.
        said: Untrusted,
    },
}

impl From<FramingError> for ProtocolError {
    fn from(error: FramingError) -> Self {
        Self::Framing(error)
    }
}

fn said_instead(said: &Untrusted) -> String {
    if said.raw().trim().is_empty() { String::new() } else { format!("; it said `{said}`") }
}
