//! Host names as a host list, the shortest that says the same: `pi[1-3,5]`.
//!
//! The form is that of python-hostlist's `collect_hostlist`: names that differ in their last number
//! alone become one word, then those that differ in the number before it, and so on; the words are
//! sorted.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::host::HostName;

use super::sequence::{compare, plus, significant};

/// The host list that stands for these names, sorted and each once.
///
/// ```
/// use pontoon_fleet::hostlist::{compress, hosts};
///
/// let names = hosts("pi5,pi3,pi1,pi2,db02,db01").unwrap().items;
/// assert_eq!(compress(&names), "db[01-02],pi[1-3,5]");
/// ```
#[must_use]
pub fn compress<'a>(names: impl IntoIterator<Item = &'a HostName>) -> String {
    let whole = |name: &HostName| Word { open: name.to_string(), done: String::new() };
    let mut words: BTreeSet<Word> = names.into_iter().map(whole).collect();
    while words.iter().any(|word| word.last_number().is_some()) {
        words = folded(&words);
    }
    let mut words: Vec<_> = words.into_iter().map(|word| word.open + &word.done).collect();
    words.sort_unstable();
    words.join(",")
}

/// A word on its way: numbers are folded from the right, so `done` grows and `open` shrinks.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Word {
    open: String,
    done: String,
}

/// Where a word's last open number stands.
struct Split<'a> {
    before: &'a str,
    number: &'a str,
    after: &'a str,
}

impl Word {
    fn last_number(&self) -> Option<Split<'_>> {
        let is_digit = |letter: char| letter.is_ascii_digit();
        let end = self.open.rfind(is_digit)? + 1;
        let start = self.open[..end].trim_end_matches(is_digit).len();
        Some(Split {
            before: &self.open[..start],
            number: &self.open[start..end],
            after: &self.open[end..],
        })
    }
}

/// Words that differ in their last open number alone, made one.
fn folded(words: &BTreeSet<Word>) -> BTreeSet<Word> {
    let mut folded = BTreeSet::new();
    let mut alike: BTreeMap<(&str, String), BTreeSet<Number>> = BTreeMap::new();
    for word in words {
        match word.last_number() {
            None => {
                folded.insert(word.clone());
            }
            Some(Split { before, number, after }) => {
                let after = format!("{after}{}", word.done);
                alike.entry((before, after)).or_default().insert(Number(number.to_owned()));
            }
        }
    }
    for ((before, after), numbers) in alike {
        let done = format!("{}{after}", ranges(numbers));
        folded.insert(Word { open: before.to_owned(), done });
    }
    folded
}

/// A number as it is written, sorted by what it is worth, then by its width.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Number(String);

impl Number {
    /// The number after this one, in a range that began with one of that width.
    fn next(&self, width: usize) -> Self {
        Self(format!("{:0>width$}", significant(&plus(&self.0, 1))))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        compare(&self.0, &other.0).then_with(|| self.0.len().cmp(&other.0.len()))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Numbers as a bracket, or as they are when there is one only.
fn ranges(mut numbers: BTreeSet<Number>) -> String {
    let mut ranges = Vec::new();
    while let Some(first) = numbers.pop_first() {
        let mut last = first.clone();
        loop {
            let next = last.next(first.0.len());
            if !numbers.remove(&next) {
                break;
            }
            last = next;
        }
        let is_one = last == first;
        ranges.push(if is_one { first.0 } else { format!("{}-{}", first.0, last.0) });
    }
    match ranges.as_slice() {
        [one] if !one.contains('-') => one.clone(),
        _ => format!("[{}]", ranges.join(",")),
    }
}
