//! Quoting for a POSIX shell (XCU 2.2): `ssh` sends a command line as one string, and users paste
//! it.
//!
//! Not `shell-words`: it leaves braces unquoted, which bash expands, and it quotes `a=b`, which
//! every command of pontoon contains.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// A command for a person to paste, or a line of a script. Names of hosts and links, addresses and
/// texts of others get into one by [`shell_command!`](crate::shell_command) alone, which quotes
/// them: there is no way from a `String`.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ShellCommand(Cow<'static, str>);

impl ShellCommand {
    /// The command as a shell takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Of words that are quoted already, which only this module and its macro can know.
    #[doc(hidden)]
    #[must_use]
    pub const fn of_quoted(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl From<&'static str> for ShellCommand {
    fn from(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl fmt::Display for ShellCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A [`ShellCommand`]: each `{}` of the text becomes one quoted part of a word.
///
/// ```
/// use pontoon_model::shell_command;
/// let link = "x;id";
/// let command = shell_command!("ip link set dev {} mtu {}", link, 1400);
/// assert_eq!(command.as_str(), "ip link set dev 'x;id' mtu 1400");
/// ```
#[macro_export]
macro_rules! shell_command {
    ($text:literal $(, $value:expr)+ $(,)?) => {
        $crate::shell::ShellCommand::of_quoted(
            format!($text $(, $crate::shell::quoted(&$value.to_string()))+)
        )
    };
}

/// Quotes a word for a shell, unless all its characters are safe.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./_-".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        // Single quotes cannot contain one: end the quotes, escape it, begin again.
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A command line that a shell splits into exactly these words.
#[must_use]
pub fn shell_line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        let table = [
            ("a", "a"),
            ("a=b", "a=b"),
            ("", "''"),
            ("{a,b}", "'{a,b}'"),
            ("{.items[*]}", "'{.items[*]}'"),
            ("~/x", "'~/x'"),
            ("it's", r"'it'\''s'"),
        ];
        for (word, shown) in table {
            assert_eq!(quoted(word), shown);
        }
    }
}
