//! What is wrong with a host list, where, and what to write instead.

use pontoon_model::untrusted::Untrusted;

use super::{TEXT_BYTES_MAX, WORD_BYTES_MAX, WORDS_MAX};

/// A text is no host list. Columns are counted in letters, from 1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExpandError {
    /// A bracket is never closed.
    #[error("column {column}: the `[` is not closed; write such as `pi[1-5]`")]
    Open {
        /// Where it stands.
        column: usize,
    },
    /// A bracket closes nothing.
    #[error("column {column}: the `]` closes nothing; write such as `pi[1-5]`")]
    Closed {
        /// Where it stands.
        column: usize,
    },
    /// A bracket stands in a bracket.
    #[error(
        "column {column}: brackets cannot stand in brackets; one after the other they multiply, \
         such as `a[1-2]b[1-2]`"
    )]
    Nested {
        /// Where the inner one stands.
        column: usize,
    },
    /// Nothing stands where a number or a range should.
    #[error("column {column}: a number or a range is missing; write such as `[1-5]` or `[1,3,7]`")]
    Missing {
        /// Where it should stand.
        column: usize,
    },
    /// It is no range.
    #[error(
        "column {column}: `{range}` is no number, letter or range of them; write such as `1-5`, \
         `a-c` or `1,3,7`"
    )]
    NoRange {
        /// Where it stands.
        column: usize,
        /// What stands there.
        range: Untrusted,
    },
    /// A range ends before it begins.
    #[error("column {column}: `{range}` counts down; write `{instead}`")]
    Backwards {
        /// Where it stands.
        column: usize,
        /// What stands there.
        range: Untrusted,
        /// The range the right way round.
        instead: Untrusted,
    },
    /// It stands for too many.
    #[error(
        "column {column}: the list stands for more than {WORDS_MAX} hosts from here on; write \
         smaller ranges"
    )]
    TooMany {
        /// Where the bracket stands that made it too many.
        column: usize,
    },
    /// One of its words is too long.
    #[error("a word has more than {WORD_BYTES_MAX} bytes; a host name has 253 at most")]
    LongWord,
    /// The text is too long.
    #[error("the list has more than {TEXT_BYTES_MAX} bytes; write ranges, such as `pi[1-5]`")]
    LongText,
}
