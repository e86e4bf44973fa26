//! Name lookup by getent(1), which asks the C library's name services as kubelet does.

use std::io::{self, Read};
use std::net::IpAddr;
use std::os::fd::AsFd as _;
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::clock::RunClock;

/// How long a lookup may take: resolvers that take longer are as good as none for kubelet, too.
const WITHIN_MS: u64 = 3_000;
/// Most bytes of its output: no host has so many addresses.
const OUTPUT_BYTES: usize = 64 * 1024;

/// The addresses of a name, in the order in which getent prints them; `None` when it could not be
/// asked, or did not answer in time.
pub(crate) fn addresses(name: &str) -> Option<Vec<IpAddr>> {
    let mut child = start(name).ok()?;
    let text = child.stdout.take().and_then(read);
    if text.is_none() {
        // It may have ended by itself meanwhile.
        let _ = child.kill();
    }
    // 0: found, 2: the name means nothing (getent(1)).
    match child.wait().ok()?.code()? {
        0 => text.as_deref().map(parse),
        2 => Some(Vec::new()),
        _ => None,
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the edge; the C library brings getent")]
fn start(name: &str) -> io::Result<Child> {
    Command::new("getent")
        .args(["ahosts", "--", name])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// The whole output, if it ends in time.
fn read(mut stdout: ChildStdout) -> Option<String> {
    let clock = RunClock::start();
    let mut bytes = Vec::new();
    let mut some = [0; 4096];
    loop {
        let left = WITHIN_MS.saturating_sub(clock.now().0);
        let mut fds = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
        let ready =
            poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO)).ok()?;
        if ready == 0 || bytes.len() > OUTPUT_BYTES {
            return None;
        }
        match stdout.read(&mut some).ok()? {
            0 => return Some(String::from_utf8_lossy(&bytes).into_owned()),
            count => bytes.extend_from_slice(&some[..count]),
        }
    }
}

/// Each address stands there once for each kind of socket.
fn parse(text: &str) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for line in text.lines() {
        let address = line.split_ascii_whitespace().next();
        let address = address.and_then(|text| text.split('%').next()?.parse::<IpAddr>().ok());
        addresses.extend(address.filter(|address| !addresses.contains(address)));
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_counts_once() {
        let text = "127.0.1.1       STREAM pi1\n127.0.1.1       DGRAM  \n10.0.0.11  RAW\n\
                    fe80::1%eth0 STREAM\n";
        let found: Vec<_> = parse(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["127.0.1.1", "10.0.0.11", "fe80::1"]);
    }

    #[test]
    fn localhost_means_loopback_and_a_name_that_cannot_be_means_nothing() {
        let localhost = addresses("localhost").unwrap();
        assert!(!localhost.is_empty() && localhost.iter().all(IpAddr::is_loopback));
        assert_eq!(addresses("-"), Some(Vec::new()));
    }
}
