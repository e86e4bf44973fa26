//! Words as a line for a POSIX shell.

/// Quotes a word for a POSIX shell (XCU 2.2.2): what ssh sends is a line, not words.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./_-".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A command line of words that a shell takes apart into the same words.
#[must_use]
pub fn shell_line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_takes_a_line_apart_into_the_same_words() {
        let words = ["echo", "", "it's", "a b", "$HOME", "`id`", "x;y", "*", "pi@h:/x", "\n"]
            .map(str::to_owned);
        assert_eq!(shell_line(&words[..3]), r"echo '' 'it'\''s'");
        #[expect(clippy::disallowed_methods, reason = "the shell is the judge of quoting")]
        let output = Command::new("sh")
            .args(["-c", &format!("printf '%s|' {}", shell_line(&words[1..]))])
            .output()
            .unwrap();
        let expected: String = words[1..].iter().map(|word| format!("{word}|")).collect();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}
