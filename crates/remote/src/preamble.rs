//! The preamble: the first line of each end, with the protocol versions that it supports.
//!
//! Both ends send a line `PONTOON-REMOTE/LOWEST-HIGHEST` without waiting for the other, and both
//! use the highest version that is in both ranges. The login shell of the host may print anything
//! before the far end's line.

use std::fmt;

use pontoon_model::untrusted::Untrusted;

use crate::limits::{GREETING_MAX, SHOWN_MAX};

/// The versions that this pontoon supports. Any change to a message of a service makes a new
/// version.
pub const VERSIONS: VersionRange = VersionRange { lowest: 6, highest: 6 };

const NAME: &[u8] = b"PONTOON-REMOTE/";
/// First words of pontoons with protocol versions before 4, which had one protocol for each
/// purpose.
const OLDER_NAMES: [&[u8]; 2] = [b"PONTOON-AGENT/", b"PONTOON-CLUSTER/"];
/// Longest `LOWEST-HIGHEST` with its line break, in bytes: two `u32` of ten digits each.
const RANGE_MAX: usize = 22;

/// A range of protocol versions, both included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VersionRange {
    /// The oldest supported version.
    pub lowest: u32,
    /// The newest supported version.
    pub highest: u32,
}

impl VersionRange {
    /// The newest version that is in both ranges.
    #[must_use]
    pub fn newest_common(self, other: Self) -> Option<u32> {
        let newest = self.highest.min(other.highest);
        (newest >= self.lowest.max(other.lowest)).then_some(newest)
    }

    /// The preamble line of this range.
    #[must_use]
    pub fn preamble(self) -> Vec<u8> {
        let range = format!("{}-{}\n", self.lowest, self.highest);
        [NAME, range.as_bytes()].concat()
    }

    /// Parses the `LOWEST-HIGHEST` part.
    fn parse(text: &[u8]) -> Option<Self> {
        let (lowest, highest) = std::str::from_utf8(text).ok()?.split_once('-')?;
        let number = |text: &str| {
            // `u32::from_str` accepts a sign.
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<u32>().ok()).flatten()
        };
        let range = Self { lowest: number(lowest)?, highest: number(highest)? };
        (range.lowest <= range.highest).then_some(range)
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lowest == self.highest {
            write!(f, "{}", self.lowest)
        } else {
            write!(f, "{} to {}", self.lowest, self.highest)
        }
    }
}

/// Why a session cannot begin.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PreambleError {
    /// The other program is not pontoon.
    #[error("what answers is not pontoon: it said `{said}`")]
    NotPontoon {
        /// The beginning of its output.
        said: Untrusted,
    },
    /// The other end has no version in common with this one.
    #[error(
        "the other end speaks version {} of the protocol, this pontoon version {ours}: install the same pontoon on both hosts",
        theirs.map_or_else(|| "3 or older".to_owned(), |theirs| theirs.to_string())
    )]
    OtherVersion {
        /// Its versions; absent for a pontoon from before version 4, which does not send them.
        theirs: Option<VersionRange>,
        /// The versions of this pontoon.
        ours: VersionRange,
    },
}

/// Whether other output may precede the preamble.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BeforePreamble {
    /// Output of a login shell may precede it.
    Anything,
    /// Nothing may precede it: the input of a far end comes from pontoon alone.
    Nothing,
}

/// Finds the preamble in the first bytes of the other end.
#[derive(Debug)]
pub(crate) struct PreambleReader {
    ours: VersionRange,
    before: BeforePreamble,
    said: Vec<u8>,
}

/// The negotiated version, and the bytes behind the preamble.
pub(crate) struct FoundPreamble {
    pub(crate) version: u32,
    pub(crate) rest: Vec<u8>,
}

impl PreambleReader {
    pub(crate) const fn new(ours: VersionRange, before: BeforePreamble) -> Self {
        Self { ours, before, said: Vec::new() }
    }

