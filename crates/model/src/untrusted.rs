//! Text that came from somewhere else.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Text from the network, a file or another host: SSIDs, host names, HTTP headers, remote output.
///
/// `Display` never lets a control character, a bidirectional override or a line break reach a
/// terminal: each is shown as `\u{..}`. The stored text is cut at [`Untrusted::MAX_BYTES`].
#[derive(Clone, Debug, Default, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Untrusted(String);

impl Untrusted {
    /// More than any name, header or SSID needs, and little enough to fit a report.
    pub const MAX_BYTES: usize = 1024;

    /// Takes the text, cut at a character border below [`Self::MAX_BYTES`].
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut end = text.len().min(Self::MAX_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(text[..end].to_owned())
    }

    /// Takes bytes of any encoding; what is not UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::new(&String::from_utf8_lossy(&bytes[..bytes.len().min(Self::MAX_BYTES)]))
    }

    /// The text as it came. For comparing, never for printing.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Untrusted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            if is_harmful(letter) {
                write!(f, "{}", letter.escape_unicode())?;
            } else {
                write!(f, "{letter}")?;
            }
        }
        Ok(())
    }
}

/// Whether a letter may not reach a terminal: control characters (C0, C1, DEL), line separators,
/// and what changes the direction or hides (Unicode Standard Annex 9, bidirectional controls;
/// zero-width characters; tags).
#[must_use]
pub const fn is_harmful(letter: char) -> bool {
    matches!(letter,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_is_shown() {
        let table = [
            ("pi1", "pi1"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\r\nb", "a\\u{d}\\u{a}b"),
            ("c1 \u{9b}31m", "c1 \\u{9b}31m"),
            ("\u{202e}evil", "\\u{202e}evil"),
            ("Café 网络", "Café 网络"),
        ];
        for (text, shown) in table {
            assert_eq!(Untrusted::new(text).to_string(), shown);
        }
    }

    #[test]
    fn long_text_is_cut_between_letters() {
        let long = "é".repeat(Untrusted::MAX_BYTES);
        assert_eq!(Untrusted::new(&long).raw().len(), Untrusted::MAX_BYTES);
    }
}
