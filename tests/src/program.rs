//! The program under test: `pontoon`, as built beside these tests.

use std::env;
use std::io::Write as _;
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

/// Runs `pontoon` with these arguments in a folder, with these variables and this on its standard
/// input.
///
/// # Panics
///
/// When it cannot be built or started.
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
    PATH.get_or_init(|| built("pontoon"))
}

/// Where the program is that raises labs with Kubernetes nodes, built as [`path`] is.
///
/// # Panics
///
/// When it cannot be built.
#[must_use]
pub fn lab_kubernetes() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| built("pontoon-lab-kubernetes"))
}

fn built(program: &str) -> PathBuf {
    let folder = profile_folder();
    let folder_name = folder.file_name().expect("a profile has a name").to_string_lossy();
    let profile = if folder_name == "debug" { "dev" } else { &folder_name };
    let target = folder.parent().expect("a profile lies in the target folder");
    let mut build = start(Path::new(env!("CARGO")));
    // What cargo told this test of its own package: build scripts (ring's) that look at it would
    // begin anew, and with them all that is built upon theirs.
    let of_this_package =
        |name: &str| ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|begin| name.starts_with(begin));
    for (name, _) in env::vars().filter(|(name, _)| of_this_package(name)) {
        build.env_remove(name);
    }
    let built = started(
        build
            .current_dir(root())
            // With --examples (there are none) features are those of `cargo test --workspace`, so
            // that nothing is built twice.
            .args(["build", "--quiet", "--workspace", "--bin", program, "--examples"])
            .args(["--profile", profile])
            .arg("--target-dir")
            .arg(target),
    );
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{program} could not be built:\n{said}");
    folder.join(program)
}

/// Where cargo puts what it builds as these tests are built.
fn profile_folder() -> PathBuf {
    // .../target/PROFILE/deps/TEST
    let test = env::current_exe().expect("a test knows its own path");
    test.ancestors().nth(2).expect("cargo puts tests two folders down").to_owned()
}

/// Runs cargo on this checkout; returns what it wrote to standard output.
///
/// # Panics
///
/// When it fails.
#[must_use]
pub fn cargo(arguments: &[&str]) -> String {
    let output = started(start(Path::new(env!("CARGO"))).current_dir(root()).args(arguments));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}:\n{said}");
    stdout(&output)
}

/// Runs a Python script with this on its standard input; returns what it wrote to standard output.
///
/// # Panics
///
/// When it fails: `./check` installs what scripts need below `target/tools/python`.
#[must_use]
pub fn python(script: &str, input: &str) -> String {
    let target = profile_folder().parent().expect("a profile lies in the target folder").to_owned();
    let mut command = start(Path::new("python3"));
    command.args(["-c", script]).env("PYTHONPATH", target.join("tools/python"));
    let output = fed(&mut command, input);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "run ./check, which installs what is missing:\n{said}");
    stdout(&output)
}

/// Runs another program of the machine with its arguments to its end.
///
/// # Panics
///
/// When it cannot be started.
#[must_use]
pub fn shell(words: &[&str]) -> Output {
    started(start(Path::new(words[0])).args(&words[1..]))
}

#[expect(clippy::disallowed_methods, reason = "the program under test is a program")]
fn start(program: &Path) -> Command {
    Command::new(program)
}

fn started(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"))
}

/// Runs a program to its end, with this on its standard input.
fn fed(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
    let mut stdin = child.stdin.take().expect("it was asked for");
    // Programs that do not care for it close it early; those that do read all before they write.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("a program ends")
}
