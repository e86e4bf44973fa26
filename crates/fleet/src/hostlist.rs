//! Host lists: many hosts in one word, such as `pi[1-5,7]`.
//!
//! The notation is that of [python-hostlist] 2.x, which `pdsh`, Slurm and cloudmesh mostly share:
//! brackets hold numbers and ranges, several brackets multiply, a leading zero keeps the width,
//! text behind a bracket is kept, the order is kept and duplicates are dropped.
//!
//! Extensions are letters (`pi[a-c]`) and Ansible's colon (`pi[1:9:2]`), for its inventories.
//!
//! [python-hostlist]: https://www.nsc.liu.se/~kent/python-hostlist/

mod error;
mod sequence;
mod parse;
mod compress;

use std::collections::HashSet;

use pontoon_model::host::HostName;
use pontoon_model::net::TextParseError;

pub use compress::compress;
pub use error::ExpandError;

use parse::WordPiece;

/// Largest number of words in a list. python-hostlist has the same limit. Kubernetes supports 5 000
/// nodes ("Considerations for large clusters"), so a longer list is a typing error.
pub const WORDS_MAX: usize = 100_000;

/// Longest word in bytes: twice the length of a host name, as paths of keys are expanded, too.
pub const WORD_BYTES_MAX: usize = 512;

/// Longest list in bytes: the limit of Linux for one argument of a program (`MAX_ARG_STRLEN`).
pub const TEXT_BYTES_MAX: usize = 128 * 1024;

/// A text that is not a list of hosts.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HostListError {
    /// The text is not a list.
    #[error(transparent)]
    List(#[from] ExpandError),
    /// A word of the list is not a host name.
    #[error(transparent)]
    Name(#[from] TextParseError),
}

/// The words that a list expands to: names, addresses or other values.
///
/// # Errors
///
/// [`ExpandError`] if the list is malformed or too long.
///
/// ```
/// let list = pontoon_fleet::hostlist::expand("pi[1-2,07].local,192.168.1.[9-10]").unwrap();
/// assert_eq!(
///     list,
///     ["pi1.local", "pi2.local", "pi07.local", "192.168.1.9", "192.168.1.10"],
/// );
/// ```
pub fn expand(text: &str) -> Result<Vec<String>, ExpandError> {
    let mut words = expand_all(text)?;
    let mut seen = HashSet::new();
    // Keeps the first of equal words, and so the order.
    words.retain(|word| seen.insert(word.clone()));
    Ok(words)
}

/// Like [`expand`], but with duplicates: values that are paired with hosts may be equal.
///
/// # Errors
///
/// See [`expand`].
pub fn expand_all(text: &str) -> Result<Vec<String>, ExpandError> {
    let mut words = Vec::new();
    for pieces in parse::parse(text)? {
        words.extend(product(&pieces)?);
    }
    Ok(words)
}

/// The hosts that a list expands to.
///
/// # Errors
///
/// [`HostListError`] if it is not a list, or a word of it is not a host name.
pub fn hosts(text: &str) -> Result<Vec<HostName>, HostListError> {
    Ok(expand(text)?.iter().map(|word| word.parse()).collect::<Result<_, TextParseError>>()?)
}

/// All combinations of the pieces; the last piece varies fastest.
fn product(pieces: &[WordPiece]) -> Result<Vec<String>, ExpandError> {
    let mut words = vec![String::new()];
    for piece in pieces {
        words = match piece {
            WordPiece::Text(text) => words.into_iter().map(|word| word + text).collect(),
            WordPiece::OneOf(items) => words
                .iter()
                .flat_map(|word| items.iter().map(move |item| format!("{word}{item}")))
                .collect(),
        };
        // Checked after each piece: a long word must not be multiplied further.
        if words.iter().any(|word| word.len() > WORD_BYTES_MAX) {
            return Err(ExpandError::LongWord);
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests;
