//! Subcommands that only the lab itself uses: each is a process of its own.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::{
    cleanup, kubernetes, neighbour_table, node, nsenter, process, relay, sandbox, service,
};

/// Runs the helper of that name, if it is one; call it first in `main`, before any thread.
///
/// `lab-inside` is none of them: that is the command proper, on its way back from
/// [`sandbox::enter`].
#[must_use]
pub fn run(name: &str, args: &[OsString]) -> Option<ExitCode> {
    let result = match name {
        "lab-sandbox" => say(sandbox::isolate(args)),
        "lab-init" => say(sandbox::init(args)),
        cleanup::START => say(cleanup::run(args)),
        neighbour_table::KEEP => say(neighbour_table::keep(args)),
        "lab-segment" => say(node::hold()),
        "lab-host" => say(node::leave()),
        "lab-host-init" => say(node::furnished()),
        "lab-enter" => say(nsenter::enter(args)),
        "lab-exec" => say(nsenter::exec(args)),
        "lab-service" => say(service::run(args)),
        kubernetes::KEEP => say(kubernetes::keep(args)),
        kubernetes::UNITS => say(kubernetes::units(args)),
        "lab-systemctl" => say(kubernetes::systemctl(args)),
        "lab-journalctl" => say(kubernetes::journalctl(args)),
        "lab-relay" => say(relay::run(args)),
        _ => return None,
    };
    Some(result)
}

fn say<E: std::error::Error>(result: Result<ExitCode, E>) -> ExitCode {
    result.unwrap_or_else(|error| process::report_failure(&error))
}
