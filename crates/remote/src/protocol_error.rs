//! What can be wrong with what the other end says.

use pontoon_model::untrusted::Untrusted;

use crate::framing::FramingError;
use crate::limits::{PENDING_MAX, UNSENT_MAX, UNSOLICITED_MAX};
use crate::preamble::PreambleError;

/// Why a conversation cannot go on. After it, nothing that comes is read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// It does not begin.
    #[error(transparent)]
    Preamble(#[from] PreambleError),
    /// It is not cut into frames as agreed.
    #[error("the other end broke the protocol: {0}")]
    Framing(FramingError),
    /// The head of a message is none.
    #[error("the other end broke the protocol: a message has no head")]
    UnreadableHead,
    /// The body of a message is not what its service sends.
    #[error("the other end broke the protocol: a message could not be read ({why})")]
    UnreadableBody {
        /// What the parser says; it quotes no more than a word of the message.
        why: String,
    },
    /// A message that only the other side may send.
    #[error("the other end broke the protocol: it sent what only this end may send")]
    WrongDirection,
    /// An answer to a request that was never made.
    #[error("the other end broke the protocol: it answered what it was not asked")]
    UnknownRequest,
    /// More unsolicited bytes than any service sends.
    #[error("the other end floods: more than {UNSOLICITED_MAX} bytes came without being asked for")]
    Floods,
    /// It does not read what is sent to it.
    #[error("the other end does not read: more than {UNSENT_MAX} bytes wait for it")]
    Unread,
    /// More requests than may be open at the same time.
    #[error("more than {PENDING_MAX} requests wait for their answers")]
    TooManyRequests,
    /// No preamble in time.
    #[error("the other end does not answer in time")]
    Silent,
    /// The bytes ended.
    #[error("the connection ended{}{}", if *.is_torn { " in the middle of a message" } else { "" }, said_instead(.said))]
    Ended {
        /// Whether that was within a message.
        is_torn: bool,
        /// What was said in place of a preamble; empty after one.
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
