//! Copies pontoon to a host for one run, over the connection of that run.
//!
//! Everything happens in one ssh session, so nothing stays behind if it breaks: the host reports
//! its processor, this side sends length and checksum and then the program, and the rest of the
//! connection belongs to the agent. The agent removes its own file as soon as it runs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, poll};
use pontoon_model::untrusted::Untrusted;
use ring::digest::{SHA256, digest};

use super::ssh::{SshLogin, SshProgram};
use crate::edge::session_clock::{SessionClock, poll_timeout};
use crate::edge::stderr_tail::set_nonblocking;
use crate::limits::{GREETING_MAX, SHOWN_MAX};
use pontoon_model::shell::{quoted, shell_line};

/// Block size of `dd` in bytes. `dd` reads whole blocks and not a byte more, since the first
/// message to the agent follows directly.
const BLOCK: usize = 4096;
/// Largest program that is read, in bytes; a release of pontoon has a few MiB.
const PROGRAM_MAX: u64 = 64 * 1024 * 1024;
/// How long a host may take to report its processor: longer than ssh may take to connect (8 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long the copy may take: 6 MB over Wi-Fi with 2 Mbit/s.
const COPY_WITHIN: Duration = Duration::from_secs(30);
/// Prefix of the line with the processor, so that the output of a login shell is not mistaken for
/// it.
const MARK: &str = "PONTOON-PUSH/1 ";

/// The script on the host. `read` takes one line and no more (POSIX: a shell must not read ahead on
/// a pipe), `dd` whole blocks and no more; all further input is for the agent. The traps remove the
/// folder however the script ends.
const SCRIPT: &str = r#"umask 077
printf '%s%s\n' 'PONTOON-PUSH/1 ' "$(uname -m)"
read -r blocks sum || exit 1
d=$(mktemp -d "${TMPDIR:-/tmp}/pontoon.XXXXXXXX") || exit 1
trap 'rm -rf "$d"' EXIT
trap 'exit 1' HUP INT TERM PIPE
said=$(dd bs=4096 count="$blocks" iflag=fullblock of="$d/pontoon" 2>&1) || { echo "$said" >&2; exit 1; }
set -- $(sha256sum "$d/pontoon")
[ "$1" = "$sum" ] || { echo "the checksum of the copy is wrong" >&2; exit 1; }
chmod 700 "$d/pontoon"
"#;

/// The available programs for other processors.
#[derive(Clone, Debug, Default)]
pub struct ProgramFiles {
    own: Option<PathBuf>,
    folder: Option<PathBuf>,
    /// What was read, by output of `uname -m`: all hosts with one processor get the same bytes.
    images: Arc<Mutex<BTreeMap<&'static str, Arc<ProgramImage>>>>,
}

/// A program file, ready to be copied.
#[derive(Debug)]
struct ProgramImage {
    /// Padded to whole blocks with zeros, which an ELF loader ignores.
    bytes: Vec<u8>,
    sum: String,
}

/// Why pontoon could not be copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// ssh or the host ended the connection; their message is on standard error of the child.
    #[error("the connection ended before pontoon was copied")]
    Ended,
    /// The host is connected but does not respond, or does not read its input.
    #[error("the host does not answer in time")]
    Silent,
    /// The login shell prints more than [`GREETING_MAX`] bytes.
    #[error("the login shell says too much: `{said}`")]
    Babbles {
        /// The beginning of its output.
        said: Untrusted,
    },
    /// ssh could not be started, or its pipes failed.
    #[error("ssh could not be run")]
    Ssh(#[source] io::Error),
    /// There is no program for that processor.
    #[error("there is no pontoon for {machine} at hand")]
    NoProgram {
        /// Output of `uname -m` on the host.
        machine: Untrusted,
    },
    /// A program file on this host cannot be read.
    #[error("the program `{}` cannot be read", path.display())]
    Program {
        /// The path of the file.
        path: PathBuf,
        /// Error of the system call.
        #[source]
        source: io::Error,
    },
}

/// By output of `uname -m`: the ELF machine (`linux/elf-em.h`) and class (1 is 32 bits, 2 is 64).
const MACHINES: &[(&str, u16, u8)] = &[
    ("x86_64", 62, 2),
    ("aarch64", 183, 2),
    ("armv6l", 40, 1),
    ("armv7l", 40, 1),
    ("armv8l", 40, 1),
    ("i686", 3, 1),
    ("riscv64", 243, 2),
];

