//! What `check` asks the system before the run: names of links and hosts.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::net::if_::if_nameindex;
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;

use crate::failure::CommandFailure;

/// A dead name server may hold `getaddrinfo(3)` up for half a minute; a peer's name that takes
/// longer than this is of no use to a cluster either.
const RESOLVE_MAX: Duration = Duration::from_secs(3);

/// Checks that all links exist.
pub(crate) fn links_exist(links: &[IfName]) -> Result<(), CommandFailure> {
    if links.is_empty() {
        return Ok(());
    }
    let known = if_nameindex().map_err(|errno| CommandFailure::System {
        what: "the interfaces of this host could not be listed",
        source: errno.into(),
    })?;
    let known: Vec<_> =
        known.iter().map(|link| link.name().to_string_lossy().into_owned()).collect();
    match links.iter().find(|link| !known.iter().any(|name| name == link.as_str())) {
        Some(link) => Err(CommandFailure::NoLink { name: link.to_string(), known }),
        None => Ok(()),
    }
}

/// What this host calls itself.
pub(crate) fn host_name() -> Result<HostName, CommandFailure> {
    let name = nix::unistd::gethostname().map_err(|errno| CommandFailure::System {
        what: "the name of this host could not be read",
        source: errno.into(),
    })?;
    Ok(HostName::lossy(&name.to_string_lossy()))
}

/// The addresses of a host, as the resolver of this host knows them.
pub(crate) fn resolve(host: &HostName) -> Result<Vec<IpAddr>, CommandFailure> {
    if let Ok(address) = host.as_str().parse() {
        return Ok(vec![address]);
    }
    let name = host.to_string();
    let (answer, answers) = mpsc::channel();
    // The lookup cannot be called off; the thread ends with the process.
    thread::spawn(move || {
        let found: io::Result<Vec<IpAddr>> =
            (name, 0).to_socket_addrs().map(|all| all.map(|one| one.ip()).collect());
        let _ = answer.send(found);
    });
    let none = |why: String| CommandFailure::NoHost { name: host.to_string(), why };
    match answers.recv_timeout(RESOLVE_MAX) {
        Ok(Ok(mut addresses)) if !addresses.is_empty() => {
            addresses.sort();
            addresses.dedup();
            Ok(addresses)
        }
        Ok(Ok(_)) => Err(none("the resolver knows the name, but no address".to_owned())),
        Ok(Err(error)) => Err(none(error.to_string())),
        Err(_) => Err(none(format!("no name server answered in {} s", RESOLVE_MAX.as_secs()))),
    }
}
