//! Mounts, and errors that name them.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};

use super::SandboxError;

/// Where hosts put together a folder before it takes its place.
pub(crate) const STAGE: &str = "/run/stage";

/// An error of mounting `what`.
pub(crate) fn mounting(what: &str) -> impl FnOnce(Errno) -> SandboxError {
    let what = what.to_owned();
    move |source| SandboxError::Mount { what, source }
}

/// An error of preparing the file `path`.
pub(crate) fn file(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> SandboxError {
    let path = path.as_ref().display().to_string();
    move |source| SandboxError::File { path, source }
}

pub(crate) fn make_dir(path: impl AsRef<Path>) -> Result<(), SandboxError> {
    let path = path.as_ref();
    fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(file(path))
}

/// Memory that vanishes with its namespace. 64 MiB: a record of a long run fits, a runaway
/// program does not take the machine's memory.
pub(crate) fn mount_tmpfs(target: &str) -> Result<(), SandboxError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), target, Some("tmpfs"), flags, Some("mode=755,size=64m"))
        .map_err(mounting(target))
}

pub(crate) fn mount_proc() -> Result<(), SandboxError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>)
        .map_err(mounting("a fresh /proc"))
}

pub(crate) fn bind(source: &str, target: &str) -> Result<(), SandboxError> {
    mount(Some(source), target, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)
        .map_err(mounting(&format!("{source} on {target}")))
}
