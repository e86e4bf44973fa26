//! Small texts of the user: a file, or standard input.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::failure::CommandFailure;

/// Reads a file of limited length; `-` is standard input. One byte more is read, so that what is
/// too long is seen to be.
pub(crate) fn read(path: &Path, limit: usize) -> Result<String, CommandFailure> {
    let failed = |source| CommandFailure::Read { path: path.to_owned(), source };
    let input: Box<dyn io::Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    let mut bytes = Vec::new();
    input.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
