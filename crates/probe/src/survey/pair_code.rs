//! The code that a person carries from one host to the other, where nothing else connects the two.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use pontoon_model::net::Mac;
use pontoon_model::untrusted::Untrusted;

use crate::run_key::{NoRandomness, RunKey};

/// A code that is printed on the first host and typed on the second: it carries the secret of the
/// run, the first host's MAC, the port on which both answer, and when the rounds began to count.
///
/// Anyone who knows it can forge packets of this one run, and nothing else.
#[derive(Clone, Eq, PartialEq)]
pub struct PairCode {
    secret: [u8; SECRET],
    /// The MAC of the first host on the link between the two.
    pub mac: Mac,
    /// The UDP port on which both hosts answer.
    pub port: u16,
    /// Seconds since 1970 at which round 1 began.
    pub epoch_s: u32,
}

/// Enough for a run of minutes, and short enough to type.
const SECRET: usize = 10;
/// Version, secret, MAC, port, epoch, check.
const BYTES: usize = 1 + SECRET + 6 + 2 + 4 + 2;
const VERSION: u8 = 1;
/// Letters between two dashes.
const GROUP: usize = 5;

/// A text is no code.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a pair code: type it as the other host printed it (eight groups of five)")]
pub struct NotAPairCode(Untrusted);

impl PairCode {
    /// Makes the code of a run whose rounds count from `epoch_s`.
    pub(super) fn new(key: &PairSecret, mac: Mac, epoch_s: u32) -> Self {
        let [high, low, ..] = key.key().tag(b"pair port");
        // The dynamic range (RFC 6335, section 6), below which other programs live.
        let port = u16::from_be_bytes([high, low]) | 0xc000;
        Self { secret: key.0, mac, port, epoch_s }
    }

    /// The secret of the run.
    pub(super) const fn secret(&self) -> PairSecret {
        PairSecret(self.secret)
    }

    fn bytes(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[0] = VERSION;
        bytes[1..11].copy_from_slice(&self.secret);
        bytes[11..17].copy_from_slice(&self.mac.0);
        bytes[17..19].copy_from_slice(&self.port.to_be_bytes());
        bytes[19..23].copy_from_slice(&self.epoch_s.to_be_bytes());
        let check = check(&bytes[..23]);
        bytes[23..].copy_from_slice(&check);
        bytes
    }
}

/// Crockford's base 32 (<https://www.crockford.com/base32.html>): no letter that is taken for
/// another.
static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification.translate.from.push_str("abcdefghjkmnpqrstvwxyzoOiIlL");
    specification.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    specification.ignore.push('-');
    // A constant, which the tests below use.
    specification.encoding().expect("32 symbols are an encoding")
});

/// The secret from which a pair's key is made.
pub(super) struct PairSecret([u8; SECRET]);

impl PairSecret {
    pub(super) fn random() -> Result<Self, NoRandomness> {
        let mut secret = [0; SECRET];
        secret.copy_from_slice(&RunKey::random()?.tag(b"pair secret")[..SECRET]);
        Ok(Self(secret))
    }

    /// The key of the run.
    pub(super) fn key(&self) -> RunKey {
        let mut bytes = [0; 32];
        bytes[..SECRET].copy_from_slice(&self.0);
        RunKey::from_bytes(bytes).derive("pair")
    }
}

/// Two bytes that a slip of the finger changes.
fn check(bytes: &[u8]) -> [u8; 2] {
    let [first, second, ..] = RunKey::from_bytes([0; 32]).tag(bytes);
    [first, second]
}

impl fmt::Display for PairCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = CROCKFORD.encode(&self.bytes());
        for (at, letter) in letters.chars().enumerate() {
            let dash = if at > 0 && at % GROUP == 0 { "-" } else { "" };
            write!(f, "{dash}{letter}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for PairCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairCode(..)")
    }
}

impl FromStr for PairCode {
    type Err = NotAPairCode;

    /// Reads what [`Display`](fmt::Display) writes, in either case, with or without dashes, and
    /// with o for 0, i and l for 1.
    fn from_str(text: &str) -> Result<Self, NotAPairCode> {
        let wrong = || NotAPairCode(Untrusted::new(text));
        let letters: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        let bytes = CROCKFORD.decode(letters.as_bytes()).map_err(|_| wrong())?;
        let bytes: [u8; BYTES] = bytes.try_into().map_err(|_| wrong())?;
        let mut code = Self { secret: [0; SECRET], mac: Mac::ZERO, port: 0, epoch_s: 0 };
        code.secret.copy_from_slice(&bytes[1..11]);
        code.mac.0.copy_from_slice(&bytes[11..17]);
        code.port = u16::from_be_bytes([bytes[17], bytes[18]]);
        code.epoch_s = u32::from_be_bytes([bytes[19], bytes[20], bytes[21], bytes[22]]);
        if code.bytes() == bytes { Ok(code) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code() -> PairCode {
        let secret = PairSecret(*b"0123456789");
        PairCode::new(&secret, Mac([2, 0xaa, 0, 0, 1, 2]), 1_800_000_000)
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let shown = code().to_string();
        assert_eq!(shown.len(), 8 * GROUP + 7);
        for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " ")] {
            assert_eq!(typed.parse::<PairCode>(), Ok(code()), "{typed}");
        }
        assert_eq!(shown.replace('0', "o").replace('1', "l").parse(), Ok(code()));
    }

    #[test]
    fn every_wrong_letter_is_noticed() {
        let shown = code().to_string();
        for at in (0..shown.len()).filter(|at| shown.as_bytes()[*at] != b'-') {
            let other = if shown.as_bytes()[at] == b'7' { "8" } else { "7" };
            let mut typed = shown.clone();
            typed.replace_range(at..=at, other);
            assert!(typed.parse::<PairCode>().is_err(), "{typed}");
        }
        assert!(shown[..shown.len() - 1].parse::<PairCode>().is_err());
    }

    #[test]
    fn a_code_is_not_printed_by_accident() {
        assert_eq!(format!("{:?}", code()), "PairCode(..)");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            let _ = text.parse::<PairCode>();
        }
    }
}
