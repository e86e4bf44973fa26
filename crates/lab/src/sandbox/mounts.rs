//! Mounts, and errors that name them.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};

use super::SandboxError;

/// Where hosts put together a folder before it takes its place.
pub const STAGE: &str = "/run/stage";

/// Makes the error of mounting `what`.
pub fn mounting(what: &str) -> impl FnOnce(Errno) -> SandboxError {
    let what = what.to_owned();
    move |source| SandboxError::Mount { what, source }
}

/// Makes the error of preparing the file `path`.
pub fn file(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> SandboxError {
    let path = path.as_ref().display().to_string();
    move |source| SandboxError::File { path, source }
}

/// Makes a folder that everybody may read, and those above it.
///
/// # Errors
///
/// [`SandboxError::File`]: it could not be made.
pub fn make_dir(path: impl AsRef<Path>) -> Result<(), SandboxError> {
    let path = path.as_ref();
    fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(file(path))
}

/// Memory that is freed with its namespace. 64 MiB: a record of a long run fits, a runaway
/// program does not take the machine's memory.
///
/// # Errors
///
/// [`SandboxError::Mount`]: the kernel refused.
pub fn mount_tmpfs(target: &str) -> Result<(), SandboxError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), target, Some("tmpfs"), flags, Some("mode=755,size=64m"))
        .map_err(mounting(target))
}

pub(crate) fn mount_proc() -> Result<(), SandboxError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>)
        .map_err(mounting("a fresh /proc"))
}

/// Shows `source` at `target` as well, with what is mounted below it (mount(8), `--rbind`).
///
/// # Errors
///
/// [`SandboxError::Mount`]: the kernel refused.
pub fn bind(source: &str, target: &str) -> Result<(), SandboxError> {
    mount(Some(source), target, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)
        .map_err(mounting(&format!("{source} on {target}")))
}