impl ProgramFiles {
    /// `own` is this program, for hosts with the same processor. `folder` has programs for others:
    /// a file named by the output of `uname -m` (`aarch64`, `armv7l`), or a folder of that name
    /// with `pontoon` in it.
    #[must_use]
    pub fn new(own: Option<PathBuf>, folder: Option<PathBuf>) -> Self {
        Self { own, folder, images: Arc::default() }
    }

    fn for_machine(&self, machine: &str) -> Result<Arc<ProgramImage>, PushError> {
        let Some((name, elf, class)) = MACHINES.iter().find(|(name, ..)| *name == machine) else {
            return Err(PushError::NoProgram { machine: Untrusted::new(machine) });
        };
        // Held while the file is read, so that it is read once. A panic elsewhere leaves it whole.
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(image) = images.get(name) {
            return Ok(Arc::clone(image));
        }
        let in_folder = self.folder.iter().flat_map(|folder| {
            let plain = folder.join(name);
            [plain.join("pontoon"), plain]
        });
        // The user put files into the folder on purpose, so they go before this program.
        for path in in_folder.chain(self.own.clone()).filter(|path| path.is_file()) {
            let read = |source| PushError::Program { path: path.clone(), source };
            let bytes = read_program(&path).map_err(read)?;
            if is_for(&bytes, *elf, *class) {
                let image = Arc::new(ProgramImage::new(bytes));
                images.insert(name, Arc::clone(&image));
                return Ok(image);
            }
        }
        Err(PushError::NoProgram { machine: Untrusted::new(machine) })
    }
}

