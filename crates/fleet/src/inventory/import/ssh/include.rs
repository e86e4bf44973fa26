//! `Include` in an ssh configuration: files of the same folder only.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::inventory::import::TEXT_BYTES_MAX;

/// Largest nesting of includes; ssh itself allows 16 (`READCONF_MAX_DEPTH` in readconf.h).
const DEPTH_MAX: usize = 4;

/// Largest number of included files in total.
const FILES_MAX: usize = 64;

/// The reason for rejecting a path outside the folder.
const WHERE: &str = "only files of the same folder are read";

pub(super) struct SshIncludes<'a> {
    folder: Option<&'a Path>,
    files: usize,
    bytes: usize,
}

impl<'a> SshIncludes<'a> {
    pub(super) fn new(folder: Option<&'a Path>) -> Self {
        // The parent of a bare file name is empty.
        let current = |path: &'a Path| {
            if path.as_os_str().is_empty() { Path::new(".") } else { path }
        };
        Self { folder: folder.map(current), files: 0, bytes: 0 }
    }

    /// The contents of the files that match a pattern, sorted by name, or the reason why there are
    /// none.
    pub(super) fn read(&mut self, pattern: &str, depth: usize) -> Result<Vec<String>, String> {
        let folder = self.folder.ok_or("the file has no folder here")?;
        if depth >= DEPTH_MAX {
            return Err(format!("there are more than {DEPTH_MAX} in one another"));
        }
        // The tilde is expanded only if the file is in a folder `.ssh` itself.
        let relative = pattern.strip_prefix("~/.ssh/").filter(|_| folder.ends_with(".ssh"));
        let path = PathBuf::from(relative.unwrap_or(pattern));
        let path = path.strip_prefix(folder).unwrap_or(&path);
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(WHERE.to_owned());
        }
        let paths = matching(folder, path).map_err(|error| error.to_string())?;
        paths.iter().map(|path| self.text(folder, path)).collect()
    }

    fn text(&mut self, folder: &Path, path: &Path) -> Result<String, String> {
        self.files += 1;
        if self.files > FILES_MAX {
            return Err(format!("there are more than {FILES_MAX} files"));
        }
        let said = |error: io::Error| error.to_string();
        // A symbolic link may point outside of the folder.
        let (real, home) = (path.canonicalize(), folder.canonicalize());
        if !real.map_err(said)?.starts_with(home.map_err(said)?) {
            return Err(WHERE.to_owned());
        }
        if !path.is_file() {
            return Err("it is no file".to_owned());
        }
        let room = TEXT_BYTES_MAX.saturating_sub(self.bytes);
        let mut text = String::new();
        let file = File::open(path).map_err(said)?;
        // One byte more than there is room for shows that the file is too long.
        file.take(room as u64 + 1).read_to_string(&mut text).map_err(said)?;
        self.bytes += text.len();
        if text.len() > room {
            return Err(format!("the files have more than {TEXT_BYTES_MAX} bytes"));
        }
        Ok(text)
    }
}

/// The files that match a path; its last part may contain one `*`.
fn matching(folder: &Path, path: &Path) -> io::Result<Vec<PathBuf>> {
    let last = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((start, end)) = last.split_once('*') else {
        return Ok(vec![folder.join(path)]);
    };
    let folder = folder.join(path.parent().unwrap_or(Path::new("")));
    let is_meant = |name: &str| {
        name.len() >= start.len() + end.len()
            && name.starts_with(start)
            && name.ends_with(end)
            // As in glob(3), `*` does not match hidden files.
            && (!name.starts_with('.') || start.starts_with('.'))
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_meant) && entry.file_type()?.is_file() {
            paths.push(entry.path());
        }
    }
    // glob(3) sorts, and ssh takes the first value of an option.
    paths.sort();
    Ok(paths)
}
