//! Nothing here but the benches: `cargo bench -p pontoon-benches`.

use std::path::PathBuf;

/// A program of the release build, beside the bench's own folder.
///
/// # Panics
///
/// When it has not been built.
#[must_use]
pub fn release(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let release = own.ancestors().find(|folder| folder.ends_with("release"));
    let program = release.map(|folder| folder.join(name)).filter(|program| program.exists());
    assert!(program.is_some(), "build it first: cargo build --release");
    program.unwrap_or_default()
}