fn read_program(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(PROGRAM_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a file is an ELF program for that machine. In the ELF header the magic is at offset 0,
/// the class at 4, the machine at 18; all supported machines are little-endian.
fn is_for(bytes: &[u8], machine: u16, class: u8) -> bool {
    bytes.starts_with(b"\x7fELF")
        && bytes.get(4) == Some(&class)
        && bytes.get(18..20) == Some(machine.to_le_bytes().as_slice())
}

impl ProgramImage {
    fn new(mut bytes: Vec<u8>) -> Self {
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        let sum = digest(&SHA256, &bytes);
        let sum = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes, sum }
    }
}

/// Copies pontoon to a host and starts its agent. Blocks until the copy is complete; a caller with
/// many hosts uses one thread for each.
///
/// `arguments` are the arguments of the started pontoon; with `as_root` it runs by `sudo -n`.
///
/// # Errors
///
/// [`PushError`], with the child if it was started: its standard error has the reason.
pub fn push(
    ssh: &SshProgram,
    login: &SshLogin,
    programs: &ProgramFiles,
    arguments: &[&str],
    as_root: bool,
) -> Result<Child, (PushError, Option<Child>)> {
    let sudo = if as_root { "sudo -n " } else { "" };
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let last = format!(r#"{sudo}"$d/pontoon" {}"#, shell_line(&arguments));
    let script = format!("{SCRIPT}{last}\n");
    let mut command = ssh.command(login, &format!("sh -c {}", quoted(&script)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|source| (PushError::Ssh(source), None))?;
    match hand_over(&mut child, programs) {
        Ok(()) => Ok(child),
        Err(error) => Err((error, Some(child))),
    }
}

/// A time limit that has begun.
struct CopyLimit {
    clock: SessionClock,
    within: Duration,
}

impl CopyLimit {
    fn start(within: Duration) -> Self {
        Self { clock: SessionClock::start(), within }
    }

    fn left(&self) -> Duration {
        self.clock.left_of(self.within)
    }
}

fn hand_over(child: &mut Child, programs: &ProgramFiles) -> Result<(), PushError> {
    let (Some(output), Some(input)) = (&mut child.stdout, &mut child.stdin) else {
        return Err(PushError::Ended);
    };
    let machine = machine(output, &CopyLimit::start(ANSWER_WITHIN))?;
    let program = programs.for_machine(&machine)?;
    let limit = CopyLimit::start(COPY_WITHIN);
    let blocks = program.bytes.len() / BLOCK;
    send(input, format!("{blocks} {}\n", program.sum).as_bytes(), &limit)?;
    send(input, &program.bytes, &limit)
}

/// Reads the host's processor, after any output of its login shell.
fn machine(output: &mut ChildStdout, limit: &CopyLimit) -> Result<String, PushError> {
    // Non-blocking, as a read must not outlast the time limit.
    set_nonblocking(&output);
    let mut said = Vec::new();
    let mut line = 0;
    let mut byte = [0];
    while said.len() < GREETING_MAX {
        // Byte by byte: everything behind this line belongs to the agent's session.
        match output.read(&mut byte) {
            Ok(0) => return Err(PushError::Ended),
            Ok(_) if byte == *b"\n" => {
                let text = String::from_utf8_lossy(&said[line..]);
                if let Some((_, machine)) = text.split_once(MARK) {
                    return Ok(machine.trim().to_owned());
                }
                said.push(b'\n');
                line = said.len();
            }
            Ok(_) => said.push(byte[0]),
            Err(error) => await_ready(&output, PollFlags::POLLIN, &error, limit)?,
        }
    }
    Err(PushError::Babbles { said: Untrusted::from_bytes(&said[..SHOWN_MAX]) })
}

fn send(input: &mut ChildStdin, mut bytes: &[u8], limit: &CopyLimit) -> Result<(), PushError> {
    set_nonblocking(&input);
    while !bytes.is_empty() {
        match input.write(bytes) {
            Ok(0) => return Err(PushError::Ended),
            Ok(written) => bytes = &bytes[written..],
            Err(error) => await_ready(&input, PollFlags::POLLOUT, &error, limit)?,
        }
    }
    Ok(())
}

/// Waits until a pipe is ready after a call failed with `error`; fails once the time limit has
/// passed.
fn await_ready(
    pipe: &impl AsFd,
    flags: PollFlags,
    error: &io::Error,
    limit: &CopyLimit,
) -> Result<(), PushError> {
    if error.kind() == io::ErrorKind::Interrupted {
        return Ok(());
    }
    let left = limit.left();
    if error.kind() != io::ErrorKind::WouldBlock {
        return Err(PushError::Ended);
    }
    if left.is_zero() {
        return Err(PushError::Silent);
    }
    let mut fds = [PollFd::new(pipe.as_fd(), flags)];
    // If a signal interrupts the wait, the caller tries again.
    let _ = poll(&mut fds, poll_timeout(left));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of an ELF header that is checked.
    fn elf(class: u8, machine: u16) -> Vec<u8> {
        let mut bytes = b"\x7fELF".to_vec();
        bytes.push(class);
        bytes.resize(18, 0);
        bytes.extend(machine.to_le_bytes());
        bytes
    }

    #[test]
    fn each_processor_gets_its_own_program() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("own");
        std::fs::write(&own, elf(2, 62)).unwrap();
        std::fs::create_dir(folder.path().join("armv7l")).unwrap();
        std::fs::write(folder.path().join("armv7l/pontoon"), elf(1, 40)).unwrap();
        std::fs::write(folder.path().join("aarch64"), elf(1, 40)).unwrap();
        let programs = ProgramFiles::new(Some(own), Some(folder.path().to_owned()));
        let machine = |name| programs.for_machine(name).map(|program| program.bytes[18]);
        assert_eq!(machine("x86_64").unwrap(), 62);
        assert_eq!(machine("armv7l").unwrap(), 40);
        // It is read once for all hosts.
        std::fs::remove_file(folder.path().join("own")).unwrap();
        let again = programs.for_machine("x86_64").unwrap();
        assert!(Arc::ptr_eq(&again, &programs.clone().for_machine("x86_64").unwrap()));
        // A file with the right name, for another processor.
        assert!(matches!(machine("aarch64"), Err(PushError::NoProgram { .. })));
        assert!(matches!(machine("vax\u{1b}"), Err(PushError::NoProgram { .. })));
    }

    #[test]
    fn a_program_is_sent_in_whole_blocks() {
        let program = ProgramImage::new(elf(2, 62));
        assert_eq!(program.bytes.len(), BLOCK);
        assert_eq!(program.sum.len(), 64);
    }
}
