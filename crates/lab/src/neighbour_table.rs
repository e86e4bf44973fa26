//! Room in the neighbour table, which all namespaces of a kernel share.
//!
//! `net.ipv4.neigh.default.gc_thresh3` (`Documentation/networking/ip-sysctl.rst`) is 1024: fifty
//! hosts that all talk to each other on two links need five thousand entries, and beyond the
//! limit the kernel refuses to send (ENOBUFS). Real hosts have a kernel each. So, as root, a
//! large lab raises the limit while it lasts. A process of its own puts it back when the lab is
//! gone, also when that was killed; several labs at once are counted by a lock.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::process::ExitCode;

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::geteuid;

use crate::cleanup::{self, CleanupProcess};

/// The subcommand of the cleanup process.
pub(crate) const KEEP: &str = "lab-neighbours-keep";

/// What was there before, and who still needs more.
const LOCK: &str = "/run/pontoon-lab-neighbours";
/// The limits, in the order in which they are lowered.
const LIMITS: [&str; 6] = [
    "/proc/sys/net/ipv4/neigh/default/gc_thresh1",
    "/proc/sys/net/ipv4/neigh/default/gc_thresh2",
    "/proc/sys/net/ipv4/neigh/default/gc_thresh3",
    "/proc/sys/net/ipv6/neigh/default/gc_thresh1",
    "/proc/sys/net/ipv6/neigh/default/gc_thresh2",
    "/proc/sys/net/ipv6/neigh/default/gc_thresh3",
];
/// What every kernel has room for, beside what the machine itself needs.
const ALWAYS: usize = 600;

/// Room in the table, for as long as this value lives.
#[derive(Debug, Default)]
pub struct NeighbourTableGuard {
    _cleanup: Option<CleanupProcess>,
}

/// Makes room for so many entries. Call it before the sandbox is entered.
///
/// # Errors
///
/// When it takes root, or the limit cannot be raised: then a lab of that size would see what no
/// real network shows.
pub fn reserve_entries(entries: usize) -> io::Result<NeighbourTableGuard> {
    if entries <= ALWAYS {
        return Ok(NeighbourTableGuard::default());
    }
    if !geteuid().is_root() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "all namespaces share one neighbour table (net.ipv4.neigh.default.gc_thresh3)",
        ));
    }
    let cleanup = cleanup::start(KEEP, &[&entries.to_string()])?;
    Ok(NeighbourTableGuard { _cleanup: Some(cleanup) })
}

/// `lab-neighbours-keep ENTRIES`: raises the limits, says `ok`, and puts them back when its
/// standard input ends.
pub(crate) fn keep(args: &[OsString]) -> io::Result<ExitCode> {
    let entries = args.first().and_then(|word| word.to_str()).and_then(|word| word.parse().ok());
    let entries: u64 = entries.ok_or(io::ErrorKind::InvalidInput)?;
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        signals.add(signal);
    }
    signals.thread_block()?;
    let lock = open_locked()?;
    let mut before = String::new();
    (&*lock).read_to_string(&mut before)?;
    if before.is_empty() {
        (&*lock).write_all(read_all()?.as_bytes())?;
    }
    for path in LIMITS.iter().rev() {
        let now = number(&fs::read_to_string(path)?);
        fs::write(path, now.max(entries * 2).to_string())?;
    }
    lock.relock(FlockArg::LockShared)?;
    io::stdout().write_all(b"ok\n")?;
    io::stdout().flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    // The last lab to end finds the lock free; who comes after it finds nothing left to do.
    drop(lock);
    put_back(&open_locked()?)?;
    Ok(ExitCode::SUCCESS)
}

fn put_back(lock: &Flock<File>) -> io::Result<()> {
    let mut before = String::new();
    (&**lock).read_to_string(&mut before)?;
    for (path, value) in LIMITS.iter().zip(before.lines()) {
        fs::write(path, number(value).to_string())?;
    }
    // Those that wait for the lock find the file gone, and begin anew.
    fs::remove_file(LOCK)
}

fn read_all() -> io::Result<String> {
    LIMITS.iter().map(|path| Ok(format!("{}\n", number(&fs::read_to_string(path)?)))).collect()
}

fn number(text: &str) -> u64 {
    text.trim().parse().unwrap_or(1024)
}

fn open_locked() -> io::Result<Flock<File>> {
    loop {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(LOCK)?;
        let lock = Flock::lock(file, FlockArg::LockExclusive)
            .map_err(|(_, errno)| io::Error::from(errno))?;
        // The process that had it before may have removed the file.
        if fs::metadata(LOCK)
            .is_ok_and(|file| file.ino() == lock.metadata().map_or(0, |own| own.ino()))
        {
            return Ok(lock);
        }
    }
}
