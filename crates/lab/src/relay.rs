//! `lab-relay`: carries frames between a station and its access point, late, or never.
//!
//! A kernel without `netem` can neither delay nor doze, so a process does: one packet socket at
//! each end of the gap, and a queue for each direction.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, bind, recv, send, socket,
};

use crate::scenario::LinkImpairment;
use crate::topology::RelayHelperConfig;

mod checksum;
mod loss_model;

use loss_model::{LossModel, RelayDirection};

/// Frames that wait in one direction. A radio's queue is shorter; more are lost.
const QUEUE: usize = 1024;
/// No frame of the lab is longer: bundles of segments are switched off on relayed links.
const MAX_FRAME: usize = 65_536;

/// The relay could not begin, or a link of it is gone.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayError {
    /// The argument is wrong: only the lab itself gives it.
    #[error("usage: lab-relay JSON")]
    Usage,
    /// An interface is not there.
    #[error("no interface {0}")]
    NoLink(String),
    /// A packet socket could not be had.
    #[error("cannot open a packet socket on {link}")]
    Socket {
        /// The interface of the relay.
        link: String,
        /// What the kernel answered.
        #[source]
        source: Errno,
    },
    /// The system refused something simple.
    #[error("cannot {what}")]
    System {
        /// What was to be done.
        what: &'static str,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
}

/// `lab-relay JSON`: relays until it is killed.
pub(crate) fn run(args: &[OsString]) -> Result<ExitCode, RelayError> {
    let text = args.first().and_then(|text| text.to_str()).ok_or(RelayError::Usage)?;
    let stretch: RelayHelperConfig = serde_json::from_str(text).map_err(|_| RelayError::Usage)?;
    let start = now();
    for (air, wire) in &stretch.pairs {
        let (air, wire) = (Arc::new(open(air)?), Arc::new(open(wire)?));
        let last_heard = Arc::new(AtomicU64::new(0));
        let manner = &stretch.manner;
        carry(manner, RelayDirection::FromStation, &air, &wire, &last_heard, start)?;
        carry(manner, RelayDirection::ToStation, &wire, &air, &last_heard, start)?;
    }
    let mut out = io::stdout().lock();
    let system = |source| RelayError::System { what: "say that it is ready", source };
    writeln!(out, "ready").and_then(|()| out.flush()).map_err(system)?;
    drop(out);
    loop {
        thread::park();
    }
}

/// A packet socket for all frames of one interface.
fn open(link: &str) -> Result<OwnedFd, RelayError> {
    let failed = |source| RelayError::Socket { link: link.to_owned(), source };
    let address = link_address(link)?;
    let all = SockProtocol::EthAll;
    let fd = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, all)
        .map_err(failed)?;
    // The address carries no protocol of its own, so the socket keeps "all" (packet(7)).
    bind(fd.as_raw_fd(), &address).map_err(failed)?;
    Ok(fd)
}

fn link_address(link: &str) -> Result<LinkAddr, RelayError> {
    let all =
        getifaddrs().map_err(|source| RelayError::Socket { link: link.to_owned(), source })?;
    let address = all
        .filter(|entry| entry.interface_name == link)
        .find_map(|entry| entry.address.and_then(|address| address.as_link_addr().copied()));
    address.ok_or_else(|| RelayError::NoLink(link.to_owned()))
}

/// Starts carrying in one direction.
fn carry(
    manner: &LinkImpairment,
    way: RelayDirection,
    from: &Arc<OwnedFd>,
    to: &Arc<OwnedFd>,
    last_heard: &Arc<AtomicU64>,
    start: Instant,
) -> Result<(), RelayError> {
    let (queue, waiting) = sync_channel(QUEUE);
    let mut fate = LossModel::new(manner.clone(), way, seed()?);
    let (from, to, last_heard) = (Arc::clone(from), Arc::clone(to), Arc::clone(last_heard));
    thread::spawn(move || take(&from, &queue, &mut fate, &last_heard, start));
    thread::spawn(move || give(&to, &waiting, start));
    Ok(())
}

fn take(
    from: &OwnedFd,
    queue: &SyncSender<(u64, Vec<u8>)>,
    fate: &mut LossModel,
    last_heard: &AtomicU64,
    start: Instant,
) {
    let mut buffer = vec![0; MAX_FRAME];
    loop {
        let length = match recv(from.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(length) => length,
            // A link that goes down says so once; the socket lives on (packet(7)).
            Err(Errno::EINTR | Errno::ENETDOWN) => continue,
            Err(_) => return,
        };
        let at_ms = ms_since(start);
        if fate.way == RelayDirection::FromStation {
            last_heard.store(at_ms, Ordering::Relaxed);
        }
        let Some(due_ms) = fate.due(at_ms, last_heard.load(Ordering::Relaxed)) else { continue };
        let mut frame = buffer[..length].to_vec();
        checksum::complete(&mut frame);
        // A full queue loses the frame, as a radio's does.
        let _ = queue.try_send((due_ms, frame));
    }
}

fn give(to: &OwnedFd, waiting: &Receiver<(u64, Vec<u8>)>, start: Instant) {
    while let Ok((due_ms, frame)) = waiting.recv() {
        wait(due_ms.saturating_sub(ms_since(start)));
        // What cannot be sent is lost.
        let _ = send(to.as_raw_fd(), &frame, MsgFlags::empty());
    }
}

fn seed() -> Result<u64, RelayError> {
    let mut seed = [0; 8];
    let failed = |source| RelayError::System { what: "read /dev/urandom", source };
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut seed))
        .map_err(failed)?;
    Ok(u64::from_ne_bytes(seed))
}

#[expect(clippy::disallowed_methods, reason = "a delay is measured by a clock")]
fn now() -> Instant {
    Instant::now()
}

fn ms_since(start: Instant) -> u64 {
    u64::try_from(now().duration_since(start).as_millis()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "this thread has nothing else to do")]
fn wait(ms: u64) {
    if ms > 0 {
        thread::sleep(Duration::from_millis(ms));
    }
}
