//! Bytes between programs: base64 in JSON, a third longer than they are, where numbers would be
//! four times as long.

use data_encoding::BASE64;
use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de};

pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    BASE64.encode(bytes).serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64.decode(text.as_bytes()).map_err(de::Error::custom)
}

/// Several of them.
pub(crate) mod list {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de};

    use super::BASE64;

    pub(crate) fn serialize<S: Serializer>(
        all: &[Vec<u8>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let texts: Vec<_> = all.iter().map(|bytes| BASE64.encode(bytes)).collect();
        texts.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Vec<u8>>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let read = texts.iter().map(|text| BASE64.decode(text.as_bytes()));
        read.collect::<Result<_, _>>().map_err(de::Error::custom)
    }
}
