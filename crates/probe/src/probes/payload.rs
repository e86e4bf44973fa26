//! Bytes to send, written as hexadecimal digits.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a datagram carries.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct ProbePayload(Vec<u8>);

impl ProbePayload {
    /// What fits an Ethernet frame beside the headers of IPv6 and UDP.
    pub const MAX_BYTES: usize = 1_452;

    /// Takes the bytes; `None` when they are too many.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= Self::MAX_BYTES).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for ProbePayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ProbePayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ProbePayload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProbePayload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let digit = |letter: &u8| char::from(*letter).to_digit(16);
        let byte = |pair: &[u8]| match pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        };
        let bytes = text.as_bytes().chunks(2).map(byte).collect::<Option<Vec<u8>>>();
        bytes.and_then(Self::new).ok_or_else(|| {
            serde::de::Error::custom("a payload is pairs of hexadecimal digits, 1452 at most")
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_payload_is_read_as_it_is_written(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let payload = ProbePayload::new(bytes).unwrap();
            let text = serde_json::to_string(&payload).unwrap();
            prop_assert_eq!(serde_json::from_str::<ProbePayload>(&text).unwrap(), payload);
        }

        #[test]
        fn no_text_breaks_the_reader_of_payloads(text: String) {
            if let Ok(payload) = serde_json::from_str::<ProbePayload>(&serde_json::to_string(&text).unwrap()) {
                prop_assert_eq!(payload.to_string(), text.to_ascii_lowercase());
            }
        }
    }
}
