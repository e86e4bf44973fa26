//! Errors in a host list: what is wrong, where, and what to write instead.

use pontoon_model::untrusted::Untrusted;

use super::{TEXT_BYTES_MAX, WORD_BYTES_MAX, WORDS_MAX};

/// A text that is not a host list. Columns count characters, from 1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExpandError {
    /// A bracket is never closed.
    #[error("column {column}: the `[` is not closed; write such as `pi[1-5]`")]
    Open {
        /// The column of the opening bracket.
        column: usize,
    },
    /// A bracket closes nothing.
    #[error("column {column}: the `]` closes nothing; write such as `pi[1-5]`")]
    Closed {
        /// The column of the closing bracket.
        column: usize,
    },
    /// A bracket is inside another one.
    #[error(
        "column {column}: brackets cannot stand in brackets; one after the other they multiply, \
         such as `a[1-2]b[1-2]`"
    )]
    Nested {
        /// The column of the inner bracket.
        column: usize,
    },
    /// A number or range is missing.
    #[error("column {column}: a number or a range is missing; write such as `[1-5]` or `[1,3,7]`")]
    Missing {
        /// The column where it is missing.
        column: usize,
    },
    /// A part of a bracket is not a range.
    #[error(
        "column {column}: `{range}` is no number, letter or range of them; write such as `1-5`, \
         `a-c` or `1,3,7`"
    )]
    NoRange {
        /// The column of that part.
        column: usize,
        /// The text of that part.
        range: Untrusted,
    },
    /// A range ends before it begins.
    #[error("column {column}: `{range}` counts down; write `{instead}`")]
    Backwards {
        /// The column of the range.
        column: usize,
        /// The text of the range.
        range: Untrusted,
        /// The range in ascending order.
        instead: Untrusted,
    },
    /// The list has more than [`WORDS_MAX`] words.
    #[error(
        "column {column}: the list stands for more than {WORDS_MAX} hosts from here on; write \
         smaller ranges"
    )]
    TooMany {
        /// The column of the bracket that exceeds the limit.
        column: usize,
    },
    /// A word has more than [`WORD_BYTES_MAX`] bytes.
    #[error("a word has more than {WORD_BYTES_MAX} bytes; a host name has 253 at most")]
    LongWord,
    /// The text has more than [`TEXT_BYTES_MAX`] bytes.
    #[error("the list has more than {TEXT_BYTES_MAX} bytes; write ranges, such as `pi[1-5]`")]
    LongText,
}
