//! A host list as its words, and each word as its pieces.

use pontoon_model::untrusted::Untrusted;

use super::notation::{Notation, Notice};
use super::sequence::{self, Style, Wrong};
use super::{ExpandError, TEXT_BYTES_MAX, WORD_BYTES_MAX, WORDS_MAX};

/// A part of a word.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Piece {
    /// As it stands.
    Text(String),
    /// One of these: what a bracket stands for.
    OneOf(Vec<String>),
}

/// What a text says.
#[derive(Debug, Default)]
pub(super) struct List {
    /// The words, none of them empty.
    pub(super) words: Vec<Vec<Piece>>,
    /// Notations of others.
    pub(super) notices: Vec<Notice>,
}

/// Takes a text apart.
pub(super) fn parse(text: &str) -> Result<List, ExpandError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(ExpandError::LongText);
    }
    let mut parser = Parser { rest: text, column: 1, list: List::default(), before: 0 };
    while !parser.rest.is_empty() {
        parser.word()?;
    }
    Ok(parser.list)
}

struct Parser<'a> {
    rest: &'a str,
    column: usize,
    list: List,
    /// How many words the pieces read so far stand for.
    before: usize,
}

/// What means something outside of brackets.
const SPECIAL: [char; 5] = ['[', ']', '{', '}', ','];

impl<'a> Parser<'a> {
    /// A word up to its comma. An empty one is passed over.
    fn word(&mut self) -> Result<(), ExpandError> {
        let mut pieces = Vec::new();
        let mut size = 1;
        loop {
            let plain = self.take(self.rest.find(SPECIAL).unwrap_or(self.rest.len()));
            if !plain.is_empty() {
                pieces.push(Piece::Text(plain.to_owned()));
            }
            let (column, special) = (self.column, self.take_letter());
            match special {
                None | Some(',') => break,
                Some(bracket @ ('[' | '{')) => {
                    let items = self.bracket(column, bracket, size)?;
                    size *= items.len();
                    pieces.push(Piece::OneOf(items));
                }
                Some(bracket) => return Err(ExpandError::Closed { column, bracket }),
            }
        }
        if !pieces.is_empty() {
            if self.before + size > WORDS_MAX {
                return Err(ExpandError::TooMany { column: self.column });
            }
            self.before += size;
            self.list.words.push(pieces);
        }
        Ok(())
    }

    /// What stands in a bracket, after the opening one; `size` words are waiting for it.
    fn bracket(
        &mut self,
        column: usize,
        bracket: char,
        size: usize,
    ) -> Result<Vec<String>, ExpandError> {
        let end = self.rest.find(['[', ']', '{', '}']);
        let inside = self.take(end.unwrap_or(self.rest.len()));
        let closing = if bracket == '[' { ']' } else { '}' };
        let closed_at = self.column;
        match self.take_letter() {
            None => return Err(ExpandError::Open { column, bracket }),
            Some(letter) if letter == closing => {}
            Some('[' | '{') => return Err(ExpandError::Nested { column: closed_at }),
            Some(bracket) => return Err(ExpandError::Closed { column: closed_at, bracket }),
        }
        let notation = match bracket {
            '{' => Some(Notation::Shell),
            _ => inside.contains(':').then_some(Notation::Ansible),
        };
        let mut items = Vec::new();
        let mut at = column + 1;
        for range in inside.split(',') {
            // A range of longer numbers would be large before anybody could say that it is.
            if range.len() > WORD_BYTES_MAX {
                return Err(ExpandError::LongWord);
            }
            let most = (WORDS_MAX / size) - items.len();
            let style = match notation {
                Some(Notation::Shell) => Style::Dots,
                Some(Notation::Ansible) if range.contains(':') => Style::Colon,
                _ => Style::Dash,
            };
            let found = sequence::items(range, style, most);
            items.extend(found.map_err(|wrong| error(at, range, wrong))?);
            at += range.chars().count() + 1;
        }
        if let Some(notation) = notation {
            self.notice(notation, &format!("{bracket}{inside}{closing}"), &items);
        }
        Ok(items)
    }

    fn notice(&mut self, notation: Notation, written: &str, items: &[String]) {
        let (written, instead) = (shortened(written), shortened(&as_ranges(items)));
        let notice = Notice { notation, written, instead };
        // A list that says it a thousand times is told once.
        if !self.list.notices.contains(&notice) && self.list.notices.len() < NOTICES_MAX {
            self.list.notices.push(notice);
        }
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        self.column += taken.chars().count();
        taken
    }

    fn take_letter(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.take(letter.len_utf8());
        Some(letter)
    }
}

/// Who sees this many has understood.
const NOTICES_MAX: usize = 10;

/// Letters of a bracket that are shown: two of them fit a line or two.
const SHOWN_MAX: usize = 50;

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN_MAX {
        return text.to_owned();
    }
    let start: String = text.chars().take(SHOWN_MAX - 3).collect();
    format!("{start}...")
}

fn error(column: usize, range: &str, wrong: Wrong) -> ExpandError {
    match wrong {
        Wrong::NoSequence if range.is_empty() => ExpandError::Missing { column },
        Wrong::NoSequence => ExpandError::NoRange { column, range: Untrusted::new(range) },
        Wrong::Backwards { instead } => ExpandError::Backwards {
            column,
            range: Untrusted::new(range),
            instead: Untrusted::new(&instead),
        },
        Wrong::TooMany => ExpandError::TooMany { column },
    }
}

/// Items of a bracket as a bracket of host lists: neighbours become ranges.
fn as_ranges(items: &[String]) -> String {
    let mut ranges: Vec<(&str, &str)> = Vec::new();
    for item in items {
        match ranges.last_mut() {
            Some((_, last)) if is_next(last, item) => *last = item,
            _ => ranges.push((item, item)),
        }
    }
    let ranges: Vec<_> = ranges
        .iter()
        .map(
            |(first, last)| {
                if first == last { (*first).to_owned() } else { format!("{first}-{last}") }
            },
        )
        .collect();
    format!("[{}]", ranges.join(","))
}

fn is_next(one: &str, two: &str) -> bool {
    match (one.as_bytes(), two.as_bytes()) {
        ([one], [two]) if one.is_ascii_alphabetic() => {
            two.is_ascii_alphabetic() && one.checked_add(1) == Some(*two)
        }
        _ if one.bytes().all(|byte| byte.is_ascii_digit()) => sequence::plus(one, 1) == two,
        _ => false,
    }
}
