//! The edge where words leave: data to stdout, all else to stderr.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use pontoon_model::exit::Exit;

use crate::failure::CommandFailure;
use crate::render::clean_lines;

/// What a shell reports for a program that SIGPIPE ended: nobody reads the output any more.
const CLOSED: u8 = 141;

/// Writes data.
pub(crate) fn data(text: &str) -> Result<(), CommandFailure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|source| CommandFailure::Output { source })
}

/// Writes a line as it came, bytes and all.
pub(crate) fn raw_line(line: &[u8], is_error: bool) -> Result<(), CommandFailure> {
    let written = if is_error {
        let mut stderr = io::stderr().lock();
        stderr.write_all(line).and_then(|()| stderr.write_all(b"\n"))
    } else {
        let mut stdout = io::stdout().lock();
        stdout.write_all(line).and_then(|()| stdout.write_all(b"\n"))
    };
    written.map_err(|source| CommandFailure::Output { source })
}

/// Writes a line for the person at the terminal. That nobody can read it stops nothing.
pub(crate) fn note(line: &dyn Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes the beginning of a line that the person at the terminal completes.
pub(crate) fn question(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
}

/// Says what went wrong, and gives the number to end with.
pub(crate) fn failure(failure: &CommandFailure) -> ExitCode {
    if failure.is_closed_pipe() {
        return ExitCode::from(CLOSED);
    }
    let mut text = format!("pontoon: {}", clean_lines(&failure.to_string()));
    let mut cause = std::error::Error::source(failure);
    while let Some(error) = cause {
        text.push_str(&format!("\n  because: {}", clean_lines(&error.to_string())));
        cause = error.source();
    }
    if let Some(advice) = failure.advice() {
        text.push_str(&format!("\n\nhint: {advice}"));
    }
    note(&text);
    ExitCode::from(failure.exit().code())
}

/// Help, the version, or what is wrong with the command line.
pub(crate) fn clap_message(stop: &clap::Error) -> ExitCode {
    match stop.print() {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(CLOSED),
        _ if stop.use_stderr() => ExitCode::from(Exit::Usage.code()),
        _ => ExitCode::SUCCESS,
    }
}
