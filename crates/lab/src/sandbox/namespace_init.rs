//! The side of the sandbox that has already left: making namespaces, then being PID 1 in them.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getegid, geteuid, getpid, getppid, sethostname};

use super::mounts::{STAGE, bind, file, make_dir, mount_proc, mount_tmpfs, mounting};
use super::{INSIDE, SandboxError, system};
use crate::process;

/// The file of this process's program (proc(5)).
const SELF: &str = "/proc/self/exe";

/// `lab-sandbox PARENT ARGS…`: leaves for new namespaces and starts their PID 1.
pub(crate) fn isolate(args: &[OsString]) -> Result<ExitCode, SandboxError> {
    let (parent, rest) = args.split_first().ok_or(SandboxError::Orphan)?;
    die_with_parent()?;
    leave()?;
    // Gaining rights in the new user namespace may clear the death signal (prctl(2)).
    die_with_parent()?;
    if parent.to_str() != Some(getppid().to_string().as_str()) {
        return Err(SandboxError::Orphan);
    }
    let mut init = process::program("/proc/self/exe")
        .arg("lab-init")
        .arg(getpid().to_string())
        .args(rest)
        .spawn()
        .map_err(SandboxError::Restart)?;
    let status = init.wait().map_err(SandboxError::Restart)?;
    Ok(process::code_of(status).into())
}

pub(crate) fn die_with_parent() -> Result<(), SandboxError> {
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(system("prctl(PR_SET_PDEATHSIG)"))
}

fn leave() -> Result<(), SandboxError> {
    let all = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC;
    let (user, group) = (geteuid(), getegid());
    // Root of a container may still lack the right; it can use a user namespace like anyone.
    if user.is_root() && unshare(all).is_ok() {
        return Ok(());
    }
    unshare(all | CloneFlags::CLONE_NEWUSER).map_err(SandboxError::Refused)?;
    // user_namespaces(7): without the right to change groups, setgroups must be denied first.
    for (path, text) in [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("0 {user} 1")),
        ("/proc/self/gid_map", format!("0 {group} 1")),
    ] {
        fs::write(path, text).map_err(|source| SandboxError::Mapping { path, source })?;
    }
    Ok(())
}

/// `lab-init PARENT ARGS…`: PID 1 of the sandbox.
pub(crate) fn init(args: &[OsString]) -> Result<ExitCode, SandboxError> {
    let (parent, rest) = args.split_first().ok_or(SandboxError::Orphan)?;
    die_with_parent()?;
    // getppid(2) is 0 here, but the /proc of the outside still tells.
    if parent.to_str() != Some(parent_by_proc()?.as_str()) {
        return Err(SandboxError::Orphan);
    }
    if getpid() != Pid::from_raw(1) {
        return Err(SandboxError::Outside);
    }
    prepare_mounts()?;
    sethostname("pontoon-lab").map_err(system("sethostname"))?;
    let command = process::helper(INSIDE).args(rest).spawn().map_err(SandboxError::Restart)?;
    let command = i32::try_from(command.id()).map_or(Pid::from_raw(-1), Pid::from_raw);
    loop {
        match waitpid(None::<Pid>, None) {
            Ok(status) if status.pid() == Some(command) => {
                if let Some(code) = process::code_of_wait(status) {
                    return Ok(code.into());
                }
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(source) => return Err(SandboxError::System { call: "waitpid", source }),
        }
    }
}

fn parent_by_proc() -> Result<String, SandboxError> {
    let path = "/proc/self/status";
    let status = fs::read_to_string(path).map_err(file(path))?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    Ok(parent.unwrap_or_default().trim().to_owned())
}

/// Private mounts: nothing mounted in here is seen outside, and `/run` begins empty.
fn prepare_mounts() -> Result<(), SandboxError> {
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
        .map_err(mounting("/ privately"))?;
    mount_tmpfs("/run")?;
    for dir in ["/run/pontoon/bin", "/run/netns", "/run/lock", STAGE] {
        make_dir(dir)?;
    }
    show_ourselves()?;
    mount_proc()
}

/// Puts our own binary where every host finds it, as the lab's helpers and as `pontoon`: as a mount
/// of its file, or, where that file is out of sight (deleted, or below the old `/run`), as a copy.
fn show_ourselves() -> Result<(), SandboxError> {
    let path = fs::read_link(SELF).map_err(file(SELF))?;
    if is_this_program(&path) {
        show(&path.to_string_lossy(), process::OWN_PROGRAM)?;
    } else {
        fs::copy(SELF, process::OWN_PROGRAM).map(drop).map_err(file(process::OWN_PROGRAM))?;
    }
    show(process::OWN_PROGRAM, process::PONTOON)
}

/// Whether this process runs in a sandbox of the lab: where this very program has been put in the
/// place of [`show_ourselves`]. On the machine only root can put anything there, and who does it in
/// a namespace of their own has rights in that alone.
pub(crate) fn is_inside() -> bool {
    is_this_program(Path::new(process::OWN_PROGRAM))
}

fn is_this_program(path: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|data| (data.dev(), data.ino())).ok();
    identity(path).is_some_and(|file| identity(Path::new(SELF)) == Some(file))
}

/// In the sandbox, before hosts are made: puts another program in the place of `pontoon` on every
/// host, for a lab that is not raised by pontoon itself.
///
/// # Errors
///
/// [`SandboxError`]: there is no such program, or the kernel refused the mount.
pub fn show_pontoon(program: &Path) -> Result<(), SandboxError> {
    bind(&program.to_string_lossy(), process::PONTOON)
}

/// Shows a file at a path that has none yet.
fn show(source: &str, target: &str) -> Result<(), SandboxError> {
    fs::write(target, "").map_err(file(target))?;
    bind(source, target)
}
