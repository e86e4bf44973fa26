//! `lab via`: from a shell on one host of a lab, start an agent or an ssh server on another, by way
//! of the lab and not of its networks.
//!
//! Every host has the socket `/run/pontoon/lab.sock`. A client sends a service, the name of a
//! host and a line break, and is from then on connected to `pontoon agent --stdio` there, or to an
//! ssh server that is there for this one connection.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pontoon_model::host::HostName;

use crate::nsenter;
use crate::process;
use crate::ssh::SERVE;

/// The socket of the lab, the same in every host.
pub const VIA_SOCKET: &str = "/run/pontoon/lab.sock";

/// Programs that may run at the same time over this socket: enough for a class room of hosts.
const MAX_CONNECTIONS: usize = 64;
/// A client that has not sent its line by then is disconnected.
const NAME_TIMEOUT: Duration = Duration::from_secs(5);

/// What can be started on another host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ViaService {
    /// The agent of that host.
    Agent,
    /// Its ssh server.
    Ssh,
}

impl ViaService {
    const ALL: [Self; 2] = [Self::Agent, Self::Ssh];

    const fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Ssh => "ssh",
        }
    }

    const fn argv(self) -> &'static [&'static str] {
        match self {
            Self::Agent => &["pontoon", "agent", "--stdio"],
            Self::Ssh => &SERVE,
        }
    }

    /// Reads `SERVICE HOST`.
    fn parse(line: &str) -> Option<(Self, HostName)> {
        let (word, name) = line.split_once(' ')?;
        let service = Self::ALL.into_iter().find(|service| service.word() == word)?;
        Some((service, name.parse().ok()?))
    }
}

/// The listening socket, with a thread that serves its clients.
#[derive(Debug)]
pub(crate) struct ViaListener {
    connections: Arc<AtomicUsize>,
}

impl ViaListener {
    /// Listens on the socket; the thread behind it lives as long as the process, which is the lab's.
    pub(crate) fn open(pids: BTreeMap<HostName, u32>) -> io::Result<Self> {
        match std::fs::remove_file(VIA_SOCKET) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(VIA_SOCKET)?;
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        thread::Builder::new().name("lab-via".to_owned()).spawn(move || {
            let pids = Arc::new(pids);
            for stream in listener.incoming().flatten() {
                if count.fetch_add(1, Ordering::Relaxed) >= MAX_CONNECTIONS {
                    count.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                let (pids, count) = (Arc::clone(&pids), Arc::clone(&count));
                thread::spawn(move || {
                    if let Ok(mut child) = start_program(stream, &pids) {
                        let _ = child.wait();
                    }
                    count.fetch_sub(1, Ordering::Relaxed);
                });
            }
        })?;
        Ok(Self { connections })
    }

    /// Number of programs that were started over the socket and still run.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for ViaListener {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(VIA_SOCKET);
    }
}

fn start_program(mut stream: UnixStream, pids: &BTreeMap<HostName, u32>) -> io::Result<Child> {
    stream.set_read_timeout(Some(NAME_TIMEOUT))?;
    let (service, name) = read_request(&mut stream)?;
    stream.set_read_timeout(None)?;
    let Some(pid) = pids.get(&name) else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no such host"));
    };
    let argv: Vec<&OsStr> = service.argv().iter().map(OsStr::new).collect();
    let input = OwnedFd::from(stream.try_clone()?);
    nsenter::command(*pid, &argv).stdin(input).stdout(OwnedFd::from(stream)).spawn()
}

/// Byte by byte: what follows the line is for the agent or the server.
fn read_request(stream: &mut impl Read) -> io::Result<(ViaService, HostName)> {
    /// The longest word, a blank, the longest name.
    const LINE_MAX: usize = HostName::MAX_LEN + 8;
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() <= LINE_MAX {
        stream.read_exact(&mut byte)?;
        if byte[0] == b'\n' {
            let service = ViaService::parse(&String::from_utf8_lossy(&line));
            return service.ok_or_else(|| io::ErrorKind::InvalidData.into());
        }
        line.push(byte[0]);
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Another host could not be reached by way of the lab.
#[derive(Debug, thiserror::Error)]
enum ViaError {
    /// There is none.
    #[error(
        "no lab here: {VIA_SOCKET} cannot be reached; `pontoon lab via` works in `pontoon lab shell`"
    )]
    NoLab(#[source] io::Error),
    /// The connection broke, or the lab has no such host.
    #[error("the lab hung up on the way to {host}: no such host, or what was started there ended")]
    Broken {
        /// The host that was asked for.
        host: HostName,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
}

/// Connects standard input and output to an agent or an ssh server on another host of the same
/// lab.
#[must_use]
pub fn via(service: ViaService, host: &HostName) -> ExitCode {
    match connect(service, host) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => process::report_failure(&error),
    }
}

fn connect(service: ViaService, host: &HostName) -> Result<(), ViaError> {
    let mut stream = UnixStream::connect(VIA_SOCKET).map_err(ViaError::NoLab)?;
    let broken = |source| ViaError::Broken { host: host.clone(), source };
    stream.write_all(format!("{} {host}\n", service.word()).as_bytes()).map_err(broken)?;
    let mut upward = stream.try_clone().map_err(broken)?;
    thread::spawn(move || {
        // The other side sees its end; here nothing is left to be done.
        let _ = io::copy(&mut io::stdin().lock(), &mut upward);
        let _ = upward.shutdown(std::net::Shutdown::Write);
    });
    let mut out = io::stdout().lock();
    let mut buffer = [0; 16 * 1024];
    let mut total = 0;
    loop {
        let length = stream.read(&mut buffer).map_err(broken)?;
        if length == 0 {
            let nothing = (total == 0).then(|| io::ErrorKind::UnexpectedEof.into());
            return nothing.map_or(Ok(()), |source| Err(broken(source)));
        }
        total += length;
        out.write_all(&buffer[..length]).and_then(|()| out.flush()).map_err(broken)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_and_nothing_after_it() {
        for (line, service) in [("agent pi2\n", ViaService::Agent), ("ssh pi2\n", ViaService::Ssh)]
        {
            let bytes = [line.as_bytes(), b"\x00\x00\x00\x05hello"].concat();
            let mut rest: &[u8] = &bytes;
            assert_eq!(read_request(&mut rest).unwrap(), (service, "pi2".parse().unwrap()));
            assert_eq!(rest, b"\x00\x00\x00\x05hello");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let long = [b"agent ", [b'a'; 300].as_slice()].concat();
        for bytes in [&b"\n"[..], b"pi2\n", b"agent \x1b[2J\n", b"agent pi2", b"root pi2\n", &long]
        {
            assert!(read_request(&mut &*bytes).is_err(), "{bytes:?}");
        }
    }
}
