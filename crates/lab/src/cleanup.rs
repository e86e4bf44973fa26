//! A process that puts something of the machine back when a lab is gone, also when that was killed.
//!
//! It has left the process that started it, and waits for the end of its standard input, whose other end is held by
//! the lab's own process: however that ends, the kernel closes it.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdin, ExitCode, Stdio};

use crate::process;

/// The helper that starts a cleanup process and ends.
pub(crate) const START: &str = "lab-cleanup";

/// Keeps a cleanup process waiting. Dropped, that begins to put things back.
#[derive(Debug)]
pub struct CleanupProcess {
    _end: ChildStdin,
}

/// Starts the cleanup process of the helper `name`, and waits until it writes `ok`.
///
/// # Errors
///
/// It could not be started, or wrote something else; why is on standard error.
pub fn start(name: &str, args: &[&str]) -> io::Result<CleanupProcess> {
    let mut starter = process::program("/proc/self/exe")
        .args([START, name])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let end = starter.stdin.take();
    let mut said = String::new();
    if let Some(output) = starter.stdout.take() {
        BufReader::new(output).read_line(&mut said)?;
    }
    starter.wait()?;
    match end {
        Some(end) if said.trim() == "ok" => Ok(CleanupProcess { _end: end }),
        _ => Err(io::Error::other("its cleanup process did not start; what it wrote is above")),
    }
}

/// `lab-cleanup NAME ARGS…`: starts it in a process group that Ctrl-C does not reach.
pub(crate) fn run(args: &[OsString]) -> io::Result<ExitCode> {
    process::program("/proc/self/exe").args(args).process_group(0).spawn()?;
    Ok(ExitCode::SUCCESS)
}
