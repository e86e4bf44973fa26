//! The files of this checkout.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder with `Cargo.toml` of the workspace.
///
/// # Panics
///
/// If this crate is not one level below it.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is a folder of the checkout")
}

/// Every file below a folder of the checkout, sorted, without build results.
///
/// # Panics
///
/// If a folder cannot be read.
#[must_use]
pub fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the checkout can be read") {
            let path = entry.expect("an entry of the checkout can be read").path();
            if !path.is_dir() {
                files.push(path);
            } else if !matches!(name(&path), "target" | ".git" | "corpus" | "artifacts") {
                folders.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The Rust sources below a folder of the checkout.
#[must_use]
pub fn sources_below(folder: &str) -> Vec<PathBuf> {
    let mut files = files_below(folder);
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files
}

/// The last part of a path.
#[must_use]
pub fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// A path relative to the root of the checkout.
#[must_use]
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The text of a file of the checkout.
///
/// # Panics
///
/// If it cannot be read.
#[must_use]
pub fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", shown(path)))
}
