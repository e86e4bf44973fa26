//! The sandbox: namespaces around a whole lab, so that ending one process ends everything.
//!
//! ```text
//! the user's process        stays outside, turns Ctrl-C into the end of the rest
//! └─ lab-sandbox            has left for new user (when not root), mount, PID, network namespaces
//!    └─ lab-init            PID 1 in there: private mounts, reaps orphans
//!       └─ lab-inside …     the command proper, and all hosts of the lab below it
//! ```
//!
//! Each dies with its parent (`PR_SET_PDEATHSIG`), and the kernel kills a PID namespace with its
//! PID 1: whichever of them is killed, no process, namespace, mount or file is left.

use std::ffi::OsString;
use std::io;
use std::process::{Child, ExitCode};

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpid};

use crate::process;

mod namespace_init;
mod mounts;

pub(crate) use mounts::mount_proc;
pub use mounts::{STAGE, bind, file, make_dir, mount_tmpfs, mounting};
pub use namespace_init::show_pontoon;
pub(crate) use namespace_init::{die_with_parent, init, is_inside, isolate};

/// The command that the sandbox runs inside: `pontoon lab-inside ARGS…`.
pub const INSIDE: &str = "lab-inside";

/// A sandbox could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Our own binary could not be started again.
    #[error("cannot start pontoon again through /proc/self/exe; is /proc mounted?")]
    Restart(#[source] io::Error),
    /// The kernel refused the namespaces.
    #[error(
        "the kernel refuses new namespaces; be root, or allow user namespaces \
         (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces)"
    )]
    Refused(#[source] Errno),
    /// The user could not be mapped into the new user namespace.
    #[error("cannot become root of a new user namespace: writing {path}")]
    Mapping {
        /// The file of `/proc/self` that maps users or groups.
        path: &'static str,
        /// What the kernel answered.
        #[source]
        source: io::Error,
    },
    /// A mount failed.
    #[error("cannot mount {what}; a container may forbid it: try on the machine itself")]
    Mount {
        /// What was to be mounted, and where.
        what: String,
        /// What the kernel answered.
        #[source]
        source: Errno,
    },
    /// A file of the sandbox could not be written.
    #[error("cannot prepare {path} in the sandbox")]
    File {
        /// The whole path of the file.
        path: String,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
    /// A system call failed that does not fail.
    #[error("{call} failed")]
    System {
        /// The name of the call.
        call: &'static str,
        /// What the kernel answered.
        #[source]
        source: Errno,
    },
    /// A helper of the lab was started on the machine.
    #[error("this is a part of `pontoon lab`, which runs in its sandbox only")]
    Outside,
    /// The process that asked for the sandbox is gone.
    #[error("the process that asked for this sandbox is gone")]
    Orphan,
}

/// Makes the error of a system call, by its name.
pub fn system(call: &'static str) -> impl FnOnce(Errno) -> SandboxError {
    move |source| SandboxError::System { call, source }
}

/// Runs `pontoon lab-inside ARGS…` in a sandbox of its own and waits for it; the code is that of
/// the command, or 128 and the number of the signal that ended it or us.
///
/// Nothing is left when this returns, nor when this process is killed. Call it before any thread
/// was started, and without other children: those would be waited for as well.
///
/// # Errors
///
/// [`SandboxError`] when the binary cannot be started again. What goes wrong inside is printed
/// there and shows as a failing code.
pub fn enter(args: &[OsString]) -> Result<ExitCode, SandboxError> {
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGCHLD] {
        signals.add(signal);
    }
    signals.thread_block().map_err(system("sigprocmask"))?;
    // Processes that are orphaned in there become our children, so that their ends can be waited for.
    prctl::set_child_subreaper(true).map_err(system("prctl(PR_SET_CHILD_SUBREAPER)"))?;
    let child = process::program("/proc/self/exe")
        .arg("lab-sandbox")
        .arg(getpid().to_string())
        .args(args)
        .spawn()
        .map_err(SandboxError::Restart)?;
    wait(child, &signals).map(ExitCode::from)
}

fn wait(mut child: Child, signals: &SigSet) -> Result<u8, SandboxError> {
    let code = loop {
        match signals.wait().map_err(system("sigwait"))? {
            Signal::SIGCHLD => {
                if let Ok(Some(status)) = child.try_wait() {
                    break process::code_of(status);
                }
            }
            signal => {
                // It may have ended by itself in the same moment.
                let _ = child.kill();
                let _ = child.wait();
                break u8::try_from(128 + signal as i32).unwrap_or(u8::MAX);
            }
        }
    };
    // PID 1 of the sandbox is gone only after all its processes are.
    while waitpid(None::<Pid>, None).is_ok() {}
    let _ = signals.thread_unblock();
    Ok(code)
}
