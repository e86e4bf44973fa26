//! A command in one argument, split into words as a shell would, without a shell.

/// A command cannot be split.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum SplitError {
    /// A quote is never closed.
    #[error("a quote ({0}) is not closed")]
    Open(char),
    /// The last character is a backslash.
    #[error("nothing follows the last backslash")]
    Backslash,
}

/// Splits at blanks; `'…'`, `"…"` and `\` keep them. Nothing else is special: no variables, no
/// pipes, no wildcards, so what a user pastes cannot start anything but its first word.
pub(crate) fn split(text: &str) -> Result<Vec<String>, SplitError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                quoted(letter, &mut letters, word)?;
            }
            '\\' => {
                word.get_or_insert_default().push(letters.next().ok_or(SplitError::Backslash)?);
            }
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(
    quote: char,
    letters: &mut std::str::Chars<'_>,
    word: &mut String,
) -> Result<(), SplitError> {
    loop {
        match letters.next() {
            None => return Err(SplitError::Open(quote)),
            Some(letter) if letter == quote => return Ok(()),
            Some('\\') if quote == '"' => match letters.next() {
                None => return Err(SplitError::Open(quote)),
                Some(escaped @ ('"' | '\\')) => word.push(escaped),
                Some(other) => word.extend(['\\', other]),
            },
            Some(letter) => word.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_shells_words() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            ("   ", &[]),
            ("ssh pi2 pontoon agent --stdio", &["ssh", "pi2", "pontoon", "agent", "--stdio"]),
            ("  a\t b\n", &["a", "b"]),
            ("'a b' c", &["a b", "c"]),
            (r#"ssh -o "ProxyJump a b""#, &["ssh", "-o", "ProxyJump a b"]),
            (r"a\ b", &["a b"]),
            (r#""a\"b" "a\nb""#, &["a\"b", r"a\nb"]),
            (r"'a\'", &[r"a\"]),
            ("''", &[""]),
            ("a''b", &["ab"]),
            ("$HOME;rm|x", &["$HOME;rm|x"]),
        ];
        for (text, words) in table {
            assert_eq!(split(text).unwrap(), *words, "{text:?}");
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        assert_eq!(split("a 'b"), Err(SplitError::Open('\'')));
        assert_eq!(split("a \"b\\"), Err(SplitError::Open('"')));
        assert_eq!(split("a\\"), Err(SplitError::Backslash));
    }
}
