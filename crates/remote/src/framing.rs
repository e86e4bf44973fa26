//! Frames: messages on a byte stream.
//!
//! A frame is a big-endian `u32` length and that many bytes. The top bit of the length means that
//! the message continues in the next frame, so no frame exceeds [`FRAME_MAX`], and a reader knows
//! the size of a frame before it buffers it.

use crate::limits::{FRAME_MAX, MESSAGE_MAX};

/// The bit of the length that means "continued in the next frame".
const CONTINUES: u32 = 1 << 31;

/// Bytes that are not valid frames, or a message that is too long for frames.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// A frame or message is too long.
    #[error("a message of more than {limit} bytes came")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// An empty frame that announces another one: a sender could repeat it endlessly.
    #[error("an empty part of a message came")]
    EmptyPart,
}

/// Encodes a message as frames.
///
/// # Errors
///
/// [`FramingError::TooLong`] if it has more than [`MESSAGE_MAX`] bytes.
pub fn write_frames(message: &[u8]) -> Result<Vec<u8>, FramingError> {
    if message.len() > MESSAGE_MAX {
        return Err(FramingError::TooLong { limit: MESSAGE_MAX });
    }
    let mut wire = Vec::with_capacity(message.len() + 8);
    let mut parts = message.chunks(FRAME_MAX - 4).peekable();
    if parts.peek().is_none() {
        wire.extend_from_slice(&0_u32.to_be_bytes());
    }
    while let Some(part) = parts.next() {
        // A part is shorter than FRAME_MAX, so the length fits.
        let length = u32::try_from(part.len()).unwrap_or(0);
        let more = if parts.peek().is_some() { CONTINUES } else { 0 };
        wire.extend_from_slice(&(length | more).to_be_bytes());
        wire.extend_from_slice(part);
    }
    Ok(wire)
}

/// Reassembles messages from a byte stream.
#[derive(Debug, Default)]
pub struct FrameReader {
    wire: Vec<u8>,
    message: Vec<u8>,
}

impl FrameReader {
    /// Appends received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.wire.extend_from_slice(bytes);
    }

    /// Returns the next complete message, if there is one.
    ///
    /// # Errors
    ///
    /// If the bytes are not valid frames; the rest of the stream cannot be read then.
    pub fn read(&mut self) -> Result<Option<Vec<u8>>, FramingError> {
        while let Some((head, rest)) = self.wire.split_first_chunk::<4>() {
            let head = u32::from_be_bytes(*head);
            let length = usize::try_from(head & !CONTINUES).unwrap_or(usize::MAX);
            // Checked before the frame has arrived, so that a wrong length is noticed at once.
            if length > FRAME_MAX {
                return Err(FramingError::TooLong { limit: FRAME_MAX });
            }
            if head == CONTINUES {
                return Err(FramingError::EmptyPart);
            }
            let Some(part) = rest.get(..length) else { return Ok(None) };
            if self.message.len() + length > MESSAGE_MAX {
                return Err(FramingError::TooLong { limit: MESSAGE_MAX });
            }
            self.message.extend_from_slice(part);
            self.wire.drain(..4 + length);
            // Parts of one message arrive in sequence; frames of different messages are never
            // mixed.
            if head & CONTINUES == 0 {
                return Ok(Some(std::mem::take(&mut self.message)));
            }
        }
        Ok(None)
    }

    /// Whether no part of an incomplete message is buffered.
    #[must_use]
    pub fn is_between_messages(&self) -> bool {
        self.wire.is_empty() && self.message.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_length_beyond_the_limit_ends_the_conversation() {
        let mut reader = FrameReader::default();
        reader.push(&0x7fff_ffff_u32.to_be_bytes());
        assert_eq!(reader.read(), Err(FramingError::TooLong { limit: FRAME_MAX }));
    }

    #[test]
    fn an_endless_message_ends_the_conversation() {
        let mut reader = FrameReader::default();
        let length = u32::try_from(FRAME_MAX).unwrap();
        let mut frame = (length | CONTINUES).to_be_bytes().to_vec();
        frame.resize(4 + FRAME_MAX, b' ');
        for _ in 0..=MESSAGE_MAX / FRAME_MAX {
            reader.push(&frame);
        }
        assert_eq!(reader.read(), Err(FramingError::TooLong { limit: MESSAGE_MAX }));
        let mut reader = FrameReader::default();
        reader.push(&CONTINUES.to_be_bytes());
        assert_eq!(reader.read(), Err(FramingError::EmptyPart));
    }

    #[test]
    fn a_message_that_is_too_long_is_not_written() {
        let longest = vec![b'x'; MESSAGE_MAX];
        let mut reader = FrameReader::default();
        reader.push(&write_frames(&longest).unwrap());
        assert_eq!(reader.read().unwrap(), Some(longest));
        assert!(reader.is_between_messages());
        let too_long = vec![b'x'; MESSAGE_MAX + 1];
        assert_eq!(write_frames(&too_long), Err(FramingError::TooLong { limit: MESSAGE_MAX }));
    }

    proptest! {
        #[test]
        fn messages_survive_any_cutting(
            texts in proptest::collection::vec(".{0,40}", 1..5), long in 0usize..200_000, step in 1usize..70_000,
        ) {
            let mut texts = texts;
            texts.push("x".repeat(long));
            let wire: Vec<u8> =
                texts.iter().flat_map(|text| write_frames(text.as_bytes()).unwrap()).collect();
            let (mut reader, mut read) = (FrameReader::default(), Vec::new());
            for piece in wire.chunks(step) {
                reader.push(piece);
                while let Some(text) = reader.read().unwrap() {
                    read.push(String::from_utf8(text).unwrap());
                }
            }
            prop_assert_eq!(read, texts);
            prop_assert!(reader.is_between_messages());
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut reader = FrameReader::default();
            reader.push(&bytes);
            while let Ok(Some(message)) = reader.read() {
                prop_assert!(message.len() <= bytes.len());
            }
        }
    }
}
