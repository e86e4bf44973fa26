//! The name of a host within a run.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::net::{TextParseError, as_text};

/// The name of a host within a run: what the user typed, or the host's own name.
///
/// Letters, digits, `-`, `.`, `_`, `:` and `%` only (addresses are valid names, too): a name
/// reported by a remote host cannot contain terminal escape sequences. It does not begin with `-`,
/// so `ssh` cannot take it for an option. Every observation contains one, so it is
/// reference-counted.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HostName(Arc<str>);

impl HostName {
    /// Longest name in bytes: DNS allows 253 (RFC 1035, section 2.3.4), `gethostname(2)` 64.
    pub const MAX_LEN: usize = 253;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes a valid name of any text: characters that are not allowed become `_`.
    #[must_use]
    pub fn lossy(text: &str) -> Self {
        let clean: String = text
            .chars()
            // All characters are ASCII in the end, so their number is the length in bytes.
            .take(Self::MAX_LEN)
            .enumerate()
            .map(|(at, letter)| if is_allowed(at, letter) { letter } else { '_' })
            .collect();
        Self(if clean.is_empty() { "_".into() } else { clean.into() })
    }
}

const fn is_allowed(at: usize, letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || matches!(letter, '.' | '_' | ':' | '%')
        || (letter == '-' && at > 0)
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for HostName {
    type Err = TextParseError;

    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let mut letters = text.chars().enumerate();
        if (1..=Self::MAX_LEN).contains(&text.len())
            && letters.all(|(at, letter)| is_allowed(at, letter))
        {
            Ok(Self(text.into()))
        } else {
            Err(TextParseError::new(text, "a host name such as pi1"))
        }
    }
}

as_text!(HostName, "HostName", "^[A-Za-z0-9._:%][A-Za-z0-9._:%-]{0,252}$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_option_and_moves_no_cursor() {
        let table = [
            ("pi1", true),
            ("192.168.1.21", true),
            ("fe80::1%eth0", true),
            ("a-b", true),
            ("", false),
            ("-oProxyCommand=x", false),
            ("-", false),
            ("pi 1", false),
            ("pi1\n", false),
            ("pi\u{1b}[2J", false),
            ("ü", false),
        ];
        for (text, is_name) in table {
            assert_eq!(text.parse::<HostName>().is_ok(), is_name, "{text:?}");
            assert!(HostName::lossy(text).as_str().parse::<HostName>().is_ok(), "{text:?}");
        }
        assert_eq!(HostName::lossy("-x").as_str(), "_x");
        assert!("x".repeat(HostName::MAX_LEN).parse::<HostName>().is_ok());
        assert!("x".repeat(HostName::MAX_LEN + 1).parse::<HostName>().is_err());
    }
}
