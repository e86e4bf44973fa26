//! Compresses host names to the shortest equivalent host list: `pi[1-3,5]`.
//!
//! The result is that of python-hostlist's `collect_hostlist`: names that differ only in their last
//! number become one word, then those that differ only in the number before it, and so on; the
//! words are sorted.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::host::HostName;

use super::sequence;

/// The host list for these names, sorted and without duplicates.
///
/// ```
/// use pontoon_fleet::hostlist::{compress, hosts};
///
/// let names = hosts("pi5,pi3,pi1,pi2,db02,db01").unwrap();
/// assert_eq!(compress(&names), "db[01-02],pi[1-3,5]");
/// ```
#[must_use]
pub fn compress<'a>(names: impl IntoIterator<Item = &'a HostName>) -> String {
    let whole = |name: &HostName| FoldedName { open: name.to_string(), done: String::new() };
    let mut words: BTreeSet<FoldedName> = names.into_iter().map(whole).collect();
    while words.iter().any(|word| word.last_number().is_some()) {
        words = folded(&words);
    }
    let mut words: Vec<_> = words.into_iter().map(|word| word.open + &word.done).collect();
    words.sort_unstable();
    words.join(",")
}

/// A partly compressed name. Numbers are folded from the right, so `done` grows and `open` shrinks.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct FoldedName {
    open: String,
    done: String,
}

/// A name split at its last number that is not folded.
struct NumberSplit<'a> {
    before: &'a str,
    number: PaddedNumber,
    after: &'a str,
}

impl FoldedName {
    /// `None` if there is no number, or if it is too large to count; such digits stay as they are.
    fn last_number(&self) -> Option<NumberSplit<'_>> {
        let is_digit = |letter: char| letter.is_ascii_digit();
        let end = self.open.rfind(is_digit)? + 1;
        let start = self.open[..end].trim_end_matches(is_digit).len();
        let value = sequence::number(&self.open[start..end])?;
        Some(NumberSplit {
            before: &self.open[..start],
            number: PaddedNumber { value, width: end - start },
            after: &self.open[end..],
        })
    }
}

/// Merges names that differ only in their last open number.
fn folded(words: &BTreeSet<FoldedName>) -> BTreeSet<FoldedName> {
    let mut folded = BTreeSet::new();
    let mut alike: BTreeMap<(&str, String), BTreeSet<PaddedNumber>> = BTreeMap::new();
    for word in words {
        match word.last_number() {
            None => {
                folded.insert(word.clone());
            }
            Some(NumberSplit { before, number, after }) => {
                let after = format!("{after}{}", word.done);
                alike.entry((before, after)).or_default().insert(number);
            }
        }
    }
    for ((before, after), numbers) in alike {
        let done = format!("{}{after}", ranges(numbers));
        folded.insert(FoldedName { open: before.to_owned(), done });
    }
    folded
}

/// A number with its width in digits, ordered by value, then by width.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct PaddedNumber {
    value: u128,
    width: usize,
}

impl PaddedNumber {
    /// The number after this one in a range that starts with the given width.
    fn next(self, width: usize) -> Self {
        let value = self.value.saturating_add(1);
        let digits = value.checked_ilog10().map_or(1, |log| log as usize + 1);
        Self { value, width: width.max(digits) }
    }
}

impl std::fmt::Display for PaddedNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:0width$}", self.value, width = self.width)
    }
}

/// Numbers as a bracket of ranges, or without a bracket if there is only one.
fn ranges(mut numbers: BTreeSet<PaddedNumber>) -> String {
    let mut ranges = Vec::new();
    while let Some(first) = numbers.pop_first() {
        let mut last = first;
        loop {
            let next = last.next(first.width);
            if !numbers.remove(&next) {
                break;
            }
            last = next;
        }
        let is_one = last == first;
        ranges.push(if is_one { first.to_string() } else { format!("{first}-{last}") });
    }
    match ranges.as_slice() {
        [one] if !one.contains('-') => one.clone(),
        _ => format!("[{}]", ranges.join(",")),
    }
}
