//! Running a program in a host of the lab.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};

use crate::process::{self, HOME};
use crate::sandbox::die_with_parent;

/// A program could not be run in a host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnterError {
    /// The arguments are wrong: only the lab itself gives them.
    #[error("usage: lab-enter PID ENV… -- PROGRAM ARGS…")]
    Usage,
    /// The host is gone.
    #[error("the host of process {pid} is gone")]
    Gone {
        /// Its PID 1.
        pid: String,
        /// What the kernel answered.
        #[source]
        source: io::Error,
    },
    /// A namespace could not be entered.
    #[error("cannot enter the {which} namespace of the host")]
    Refused {
        /// The name of the namespace in `/proc/PID/ns`.
        which: &'static str,
        /// What the kernel answered.
        #[source]
        source: Errno,
    },
    /// The program could not be started.
    #[error("cannot start `{program}`")]
    Start {
        /// The program as it was named.
        program: String,
        /// What the kernel answered.
        #[source]
        source: io::Error,
    },
}

/// Namespaces in the order in which they are entered. The mount namespace comes last: with it
/// goes the `/proc` in which the others are found.
const NAMESPACES: [(&str, CloneFlags); 6] = [
    ("cgroup", CloneFlags::CLONE_NEWCGROUP),
    ("net", CloneFlags::CLONE_NEWNET),
    ("uts", CloneFlags::CLONE_NEWUTS),
    ("ipc", CloneFlags::CLONE_NEWIPC),
    ("pid", CloneFlags::CLONE_NEWPID),
    ("mnt", CloneFlags::CLONE_NEWNS),
];

/// The command that runs `argv` in the namespaces of the process `pid`, by [`enter`].
pub(crate) fn command(pid: u32, argv: &[&OsStr]) -> Command {
    let mut command = process::helper("lab-enter");
    command.arg(pid.to_string()).arg("--").args(argv);
    command
}

/// `lab-enter PID -- PROGRAM ARGS…`: runs the program in all namespaces of a process, with the
/// standard streams of this one and an environment of four variables, and waits for it.
pub(crate) fn enter(args: &[OsString]) -> Result<ExitCode, EnterError> {
    let [pid, dashes, argv @ ..] = args else { return Err(EnterError::Usage) };
    let pid = pid.to_str().filter(|_| dashes == "--" && !argv.is_empty());
    let pid = pid.ok_or(EnterError::Usage)?;
    let dir = std::env::current_dir().ok();
    let mut namespaces = Vec::new();
    for (which, flag) in NAMESPACES.into_iter().filter(|(which, _)| is_other(pid, which)) {
        let open = File::open(format!("/proc/{pid}/ns/{which}"));
        let gone = |source| EnterError::Gone { pid: pid.to_owned(), source };
        namespaces.push((which, flag, open.map_err(gone)?));
    }
    for (which, flag, namespace) in &namespaces {
        setns(namespace, *flag).map_err(|source| EnterError::Refused { which, source })?;
    }
    drop(namespaces);
    // Where the user stood, if the host has that folder too.
    if dir.is_none_or(|dir| std::env::set_current_dir(dir).is_err()) {
        let _ = std::env::set_current_dir("/");
    }
    let mut command = process::helper("lab-exec");
    command.args(argv).env_clear().env("PATH", process::PATH);
    // A program without a home keeps its files where it is started, which is the user's folder.
    command.env("HOME", HOME);
    for name in ["TERM", "LANG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let start = |source| EnterError::Start { program: process::OWN_PROGRAM.to_owned(), source };
    let status = command.spawn().map_err(start)?.wait().map_err(start)?;
    Ok(process::code_of(status).into())
}

/// Whether it is not the one this process is in: most hosts have no cgroup namespace, and to enter
/// the machine's takes rights that only root has.
fn is_other(pid: &str, which: &str) -> bool {
    let of = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/{which}")).ok();
    of(pid) != of("self")
}

/// `lab-exec PROGRAM ARGS…`: becomes the program, and ends with its parent.
pub(crate) fn exec(args: &[OsString]) -> Result<ExitCode, EnterError> {
    let (program, rest) = args.split_first().ok_or(EnterError::Usage)?;
    die_with_parent().map_err(|_| EnterError::Usage)?;
    let source = process::program(program).args(rest).exec();
    Err(EnterError::Start { program: shown(program), source })
}

fn shown(program: &OsStr) -> String {
    pontoon_model::untrusted::Untrusted::new(&program.to_string_lossy()).to_string()
}
