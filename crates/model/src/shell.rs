//! Words for a POSIX shell (XCU 2.2): what `ssh` sends and what people paste is a line, not words.
//!
//! By hand, because `shell-words` leaves braces bare, which bash expands, and quotes `a=b`, which
//! every command here has.

/// A word as a shell takes it: in quotes unless each letter of it is plain.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./_-".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
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
