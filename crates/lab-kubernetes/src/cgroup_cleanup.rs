//! The process that makes and removes the control groups of a run: outside the sandbox, so that it outlives what it clears.
//!
//! Namespaces, mounts and processes end with the lab; folders of control groups do not. So a
//! process of its own makes the folder of the run, moves the lab into it, and waits until its
//! standard input ends, which it does however the lab ends. Then it removes the folder. If it is
//! killed itself, the next run finds a folder whose lab is gone, and removes that first.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::fcntl::{Flock, FlockArg};
use nix::mount::{MsFlags, mount};
use nix::poll::{PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigSet, Signal};

use pontoon_lab::cleanup;
use pontoon_lab::sandbox::{SandboxError, file, make_dir, mount_tmpfs, mounting, system};

use crate::KubernetesError;
use crate::cgroups::{RUN, fit, hierarchies};

/// The subcommand of that process.
pub(crate) const KEEP: &str = "lab-cgroups-keep";

/// A folder that every Linux has (FHS), for mounts that nobody else sees.
const PLACE: &str = "/mnt";

/// How often removal is tried, every 50 ms: processes that were killed take a moment to be gone.
const TRIES: usize = 600;

/// Makes the folder of a run and moves this process into it, for as long as the result lives.
pub(crate) fn start() -> Result<cleanup::CleanupProcess, KubernetesError> {
    let pid = nix::unistd::getpid().to_string();
    cleanup::start(KEEP, &[&pid]).map_err(KubernetesError::Cleanup)
}

/// `lab-cgroups-keep PID`: makes the folder, moves the process into it, says `ok`, and removes the
/// folder when its standard input has ended.
pub(crate) fn keep(args: &[OsString]) -> Result<ExitCode, KubernetesError> {
    let pid = args.first().and_then(|word| word.to_str()).unwrap_or_default();
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        signals.add(signal);
    }
    signals.thread_block().map_err(system("sigprocmask"))?;
    unshare(CloneFlags::CLONE_NEWNS).map_err(SandboxError::Refused)?;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
        .map_err(mounting("/ privately"))?;
    mount_tmpfs(PLACE)?;
    let roots: Vec<PathBuf> =
        hierarchies()?.iter().map(|it| it.mount(PLACE)).collect::<Result<_, _>>()?;
    let folders = {
        let _alone = alone(&roots)?;
        sweep(&roots);
        make(&roots, pid)?
    };
    let said = io::stdout().write_all(b"ok\n").and_then(|()| io::stdout().flush());
    said.map_err(file("the answer to the lab"))?;
    // An error is an end as well.
    let _ = io::stdin().read_to_end(&mut Vec::new());
    for _ in 0..TRIES {
        for folder in &folders {
            remove(folder);
        }
        if !folders.iter().any(|folder| folder.exists()) {
            // What another run left may not have been free yet when this one began.
            if let Ok(_alone) = alone(&roots) {
                sweep(&roots);
            }
            return Ok(ExitCode::SUCCESS);
        }
        let _ = poll(&mut [], PollTimeout::from(50_u8));
    }
    Err(KubernetesError::Left { folders: TRIES })
}

/// No other such process sweeps or makes folders while the result lives: between the making of a folder
/// and the process in it, it looks like one that was left.
fn alone(roots: &[PathBuf]) -> Result<Option<Flock<fs::File>>, SandboxError> {
    let Some(root) = roots.first() else { return Ok(None) };
    let folder = fs::File::open(root).map_err(file(root))?;
    let locked = Flock::lock(folder, FlockArg::LockExclusive);
    locked.map(Some).map_err(|(_, errno)| system("flock")(errno))
}

/// A folder of its own in each hierarchy, with the process in it.
fn make(roots: &[PathBuf], pid: &str) -> Result<Vec<PathBuf>, SandboxError> {
    // The number is taken where another run, from another PID namespace, has the same.
    let names = (0..100).map(|more| format!("{RUN}{pid}-{more}"));
    let first = roots.first().map_or(Path::new(PLACE), PathBuf::as_path);
    let free = |name: &String| fs::create_dir(first.join(name)).is_ok();
    let name = names.into_iter().find(free).ok_or_else(|| SandboxError::File {
        path: format!("{RUN}{pid}"),
        source: io::ErrorKind::AlreadyExists.into(),
    })?;
    let mut folders = Vec::new();
    for root in roots {
        let folder = root.join(&name);
        make_dir(&folder)?;
        fit(&folder)?;
        let processes = folder.join("cgroup.procs");
        fs::write(&processes, pid).map_err(file(&processes))?;
        folders.push(folder);
    }
    Ok(folders)
}

/// Removes what runs left whose processes are gone. That of a run that lives cannot be removed:
/// its processes are in it.
fn sweep(roots: &[PathBuf]) {
    let entries = roots.iter().filter_map(|root| fs::read_dir(root).ok()).flatten().flatten();
    for folder in entries.map(|entry| entry.path()) {
        let is_run = folder.file_name().is_some_and(|it| it.to_string_lossy().starts_with(RUN));
        let is_empty = fs::read(folder.join("cgroup.procs")).is_ok_and(|text| text.is_empty());
        if is_run && is_empty {
            remove(&folder);
        }
    }
}

/// Removes a folder of control groups from below; those with processes stay.
fn remove(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    let _ = fs::remove_dir(folder);
}