    /// The bytes before the preamble, for messages.
    pub(crate) fn said(&self) -> Untrusted {
        shown(&self.said)
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Option<FoundPreamble>, PreambleError> {
        self.said.extend_from_slice(bytes);
        if let Some((theirs, end)) = find(&self.said) {
            let version = self.ours.newest_common(theirs);
            let other = PreambleError::OtherVersion { theirs: Some(theirs), ours: self.ours };
            // Without a login shell, the preamble must be the very first line.
            let is_first = end == theirs.preamble().len();
            if self.before == BeforePreamble::Anything || is_first {
                let rest = self.said.split_off(end);
                return version.map(|version| Some(FoundPreamble { version, rest })).ok_or(other);
            }
        }
        if is_older(&self.said) {
            return Err(PreambleError::OtherVersion { theirs: None, ours: self.ours });
        }
        let compared = self.said.len().min(NAME.len());
        // 64 bytes are more than any preamble has.
        let is_noise = self.said[..compared] != NAME[..compared] || self.said.len() > 64;
        let is_too_long = self.said.len() > GREETING_MAX;
        if is_too_long || self.before == BeforePreamble::Nothing && is_noise {
            return Err(PreambleError::NotPontoon { said: self.said() });
        }
        Ok(None)
    }
}

pub(crate) fn shown(said: &[u8]) -> Untrusted {
    Untrusted::from_bytes(&said[..said.len().min(SHOWN_MAX)])
}

/// The first complete preamble, and the offset of its end.
fn find(said: &[u8]) -> Option<(VersionRange, usize)> {
    let begins = said.windows(NAME.len()).enumerate().filter(|(_, part)| *part == NAME);
    let mut whole = begins.filter_map(|(begin, _)| {
        let range = &said[begin + NAME.len()..];
        let length = range.iter().take(RANGE_MAX).position(|byte| *byte == b'\n')?;
        let versions = VersionRange::parse(&range[..length])?;
        Some((versions, begin + NAME.len() + length + 1))
    });
    whole.next()
}

/// Whether a complete line is the preamble of a pontoon from before version 4.
fn is_older(said: &[u8]) -> bool {
    let whole = said.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |end| &said[..end]);
    // Any line may be it, as output of a login shell can precede it.
    let mut lines = whole.split(|byte| *byte == b'\n');
    lines.any(|line| OLDER_NAMES.iter().any(|name| line.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OURS: VersionRange = VersionRange { lowest: 4, highest: 6 };

    fn read(bytes: &[u8], before: BeforePreamble) -> Result<Option<(u32, Vec<u8>)>, PreambleError> {
        let mut reader = PreambleReader::new(OURS, before);
        reader.push(bytes).map(|found| found.map(|found| (found.version, found.rest)))
    }

    #[test]
    fn the_newest_version_of_both_is_spoken() {
        let table = [
            ("PONTOON-REMOTE/4-6\nx", Some(6)),
            ("PONTOON-REMOTE/5-5\nx", Some(5)),
            ("PONTOON-REMOTE/1-4\nx", Some(4)),
            ("PONTOON-REMOTE/6-9\nx", Some(6)),
            ("Welcome\nPONTOON-REMOTE/4-6\nx", Some(6)),
            ("no line break PONTOON-REMOTE/4-6\nx", Some(6)),
            // A line that only contains the name is no preamble.
            ("PONTOON-REMOTE/of\nPONTOON-REMOTE/4-6\nx", Some(6)),
            ("PONTOON-REMOTE/6-4\nx", None),
            ("PONTOON-REMOTE/4-99999999999\nx", None),
            ("PONTOON-REMOTE/+4-6\nx", None),
            ("PONTOON-REMOTE/4-6", None),
            ("", None),
        ];
        for (said, version) in table {
            let expected = version.map(|version| (version, b"x".to_vec()));
            assert_eq!(read(said.as_bytes(), BeforePreamble::Anything), Ok(expected), "{said}");
        }
    }

    #[test]
    fn versions_that_differ_are_both_named() {
        for (said, theirs) in [
            ("PONTOON-REMOTE/7-9\n", "version 7 to 9"),
            ("PONTOON-REMOTE/3-3\n", "version 3 of"),
            ("hello\nPONTOON-AGENT/1\n", "version 3 or older"),
            ("PONTOON-CLUSTER/2\n", "version 3 or older"),
        ] {
            let error = read(said.as_bytes(), BeforePreamble::Anything).unwrap_err().to_string();
            assert!(error.contains(theirs), "{said}: {error}");
            assert!(error.contains("this pontoon version 4 to 6"), "{said}: {error}");
        }
    }

    #[test]
    fn what_is_no_pontoon_is_named_with_its_words() {
        let yes = b"y\n".repeat(GREETING_MAX);
        let error = read(&yes, BeforePreamble::Anything).unwrap_err();
        assert!(matches!(&error, PreambleError::NotPontoon { said } if said.raw().len() == 80));
        // A far end expects the preamble as the very first bytes.
        for said in [&b"hello"[..], b"\0\0\0\x10{", b"xPONTOON-REMOTE/4-6\n", b"PONTOON-RX"] {
            let error = read(said, BeforePreamble::Nothing).unwrap_err();
            assert!(matches!(error, PreambleError::NotPontoon { .. }), "{error}");
        }
        let first = read(b"PONTOON-REMOTE/4-6\n", BeforePreamble::Nothing);
        assert_eq!(first, Ok(Some((6, Vec::new()))));
    }

    proptest! {
        #[test]
        fn a_preamble_is_found_however_it_is_cut(
            greeting in "[ -~\n]{0,200}", rest in proptest::collection::vec(any::<u8>(), 0..50), step in 1usize..40,
        ) {
            let wire = [greeting.as_bytes(), b"\n", &OURS.preamble(), &rest].concat();
            let mut reader = PreambleReader::new(OURS, BeforePreamble::Anything);
            let mut after: Option<Vec<u8>> = None;
            for piece in wire.chunks(step) {
                match &mut after {
                    Some(after) => after.extend_from_slice(piece),
                    None => after = reader.push(piece).unwrap().map(|found| found.rest),
                }
            }
            prop_assert_eq!(after, Some(rest));
        }
    }
}
