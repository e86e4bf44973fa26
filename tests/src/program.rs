//! The program under test: `pontoon`, as built beside these tests.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use crate::checkout::root;

/// Runs `pontoon` with these arguments to its end.
///
/// # Panics
///
/// When it cannot be built or started.
#[must_use]
pub fn pontoon(arguments: &[&str]) -> Output {
    started(start(path()).args(arguments))
}

/// Starts `pontoon` with these arguments, with nobody at its ends.
///
/// # Panics
///
/// When it cannot be built or started.
#[must_use]
pub fn start_pontoon(arguments: &[&str]) -> Child {
    let mut command = start(path());
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"))
}

/// What a run wrote to standard output.
///
/// # Panics
///
/// When it is not UTF-8.
#[must_use]
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("pontoon writes UTF-8")
}

/// Where the program is. It is built first: a test must not judge yesterday's.
///
/// # Panics
///
/// When it cannot be built.
#[must_use]
pub fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        // .../target/PROFILE/deps/TEST
        let test = env::current_exe().expect("a test knows its own path");
        let folder = test.ancestors().nth(2).expect("cargo puts tests two folders down");
        let folder_name = folder.file_name().expect("a profile has a name").to_string_lossy();
        let profile = if folder_name == "debug" { "dev" } else { &folder_name };
        let target = folder.parent().expect("a profile lies in the target folder");
        let built = started(
            start(Path::new(env!("CARGO")))
                .current_dir(root())
                .args(["build", "--quiet", "--package", "pontoon-cli", "--profile", profile])
                .arg("--target-dir")
                .arg(target),
        );
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "pontoon could not be built:\n{said}");
        folder.join("pontoon")
    })
}

#[expect(clippy::disallowed_methods, reason = "the program under test is a program")]
fn start(program: &Path) -> Command {
    Command::new(program)
}

fn started(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"))
}
