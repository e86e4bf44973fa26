//! The program under test: `pontoon`, as built beside these tests.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use crate::checkout::root;

/// Runs `pontoon` with these arguments until it ends.
///
/// # Panics
///
/// If it cannot be built or started.
#[must_use]
pub fn pontoon(arguments: &[&str]) -> Output {
    started(start(path()).args(arguments))
}

/// Runs `pontoon` with these arguments in a folder, with these environment variables and this
/// standard input.
///
/// # Panics
///
/// If it cannot be built or started.
#[must_use]
pub fn pontoon_in(
    folder: &Path,
    variables: &[(&str, &str)],
    arguments: &[&str],
    input: &str,
) -> Output {
    let mut command = start(path());
    command.args(arguments).current_dir(folder).envs(variables.iter().copied());
    fed(&mut command, input)
}

/// Starts `pontoon` with these arguments, with /dev/null as input and output.
///
/// # Panics
///
/// If it cannot be built or started.
#[must_use]
pub fn start_pontoon(arguments: &[&str]) -> Child {
    let mut command = start(path());
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"))
}

/// The standard output of a run.
///
/// # Panics
///
/// If it is not UTF-8.
#[must_use]
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("pontoon writes UTF-8")
}

/// The path of the program. It is built first, so that a test never runs an old build.
///
/// # Panics
///
/// If it cannot be built.
#[must_use]
pub fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let folder = profile_folder();
        let folder_name = folder.file_name().expect("a profile has a name").to_string_lossy();
        let profile = if folder_name == "debug" { "dev" } else { &folder_name };
        let target = folder.parent().expect("a profile lies in the target folder");
        let mut build = start(Path::new(env!("CARGO")));
        // What cargo told this test of its own package: build scripts (ring's) that look at it
        // would begin anew, and with them all that is built upon theirs.
        let of_this_package = |name: &str| {
            ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|begin| name.starts_with(begin))
        };
        for (name, _) in env::vars().filter(|(name, _)| of_this_package(name)) {
            build.env_remove(name);
        }
        let built = started(
            build
                .current_dir(root())
                // With --examples (there are none) features are those of `cargo test --workspace`,
                // so that nothing is built twice.
                .args(["build", "--quiet", "--workspace", "--bin", "pontoon", "--examples"])
                .args(["--profile", profile])
                .arg("--target-dir")
                .arg(target),
        );
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "pontoon could not be built:\n{said}");
        folder.join("pontoon")
    })
}

/// The folder of the profile with which these tests were built.
fn profile_folder() -> PathBuf {
    // .../target/PROFILE/deps/TEST
    let test = env::current_exe().expect("a test knows its own path");
    test.ancestors().nth(2).expect("cargo puts tests two folders down").to_owned()
}

/// Runs cargo on this checkout; returns its standard output.
///
/// # Panics
///
/// If it fails.
#[must_use]
pub fn cargo(arguments: &[&str]) -> String {
    let output = started(start(Path::new(env!("CARGO"))).current_dir(root()).args(arguments));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}:\n{said}");
    stdout(&output)
}

/// Runs a Python script with this standard input; returns its standard output.
///
/// # Panics
///
/// If it fails: `./check` installs the packages that scripts need below `target/tools/python`.
#[must_use]
pub fn python(script: &str, input: &str) -> String {
    let target = profile_folder().parent().expect("a profile lies in the target folder").to_owned();
    let mut command = start(Path::new("python3"));
    command.args(["-c", script]).env("PYTHONPATH", target.join("tools/python"));
    let output = fed(&mut command, input);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "run ./check, which installs missing packages:\n{said}");
    stdout(&output)
}

#[expect(clippy::disallowed_methods, reason = "the program under test is a program")]
fn start(program: &Path) -> Command {
    Command::new(program)
}

fn started(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"))
}

/// Runs a program until it ends, with this standard input.
fn fed(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
    let mut stdin = child.stdin.take().expect("it was requested");
    // Programs that do not use it close it early; the others read all of it before they write.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("a program ends")
}
