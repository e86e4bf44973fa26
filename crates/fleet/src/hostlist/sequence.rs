//! One part of a bracket: `7`, `01-10`, `a-c`, and Ansible's `1:9:2`.

/// Why a part of a bracket is not understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum SequenceError {
    /// It is not a sequence.
    NoSequence,
    /// The sequence is descending.
    Backwards {
        /// The sequence in ascending order.
        instead: String,
    },
    /// The sequence has more items than allowed.
    TooMany,
}

/// The items of a sequence, at most `most`. Numbers are padded to the width of the first one.
pub(super) fn items(text: &str, most: usize) -> Result<Vec<String>, SequenceError> {
    let separator = if text.contains(':') { ':' } else { '-' };
    let mut parts = text.split(separator);
    let (first, last, step) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let step = match step {
        None => 1,
        Some(_) if separator == '-' || parts.next().is_some() => {
            return Err(SequenceError::NoSequence);
        }
        Some(step) => {
            step.parse().ok().filter(|step| *step > 0).ok_or(SequenceError::NoSequence)?
        }
    };
    let last = last.unwrap_or(first);
    let backwards = || SequenceError::Backwards { instead: format!("{last}{separator}{first}") };
    if let (Some(from), Some(to)) = (number(first), number(last)) {
        let width = first.len();
        let numbers = (from..=to).step_by(step).map(|number| format!("{number:0width$}"));
        return if from > to { Err(backwards()) } else { bounded(numbers, most) };
    }
    match (letter(first), letter(last)) {
        (Some(from), Some(to)) if from.is_ascii_lowercase() == to.is_ascii_lowercase() => {
            let letters = (from..=to).step_by(step).map(String::from);
            if from > to { Err(backwards()) } else { bounded(letters, most) }
        }
        _ => Err(SequenceError::NoSequence),
    }
}

fn bounded(items: impl Iterator<Item = String>, most: usize) -> Result<Vec<String>, SequenceError> {
    // One more than allowed shows that there are too many, without building all of them.
    let items: Vec<_> = items.take(most.saturating_add(1)).collect();
    if items.len() > most { Err(SequenceError::TooMany) } else { Ok(items) }
}

fn letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|letter| letter.is_ascii_alphabetic() && letters.next().is_none())
}

/// The value of these digits; `None` if there are more than an integer holds, as in a long host
/// name.
pub(super) fn number(digits: &str) -> Option<u128> {
    let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_read() {
        let table: &[(&str, &[&str])] = &[
            ("7", &["7"]),
            ("007", &["007"]),
            ("0-2", &["0", "1", "2"]),
            ("08-10", &["08", "09", "10"]),
            ("1-03", &["1", "2", "3"]),
            ("a-c", &["a", "b", "c"]),
            ("X", &["X"]),
            ("1:9:4", &["1", "5", "9"]),
            ("a:e:2", &["a", "c", "e"]),
            ("01:05:2", &["01", "03", "05"]),
            (
                "99999999999999999999-100000000000000000001",
                &["99999999999999999999", "100000000000000000000", "100000000000000000001"],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(items(text, 10).unwrap(), *expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_sequence_is_refused() {
        let dashes = ["", "-", "1-", "-1", "1-2-3", "a-5", "5-a", "a-C", "ab", "ab-ac", "1.5", "٣"];
        let colons = ["1:2:0", "1:2:x", "1:2:3:4", ":5", "1:2:-1", "1:2-3", "+1", "1..3"];
        let digits = "9".repeat(40);
        for text in dashes.into_iter().chain(colons).chain([digits.as_str()]) {
            assert_eq!(items(text, 10), Err(SequenceError::NoSequence), "{text}");
        }
        let backwards =
            |instead: &str| Err(SequenceError::Backwards { instead: instead.to_owned() });
        assert_eq!(items("3-1", 10), backwards("1-3"));
        assert_eq!(items("c:a", 10), backwards("a:c"));
        assert_eq!(items("1-11", 10), Err(SequenceError::TooMany));
    }

    #[test]
    fn steps_and_numbers_of_any_size_end() {
        assert_eq!(items(&format!("1:9:{}", usize::MAX), 10).unwrap(), ["1"]);
        let last = u128::MAX.to_string();
        assert_eq!(items(&format!("{last}-{last}"), 10).unwrap(), [last]);
    }
}
