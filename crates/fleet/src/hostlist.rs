//! Host lists: many hosts in one word, such as `pi[1-5,7]`.
//!
//! The notation is that of [python-hostlist] 2.x, which `pdsh`, Slurm and cloudmesh share in the
//! main: brackets hold numbers and ranges, several brackets multiply, a leading zero keeps the
//! width, what stands behind a bracket stays, the order is kept and what comes twice is left out.
//!
//! Ours besides are letters (`pi[a-c]`) and Ansible's colon (`pi[1:9:2]`), for its inventories.
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

/// Most words of one list. python-hostlist stops here, too; Kubernetes is made for 5 000 nodes
/// (its "considerations for large clusters"), so whoever meets this has mistyped.
pub const WORDS_MAX: usize = 100_000;

/// Most bytes of one word: twice what a host name may have, so that paths of keys fit as well.
pub const WORD_BYTES_MAX: usize = 512;

/// Most bytes of a list: what Linux lets one argument of a program have (`MAX_ARG_STRLEN`).
pub const TEXT_BYTES_MAX: usize = 128 * 1024;

/// A text is no list of hosts.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HostListError {
    /// It is no list.
    #[error(transparent)]
    List(#[from] ExpandError),
    /// One of its words is no name.
    #[error(transparent)]
    Name(#[from] TextParseError),
}

/// The words that a list stands for: names, addresses or other values.
///
/// # Errors
///
/// [`ExpandError`] when a bracket makes no sense, or the list is too long.
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
    words.retain(|word| seen.insert(word.clone()));
    Ok(words)
}

/// Like [`expand`], but what comes twice stays twice: values that are paired with hosts may be
/// alike.
///
/// # Errors
///
/// As [`expand`].
pub fn expand_all(text: &str) -> Result<Vec<String>, ExpandError> {
    let mut words = Vec::new();
    for pieces in parse::parse(text)? {
        words.extend(product(&pieces)?);
    }
    Ok(words)
}

/// The hosts that a list names.
///
/// # Errors
///
/// [`HostListError`] when it is no list, or a word of it cannot be the name of a host.
pub fn hosts(text: &str) -> Result<Vec<HostName>, HostListError> {
    Ok(expand(text)?.iter().map(|word| word.parse()).collect::<Result<_, TextParseError>>()?)
}

/// Every way to choose one of each piece; the first piece changes most slowly.
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
        if words.iter().any(|word| word.len() > WORD_BYTES_MAX) {
            return Err(ExpandError::LongWord);
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests;
