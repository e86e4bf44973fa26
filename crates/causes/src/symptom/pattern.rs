//! Words with typed placeholders: `dial tcp {endpoint}: connect`.

use super::log_text::LogLine;
use super::trigrams::{TextTrigrams, Trigrams};
use crate::placeholder::{PlaceholderKind, PlaceholderValues, next_placeholder};

/// One part of a pattern.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum PatternPart {
    /// Literal text, ignoring case.
    Text(&'static str),
    /// A value of this kind.
    Placeholder(PlaceholderKind),
    /// Anything, within the line.
    Gap,
}

/// The notation of [`PatternPart::Gap`].
const GAP: &str = "{..}";

/// Longest text in a gap, in bytes: enough for the URL of a request and a path, too short to reach
/// the next sentence.
const GAP_MAX: usize = 400;

/// How many occurrences of the first text, and of one behind a gap, are tried. Real lines repeat a
/// text three times at most; without the limit, matching hostile text would take quadratic time.
const TRIES_MAX: usize = 6;

/// Words with typed placeholders.
///
/// The notation is in lower case and begins with literal text. `{..}` matches anything up to the
/// literal text behind it.
#[derive(Clone, Debug)]
pub(super) struct LinePattern {
    parts: Vec<PatternPart>,
    /// Of its first text.
    trigrams: TextTrigrams,
}

impl LinePattern {
    /// Parses the notation of a pattern.
    pub(super) fn new(notation: &'static str) -> Self {
        let mut pieces = Vec::new();
        for (at, part) in notation.split(GAP).enumerate() {
            if at > 0 {
                pieces.push(PatternPart::Gap);
            }
            let mut rest = part;
            while let Some((before, placeholder, after)) = next_placeholder(rest) {
                pieces.extend((!before.is_empty()).then_some(PatternPart::Text(before)));
                pieces.push(PatternPart::Placeholder(placeholder));
                rest = after;
            }
            pieces.extend((!rest.is_empty()).then_some(PatternPart::Text(rest)));
        }
        let first = match pieces.first() {
            Some(PatternPart::Text(text)) => text,
            _ => "",
        };
        Self { trigrams: TextTrigrams::of(first), parts: pieces }
    }

    /// Searches a line, if it has the trigrams of the first text.
    pub(super) fn find_in(&self, line: &LogLine, trigrams: &Trigrams) -> Option<PlaceholderValues> {
        trigrams.may_contain(&self.trigrams).then(|| self.find(&line.text, &line.lower))?
    }

    /// Searches a line. `lower` is the line in lower case (ASCII only, so that both have the same
    /// offsets).
    pub(super) fn find(&self, line: &str, lower: &str) -> Option<PlaceholderValues> {
        let Some((PatternPart::Text(first), rest)) = self.parts.split_first() else { return None };
        for (at, _) in lower.match_indices(first).take(TRIES_MAX) {
            let mut values = Vec::new();
            if matches(rest, line, lower, at + first.len(), &mut values) {
                return Some(PlaceholderValues::of(values));
            }
        }
        None
    }
}

fn matches(
    pieces: &[PatternPart],
    line: &str,
    lower: &str,
    at: usize,
    values: &mut Vec<(PlaceholderKind, String)>,
) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return true };
    match piece {
        PatternPart::Text(text) => {
            lower[at..].starts_with(text) && matches(rest, line, lower, at + text.len(), values)
        }
        PatternPart::Placeholder(placeholder) => {
            let Some((length, read)) = placeholder.read(&line[at..]) else { return false };
            let before = values.len();
            values.extend(read);
            let is_good = matches(rest, line, lower, at + length, values);
            if !is_good {
                values.truncate(before);
            }
            is_good
        }
        PatternPart::Gap => {
            let Some((PatternPart::Text(next), rest)) = rest.split_first() else { return false };
            let mut end = lower.len().min(at + GAP_MAX);
            while !lower.is_char_boundary(end) {
                end -= 1;
            }
            lower[at..end]
                .match_indices(next)
                .take(TRIES_MAX)
                .any(|(found, _)| matches(rest, line, lower, at + found + next.len(), values))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(notation: &'static str, line: &str) -> Option<PlaceholderValues> {
        LinePattern::new(notation).find(line, &line.to_ascii_lowercase())
    }

    #[test]
    fn words_and_values_follow_each_other() {
        let line = "E1124 Get \"https://10.0.0.1:6443/api\": dial tcp 10.0.0.1:6443: connect: no \
                    route to host";
        let values = found("dial tcp {endpoint}: connect: no route", line).unwrap();
        assert_eq!(values.get(PlaceholderKind::Host), Some("10.0.0.1"));
        assert_eq!(values.get(PlaceholderKind::Port), Some("6443"));
        assert!(found("dial tcp {endpoint}: connect: refused", line).is_none());
        assert!(found("get {..}no route", line).is_some());
        assert!(found("no route{..}get", line).is_none());
    }

    #[test]
    fn a_later_place_is_tried_when_the_first_does_not_fit() {
        let values = found("lookup {name} on", "lookup: failed; lookup pi1 on 10.0.0.1").unwrap();
        assert_eq!(values.get(PlaceholderKind::Name), Some("pi1"));
        let values = found("x{..}port {port}", "x port y port 22").unwrap();
        assert_eq!(values.get(PlaceholderKind::Port), Some("22"));
    }

    #[test]
    fn a_gap_ends() {
        let far = format!("first {} last", "x".repeat(GAP_MAX));
        assert!(found("first{..}last", &far).is_none());
        assert!(found("first{..}last", "first é last").is_some());
    }

    #[test]
    fn other_letters_are_no_trouble() {
        assert!(found("no route", "Größe: NO ROUTE ünd").is_some());
        assert!(found("at {address} é", "at 10.0.0.1 é").is_some());
    }
}
