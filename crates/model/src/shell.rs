//! Quoting for a POSIX shell (XCU 2.2): `ssh` sends a command line as one string, and users paste
//! it.
//!
//! Not `shell-words`: it leaves braces unquoted, which bash expands, and it quotes `a=b`, which
//! every command of pontoon contains.

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
