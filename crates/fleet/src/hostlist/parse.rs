//! Splits a host list into words, and each word into pieces.

use pontoon_model::untrusted::Untrusted;

use super::sequence::{self, SequenceError};
use super::{ExpandError, TEXT_BYTES_MAX, WORD_BYTES_MAX, WORDS_MAX};

/// A part of a word.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum WordPiece {
    /// Literal text of the word.
    Text(String),
    /// The alternatives of a bracket.
    OneOf(Vec<String>),
}

/// The words of a list; empty words are dropped.
pub(super) fn parse(text: &str) -> Result<Vec<Vec<WordPiece>>, ExpandError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(ExpandError::LongText);
    }
    let mut parser = HostListParser { rest: text, column: 1, words: Vec::new(), count: 0 };
    while !parser.rest.is_empty() {
        parser.word()?;
    }
    Ok(parser.words)
}

struct HostListParser<'a> {
    rest: &'a str,
    column: usize,
    words: Vec<Vec<WordPiece>>,
    /// Number of hosts that the words so far expand to.
    count: usize,
}

impl<'a> HostListParser<'a> {
    /// Parses a word up to its comma. An empty one is skipped.
    fn word(&mut self) -> Result<(), ExpandError> {
        let mut pieces = Vec::new();
        let mut size = 1;
        loop {
            let plain = self.take(self.rest.find(['[', ']', ',']).unwrap_or(self.rest.len()));
            if !plain.is_empty() {
                pieces.push(WordPiece::Text(plain.to_owned()));
            }
            let (column, special) = (self.column, self.take_letter());
            match special {
                Some('[') => {
                    let items = self.bracket(column, size)?;
                    size *= items.len();
                    pieces.push(WordPiece::OneOf(items));
                }
                Some(']') => return Err(ExpandError::Closed { column }),
                _ => break,
            }
        }
        if !pieces.is_empty() {
            if self.count + size > WORDS_MAX {
                return Err(ExpandError::TooMany { column: self.column });
            }
            self.count += size;
            self.words.push(pieces);
        }
        Ok(())
    }

    /// Parses the inside of a bracket; `size` is the number of words that it multiplies.
    fn bracket(&mut self, column: usize, size: usize) -> Result<Vec<String>, ExpandError> {
        let inside = self.take(self.rest.find(['[', ']']).unwrap_or(self.rest.len()));
        let closed_at = self.column;
        match self.take_letter() {
            None => return Err(ExpandError::Open { column }),
            Some('[') => return Err(ExpandError::Nested { column: closed_at }),
            Some(_) => {}
        }
        let mut items = Vec::new();
        let mut at = column + 1;
        for range in inside.split(',') {
            // Leading zeros could make a number, and so each word, arbitrarily long.
            if range.len() > WORD_BYTES_MAX {
                return Err(ExpandError::LongWord);
            }
            // Items are limited before they are built: `[1-999999999]` must not fill the memory.
            let most = (WORDS_MAX / size) - items.len();
            items.extend(sequence::items(range, most).map_err(|wrong| error(at, range, wrong))?);
            at += range.chars().count() + 1;
        }
        Ok(items)
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

fn error(column: usize, range: &str, wrong: SequenceError) -> ExpandError {
    match wrong {
        SequenceError::NoSequence if range.is_empty() => ExpandError::Missing { column },
        SequenceError::NoSequence => ExpandError::NoRange { column, range: Untrusted::new(range) },
        SequenceError::Backwards { instead } => ExpandError::Backwards {
            column,
            range: Untrusted::new(range),
            instead: Untrusted::new(&instead),
        },
        SequenceError::TooMany => ExpandError::TooMany { column },
    }
}
