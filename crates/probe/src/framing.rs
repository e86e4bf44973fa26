//! Messages on a pipe: a length, then JSON.
//!
//! A frame is a big-endian `u32` and that many bytes. The top bit of the length says that the
//! message goes on in the next frame, so that no frame exceeds [`FRAME_MAX`].

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest frame in bytes: what one pipe holds on Linux (pipe(7)).
pub const FRAME_MAX: usize = 64 * 1024;
/// Longest message in bytes: a snapshot of a host with thousands of routes fits.
pub const MESSAGE_MAX: usize = 4 * 1024 * 1024;

const GOES_ON: u32 = 1 << 31;

/// What came over the pipe is not what an agent or coordinator says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// A frame or message is too long.
    #[error("a message of more than {limit} bytes came: this is not a pontoon of our version")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// A message is not the JSON that was expected.
    #[error("a message could not be read: this is not a pontoon of our version")]
    NotOurs(#[source] serde_json::Error),
}

/// Writes a message as frames.
///
/// # Errors
///
/// [`FramingError::TooLong`].
pub fn write<T: Serialize>(message: &T) -> Result<Vec<u8>, FramingError> {
    let json = serde_json::to_vec(message).map_err(FramingError::NotOurs)?;
    if json.len() > MESSAGE_MAX {
        return Err(FramingError::TooLong { limit: MESSAGE_MAX });
    }
    let mut wire = Vec::with_capacity(json.len() + 8);
    let mut parts = json.chunks(FRAME_MAX - 4).peekable();
    while let Some(part) = parts.next() {
        // A part is at most FRAME_MAX bytes long.
        let length = u32::try_from(part.len()).unwrap_or(0);
        let more = if parts.peek().is_some() { GOES_ON } else { 0 };
        wire.extend_from_slice(&(length | more).to_be_bytes());
        wire.extend_from_slice(part);
    }
    Ok(wire)
}

/// Puts messages together again from whatever pieces a pipe delivers.
#[derive(Debug, Default)]
pub struct Reader {
    wire: Vec<u8>,
    message: Vec<u8>,
}

impl Reader {
    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.wire.extend_from_slice(bytes);
    }

    /// Returns the next whole message, if there is one.
    ///
    /// # Errors
    ///
    /// When what came is not ours; then nothing that follows can be read either.
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FramingError> {
        while let Some((head, rest)) = self.wire.split_first_chunk::<4>() {
            let head = u32::from_be_bytes(*head);
            let length = usize::try_from(head & !GOES_ON).unwrap_or(usize::MAX);
            if length > FRAME_MAX {
                return Err(FramingError::TooLong { limit: FRAME_MAX });
            }
            let Some(part) = rest.get(..length) else { return Ok(None) };
            // An empty part that goes on would go on for ever.
            if self.message.len() + length > MESSAGE_MAX || head == GOES_ON {
                return Err(FramingError::TooLong { limit: MESSAGE_MAX });
            }
            self.message.extend_from_slice(part);
            self.wire.drain(..4 + length);
            if head & GOES_ON == 0 {
                let message = std::mem::take(&mut self.message);
                return serde_json::from_slice(&message).map(Some).map_err(FramingError::NotOurs);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_length_beyond_the_limit_ends_the_conversation() {
        let mut reader = Reader::default();
        reader.push(&0x7fff_ffff_u32.to_be_bytes());
        assert!(matches!(reader.read::<String>(), Err(FramingError::TooLong { .. })));
    }

    #[test]
    fn an_endless_message_ends_the_conversation() {
        let mut reader = Reader::default();
        let length = u32::try_from(FRAME_MAX).unwrap();
        let mut frame = (length | GOES_ON).to_be_bytes().to_vec();
        frame.resize(4 + FRAME_MAX, b' ');
        for _ in 0..=MESSAGE_MAX / FRAME_MAX {
            reader.push(&frame);
        }
        assert!(matches!(reader.read::<String>(), Err(FramingError::TooLong { .. })));
    }

    proptest! {
        #[test]
        fn messages_survive_any_cutting(
            texts in proptest::collection::vec(".{0,40}", 1..5), long in 0usize..200_000, step in 1usize..70_000,
        ) {
            let mut texts = texts;
            texts.push("x".repeat(long));
            let wire: Vec<u8> = texts.iter().flat_map(|text| write(text).unwrap()).collect();
            let (mut reader, mut read) = (Reader::default(), Vec::<String>::new());
            for piece in wire.chunks(step) {
                reader.push(piece);
                while let Some(text) = reader.read().unwrap() { read.push(text); }
            }
            prop_assert_eq!(read, texts);
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut reader = Reader::default();
            reader.push(&bytes);
            while let Ok(Some(_)) = reader.read::<serde_json::Value>() {}
        }
    }
}
