//! Subcommands that only the lab itself uses: each is a process of its own.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::kubernetes_node::KubernetesNodeMaker;
use crate::sandbox::SandboxError;
use crate::{cleanup, neighbour_table, node, nsenter, process, relay, sandbox, service};

/// The helpers that run in a sandbox, or not at all.
const INSIDE_ONLY: [&str; 7] = [
    "lab-segment",
    "lab-host",
    "lab-host-init",
    "lab-enter",
    "lab-exec",
    "lab-service",
    "lab-relay",
];

/// Runs the helper of that name, if it is one; call it first in `main`, before any thread.
///
/// `lab-inside` is none of them: that is the command proper, on its way back from
/// [`sandbox::enter`]. `nodes` makes Kubernetes nodes of hosts that are to be such; without it a
/// scenario with one cannot be raised.
#[must_use]
pub fn run(
    name: &str,
    args: &[OsString],
    nodes: Option<&dyn KubernetesNodeMaker>,
) -> Option<ExitCode> {
    let result = match name {
        "lab-sandbox" => say(sandbox::isolate(args)),
        "lab-init" => say(sandbox::init(args)),
        cleanup::START => say(cleanup::run(args)),
        neighbour_table::KEEP => say(neighbour_table::keep(args)),
        // All others change the namespaces in which they are.
        _ if INSIDE_ONLY.contains(&name) && !sandbox::is_inside() => {
            say(Err(SandboxError::Outside))
        }
        "lab-segment" => say(node::hold()),
        "lab-host" => say(node::leave()),
        "lab-host-init" => say(node::host_init(nodes)),
        "lab-enter" => say(nsenter::enter(args)),
        "lab-exec" => say(nsenter::exec(args)),
        "lab-service" => say(service::run(args)),
        "lab-relay" => say(relay::run(args)),
        _ => return None,
    };
    Some(result)
}

/// Ends a helper: with its exit code, or with its error on standard error.
pub fn say<E: std::error::Error>(result: Result<ExitCode, E>) -> ExitCode {
    result.unwrap_or_else(|error| process::report_failure(&error))
}
