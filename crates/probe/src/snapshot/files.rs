//! Files below a root: bounded, never blocking, whatever lies there.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

/// A file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is none.
    #[error("{0} does not exist")]
    Missing(PathBuf),
    /// It is a pipe, a device or a directory, which might never end.
    #[error("{0} is not a plain file")]
    NotPlain(PathBuf),
    /// The file is there and cannot be read.
    #[error("cannot read {path}")]
    Failed {
        /// The file below the root.
        path: PathBuf,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
}

/// Text of a file, and whether it was longer than the limit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FileText {
    /// What was read; what is not UTF-8 became U+FFFD.
    pub(crate) text: String,
    /// Whether there was more.
    pub(crate) is_cut: bool,
}

/// Reads at most `limit` bytes of `root`/`path`.
///
/// # Errors
/// When there is no such plain file or it cannot be read.
pub(crate) fn read(root: &Path, path: &str, limit: u64) -> Result<FileText, FileError> {
    let path = root.join(path);
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => FileError::Missing(path.clone()),
        _ => FileError::Failed { path: path.clone(), source },
    };
    // Opening a pipe would wait for a writer without O_NONBLOCK.
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(&path);
    let file = file.map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(FileError::NotPlain(path));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_cut = bytes.len() > limit;
    bytes.truncate(limit);
    Ok(FileText { text: String::from_utf8_lossy(&bytes).into_owned(), is_cut })
}

/// Reads a file that holds one number, such as a sysctl; `None` if it does not.
pub(crate) fn number(root: &Path, path: &str) -> Option<u32> {
    /// Ten digits and a line end fit several times.
    const NUMBER_BYTES: u64 = 64;
    read(root, path, NUMBER_BYTES).ok()?.text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit_only() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a"), b"12345\xff").unwrap();
        let whole = read(root.path(), "a", 6).unwrap();
        assert_eq!((whole.text.as_str(), whole.is_cut), ("12345\u{fffd}", false));
        let cut = read(root.path(), "a", 5).unwrap();
        assert_eq!((cut.text.as_str(), cut.is_cut), ("12345", true));
    }

    #[test]
    fn what_is_no_plain_file_is_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&root.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(matches!(read(root.path(), "pipe", 9), Err(FileError::NotPlain(_))));
        assert!(matches!(read(root.path(), "", 9), Err(FileError::NotPlain(_))));
        assert!(matches!(read(root.path(), "none", 9), Err(FileError::Missing(_))));
    }

    #[test]
    fn a_sysctl_is_a_number_or_unknown() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a"), "1\n").unwrap();
        std::fs::write(root.path().join("b"), "yes\n").unwrap();
        let read = ["a", "b", "c"].map(|path| number(root.path(), path));
        assert_eq!(read, [Some(1), None, None]);
    }
}
