//! What stands between commas in a bracket: `7`, `01-10`, `a-c`, `1:9:2`.
//!
//! Numbers are digits, not integers: a name may hold more digits than any integer, and zeros in
//! front of them belong to it.

use std::cmp::Ordering;

/// Why a text between commas is not understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Wrong {
    /// It is no sequence at all.
    NoSequence,
    /// It ends before it begins.
    Backwards {
        /// The right way round.
        instead: String,
    },
    /// It has more items than are allowed.
    TooMany,
}

/// How the ends of a range are told apart, and its zeros.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    /// `01-10`: as wide as the first number.
    Dash,
    /// `01:10:2`: the same, with steps.
    Colon,
    /// `{1..05..2}`: as wide as the wider number, if either has a zero in front (bash(1), "Brace
    /// Expansion").
    Dots,
}

impl Style {
    const fn separator(self) -> &'static str {
        match self {
            Self::Dash => "-",
            Self::Colon => ":",
            Self::Dots => "..",
        }
    }
}

/// The items of a sequence, `most` of them at most.
pub(super) fn items(text: &str, style: Style, most: usize) -> Result<Vec<String>, Wrong> {
    let mut parts = text.split(style.separator());
    let (first, last, step) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let step = match step {
        None => 1,
        Some(_) if style == Style::Dash || parts.next().is_some() => return Err(Wrong::NoSequence),
        Some(step) => step.parse().ok().filter(|step| *step > 0).ok_or(Wrong::NoSequence)?,
    };
    let last = last.unwrap_or(first);
    let is_backwards = match (letter(first), letter(last)) {
        (Some(from), Some(to)) if from.is_ascii_lowercase() == to.is_ascii_lowercase() => from > to,
        _ if is_digits(first) && is_digits(last) => compare(first, last) == Ordering::Greater,
        _ => return Err(Wrong::NoSequence),
    };
    if is_backwards {
        let between = style.separator();
        return Err(Wrong::Backwards { instead: format!("{last}{between}{first}") });
    }
    if let (Some(from), Some(to)) = (letter(first), letter(last)) {
        return bounded((from..=to).step_by(step).map(String::from), most);
    }
    let width = match style {
        Style::Dots if !first.starts_with('0') && !last.starts_with('0') => 0,
        Style::Dots => first.len().max(last.len()),
        Style::Dash | Style::Colon => first.len(),
    };
    if first == last {
        return bounded(std::iter::once(first.to_owned()), most);
    }
    bounded(Numbers { next: significant(first).to_owned(), last, step, width }, most)
}

fn bounded(items: impl Iterator<Item = String>, most: usize) -> Result<Vec<String>, Wrong> {
    let items: Vec<_> = items.take(most.saturating_add(1)).collect();
    if items.len() > most { Err(Wrong::TooMany) } else { Ok(items) }
}

fn letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|letter| letter.is_ascii_alphabetic() && letters.next().is_none())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits without the zeros in front of them.
pub(super) fn significant(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

/// Compares numbers of any length.
pub(super) fn compare(one: &str, two: &str) -> Ordering {
    let (one, two) = (significant(one), significant(two));
    one.len().cmp(&two.len()).then_with(|| one.cmp(two))
}

/// The number that is `step` larger, at least as wide.
pub(super) fn plus(digits: &str, step: usize) -> String {
    let mut carry = step;
    let mut sum: Vec<char> = Vec::with_capacity(digits.len() + 1);
    let mut bytes = digits.bytes().rev();
    loop {
        let Some(digit) = bytes.next().map(|byte| usize::from(byte - b'0')) else {
            if carry == 0 {
                break;
            }
            sum.push(last_digit(carry));
            carry /= 10;
            continue;
        };
        // A step near the largest integer leaves every range behind, which is all that matters.
        carry = carry.saturating_add(digit);
        sum.push(last_digit(carry));
        carry /= 10;
    }
    sum.into_iter().rev().collect()
}

fn last_digit(number: usize) -> char {
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'][number % 10]
}

struct Numbers<'a> {
    next: String,
    last: &'a str,
    step: usize,
    width: usize,
}

impl Iterator for Numbers<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if compare(&self.next, self.last) == Ordering::Greater {
            return None;
        }
        // No digits are the number 0.
        let item = format!("{:0>width$}", self.next, width = self.width.max(1));
        self.next = plus(&self.next, self.step);
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_read_in_each_style() {
        let table: &[(&str, Style, &[&str])] = &[
            ("7", Style::Dash, &["7"]),
            ("007", Style::Dash, &["007"]),
            ("0-2", Style::Dash, &["0", "1", "2"]),
            ("08-10", Style::Dash, &["08", "09", "10"]),
            ("1-03", Style::Dash, &["1", "2", "3"]),
            ("a-c", Style::Dash, &["a", "b", "c"]),
            ("X", Style::Dash, &["X"]),
            ("1:9:4", Style::Colon, &["1", "5", "9"]),
            ("a:e:2", Style::Colon, &["a", "c", "e"]),
            ("8..10", Style::Dots, &["8", "9", "10"]),
            ("8..010", Style::Dots, &["008", "009", "010"]),
            ("1..9..8", Style::Dots, &["1", "9"]),
            (
                "99999999999999999999999999999999999999999-100000000000000000000000000000000000000001",
                Style::Dash,
                &[
                    "99999999999999999999999999999999999999999",
                    "100000000000000000000000000000000000000000",
                    "100000000000000000000000000000000000000001",
                ],
            ),
        ];
        for (text, style, expected) in table {
            assert_eq!(items(text, *style, 10).unwrap(), *expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_sequence_is_refused() {
        for text in ["", "-", "1-", "-1", "1-2-3", "a-5", "5-a", "a-C", "ab", "ab-ac", "1.5", "٣"]
        {
            assert_eq!(items(text, Style::Dash, 10), Err(Wrong::NoSequence), "{text}");
        }
        for text in ["1:2:0", "1:2:x", "1:2:3:4", ":5", "1:2:-1"] {
            assert_eq!(items(text, Style::Colon, 10), Err(Wrong::NoSequence), "{text}");
        }
        let backwards = |instead: &str| Err(Wrong::Backwards { instead: instead.to_owned() });
        assert_eq!(items("3-1", Style::Dash, 10), backwards("1-3"));
        assert_eq!(items("c..a", Style::Dots, 10), backwards("a..c"));
        assert_eq!(items("1-11", Style::Dash, 10), Err(Wrong::TooMany));
    }

    #[test]
    fn steps_of_any_size_end() {
        let largest = format!("1:9:{}", usize::MAX);
        assert_eq!(items(&largest, Style::Colon, 10).unwrap(), ["1"]);
        assert_eq!(plus("999", 1), "1000");
        assert_eq!(plus("", 12), "12");
    }
}
