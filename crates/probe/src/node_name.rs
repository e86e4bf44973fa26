//! What a host's own name means to it: asked of its name services by getent(1), as the C library
//! would ask for kubelet.

use std::io::{self, Read as _};
use std::net::IpAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use pontoon_model::kubernetes::node_name::{Linkage, Lookup, look_up as by_files, node_name};
use pontoon_model::snapshot::Snapshot;
use pontoon_model::untrusted::Untrusted;

/// A name server that takes longer is as good as none, and kubelet waits for it in its turn.
const WITHIN: Duration = Duration::from_secs(3);
/// Between two looks whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// A name with more addresses than fit is no host's.
const OUTPUT_BYTES: u64 = 64 * 1024;

/// Asks what this host's node name means, if its own files do not say it.
pub fn complete(snapshot: &mut Snapshot) {
    let told = snapshot.node.kubelet.hostname_override.as_ref().map(Untrusted::raw);
    let Ok(name) = node_name(snapshot.host_name.as_str(), told) else { return };
    if let Lookup::Unknown { .. } = by_files(snapshot, &name, Linkage::Cgo) {
        snapshot.node.looked_up = look_up(&name);
    }
}

/// The addresses of a name, in the order in which getent prints them; `None` when it could not be
/// asked, or did not answer in time.
#[must_use]
pub fn look_up(name: &str) -> Option<Vec<IpAddr>> {
    let mut child = start(name).ok()?;
    let ended = wait(&mut child, Instant::now() + WITHIN);
    let mut text = String::new();
    if ended.is_some()
        && let Some(stdout) = child.stdout.take()
    {
        stdout.take(OUTPUT_BYTES).read_to_string(&mut text).ok()?;
    }
    // 0: found, 2: the name means nothing (getent(1)).
    match ended? {
        0 => Some(parse(&text)),
        2 => Some(Vec::new()),
        _ => None,
    }
}

#[expect(clippy::disallowed_methods, reason = "getent is part of the C library's own package")]
fn start(name: &str) -> io::Result<Child> {
    Command::new("getent")
        .args(["ahosts", "--", name])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Its exit code, or `None` after it had to be ended.
fn wait(child: &mut Child, until: Instant) -> Option<i32> {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return status.code();
        }
        if Instant::now() >= until {
            // It may have ended by itself meanwhile.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(LOOK_EVERY);
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
        let text = "127.0.1.1       STREAM pi1\n127.0.1.1       DGRAM  \n10.0.0.11  RAW\nfe80::1%eth0 STREAM\n";
        let found: Vec<_> = parse(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["127.0.1.1", "10.0.0.11", "fe80::1"]);
    }

    #[test]
    fn localhost_means_loopback_and_a_name_that_cannot_be_means_nothing() {
        assert!(look_up("localhost").unwrap().iter().all(IpAddr::is_loopback));
        assert_eq!(look_up("-"), Some(Vec::new()));
    }
}
