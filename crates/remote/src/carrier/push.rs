//! Brings pontoon to a host that has none, for one run, over the connection of that run.
//!
//! One session does it all, so that nothing is left when it breaks: the host says what processor
//! it has, we say how long the program is and what its checksum is, the program follows, and what
//! remains of the connection is the agent's. The agent removes its own file as soon as it runs.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, poll};
use pontoon_model::untrusted::Untrusted;
use ring::digest::{SHA256, digest};

use super::ssh::{SshLogin, SshProgram};
use crate::edge::session_clock::{SessionClock, poll_timeout};
use crate::edge::stderr_tail::set_nonblocking;
use crate::limits::{GREETING_MAX, SHOWN_MAX};
use pontoon_model::shell::{quoted, shell_line};

/// `dd` reads whole blocks, and not one byte beyond: the agent's first words come right after.
const BLOCK: usize = 4096;
/// No pontoon is larger.
const PROGRAM_MAX: u64 = 64 * 1024 * 1024;
/// How long a host may take to say what processor it has: as long as an agent to be there.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long the copy may take: six megabytes over a WiFi that carries two megabits.
const COPY_WITHIN: Duration = Duration::from_secs(30);
/// Said before the processor, so that a greeting does no harm.
const MARK: &str = "PONTOON-PUSH/1 ";

/// What runs on the host. `read` takes one line and no more (POSIX: a shell must not read ahead
/// on a pipe), `dd` whole blocks and no more, and what comes then is for the agent. However the
/// script ends, its folder goes.
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

/// The programs at hand, by processor.
#[derive(Clone, Debug, Default)]
pub struct ProgramFiles {
    own: Option<PathBuf>,
    folder: Option<PathBuf>,
}

/// A program that can be copied.
#[derive(Debug)]
struct ProgramImage {
    /// Filled up to whole blocks with zeros, which an ELF loader does not read.
    bytes: Vec<u8>,
    sum: String,
}

/// The copy could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// ssh or the host ended it; what they said is on the agent's channel.
    #[error("the connection ended before pontoon was copied")]
    Ended,
    /// The host is there but does not answer, or takes nothing.
    #[error("the host does not answer in time")]
    Silent,
    /// Its login shell does not stop talking.
    #[error("the login shell says too much: `{said}`")]
    Babbles {
        /// The beginning of it.
        said: Untrusted,
    },
    /// The program could not be started or talked to.
    #[error("ssh could not be run")]
    Ssh(#[source] io::Error),
    /// There is no pontoon for that processor.
    #[error("there is no pontoon for {machine} at hand")]
    NoProgram {
        /// What `uname -m` says there.
        machine: Untrusted,
    },
    /// The program here cannot be read.
    #[error("the program `{}` cannot be read", path.display())]
    Program {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// ELF machines (`linux/elf-em.h`) by what `uname -m` calls them, with the class: 1 is 32 bits,
/// 2 is 64.
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
    /// This program for hosts like this one, and `folder` for all others: in it, a file for each
    /// processor, named as `uname -m` names that (`aarch64`, `armv7l`), or a folder of that name
    /// with `pontoon` in it.
    #[must_use]
    pub const fn new(own: Option<PathBuf>, folder: Option<PathBuf>) -> Self {
        Self { own, folder }
    }

    fn for_machine(&self, machine: &str) -> Result<ProgramImage, PushError> {
        let Some((name, elf, class)) = MACHINES.iter().find(|(name, ..)| *name == machine) else {
            return Err(PushError::NoProgram { machine: Untrusted::new(machine) });
        };
        let in_folder = self.folder.iter().flat_map(|folder| {
            let plain = folder.join(name);
            [plain.join("pontoon"), plain]
        });
        // What was put into the folder on purpose goes before this program.
        for path in in_folder.chain(self.own.clone()).filter(|path| path.is_file()) {
            let read = |source| PushError::Program { path: path.clone(), source };
            let bytes = read_program(&path).map_err(read)?;
            if is_for(&bytes, *elf, *class) {
                return Ok(ProgramImage::new(bytes));
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

/// Whether a file is an ELF program for that machine (ELF header: magic at 0, class at 4, machine
/// at 18, in little-endian order on all of ours).
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

/// Copies pontoon to a host and starts its agent. Waits for the host; whoever has many starts a
/// thread for each.
///
/// `arguments` are those of pontoon there; with `as_root` it runs by `sudo -n`.
///
/// # Errors
///
/// [`PushError`]. What the host said goes with the child, so that it can be asked for it.
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

/// How long something may still take.
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

/// What processor the host says it has.
fn machine(output: &mut ChildStdout, limit: &CopyLimit) -> Result<String, PushError> {
    set_nonblocking(&output);
    let mut said = Vec::new();
    let mut line = 0;
    let mut byte = [0];
    while said.len() < GREETING_MAX {
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

/// After a pipe was not ready: waits until it is, or says that the time is over.
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
    // An interrupted wait is a short one.
    let _ = poll(&mut fds, poll_timeout(left));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF header as far as it is read.
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
        // It has the name, but is for another processor.
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
