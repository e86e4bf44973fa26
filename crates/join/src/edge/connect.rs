//! Names, routes and connections.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;

use nix::errno::Errno;
use nix::poll::PollFlags;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_netlink::route::addresses::addresses;
use pontoon_netlink::route::link_names;
use pontoon_netlink::route::links::named_links;
use pontoon_netlink::route::neighbours::{has_answered, neighbours};
use pontoon_netlink::{KernelSocket, NetlinkKernel};
use pontoon_predict::kubeadm::endpoint::EndpointHost;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::trial::{ResolveFailure, RouteChoice, TcpOutcome};

use super::deadline::Deadline;

/// What a host's name means to this host.
pub(super) fn resolve(
    host: &EndpointHost,
    deadline: Deadline,
) -> Result<Vec<IpAddr>, ResolveFailure> {
    let name = match host {
        EndpointHost::Address(address) => return Ok(vec![*address]),
        EndpointHost::Name(name) => name.clone(),
    };
    let (answer, answers) = mpsc::channel();
    // The lookup cannot be called off; the thread ends with the process.
    thread::spawn(move || {
        let found = (name, 0).to_socket_addrs().map(|all| all.map(|one| one.ip()).collect());
        let _ = answer.send(found);
    });
    match answers.recv_timeout(deadline.left()) {
        Ok(Ok(found)) => {
            let mut all: Vec<IpAddr> = found;
            let mut seen = std::collections::BTreeSet::new();
            all.retain(|address| seen.insert(*address));
            if all.is_empty() { Err(unknown()) } else { Ok(all) }
        }
        // EAI_AGAIN: somebody was asked, and kept silent.
        Ok(Err(error)) if error.to_string().contains("emporary failure") => {
            Err(ResolveFailure::Silent)
        }
        Ok(Err(_)) => Err(unknown()),
        Err(_) => Err(ResolveFailure::Silent),
    }
}

/// Without a name server in `/etc/resolv.conf` there is one on this host (resolv.conf(5), and Go's
/// `defaultNS`).
fn unknown() -> ResolveFailure {
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let mut lines = text.lines().map(str::split_ascii_whitespace);
    let first = lines.find_map(|mut words| match words.next() {
        Some("nameserver") => words.next()?.parse().ok(),
        _ => None,
    });
    ResolveFailure::Unknown { name_server: first.unwrap_or(Ipv4Addr::LOCALHOST.into()) }
}

/// How the kernel would send there.
pub(super) fn way(to: SocketAddr, link: Option<&IfName>) -> Option<RouteChoice> {
    let socket = Socket::new(domain(to), Type::DGRAM, Some(Protocol::UDP)).ok()?;
    bind_to_link(&socket, link).ok()?;
    // Of a datagram socket this sends nothing: it looks the route up.
    socket.connect(&SockAddr::from(to)).ok()?;
    let source = socket.local_addr().ok()?.as_socket()?.ip();
    Some(RouteChoice { source, link: link.cloned().or_else(|| link_of(&KernelSocket, source)) })
}

/// The link that has an address.
fn link_of(kernel: &dyn NetlinkKernel, address: IpAddr) -> Option<IfName> {
    let found = addresses(kernel).ok()?.entries;
    let (index, _) = found.into_iter().find(|(_, own)| own.prefix.address == address)?;
    let links = named_links(kernel).ok()?;
    links.into_iter().find(|link| link.index == index).map(|link| link.name)
}

/// Connects, or says why not.
pub(super) fn connect(
    to: SocketAddr,
    link: Option<&IfName>,
    deadline: Deadline,
) -> Result<TcpStream, TcpOutcome> {
    let failed = |error: &std::io::Error| outcome(error.raw_os_error(), to, link, deadline);
    let socket = Socket::new(domain(to), Type::STREAM, Some(Protocol::TCP));
    let socket = socket.map_err(|error| failed(&error))?;
    socket.set_nonblocking(true).map_err(|error| failed(&error))?;
    bind_to_link(&socket, link).map_err(|error| failed(&error))?;
    if let Err(error) = socket.connect(&SockAddr::from(to)) {
        if error.raw_os_error() != Some(Errno::EINPROGRESS as i32) {
            return Err(failed(&error));
        }
        if !deadline.wait(&socket, PollFlags::POLLOUT) {
            return Err(TcpOutcome::Silent { ms: deadline.spent_ms() });
        }
        if let Some(error) = socket.take_error().map_err(|error| failed(&error))? {
            return Err(failed(&error));
        }
    }
    Ok(socket.into())
}

fn outcome(
    errno: Option<i32>,
    to: SocketAddr,
    link: Option<&IfName>,
    deadline: Deadline,
) -> TcpOutcome {
    match errno.map(Errno::from_raw) {
        Some(Errno::ECONNREFUSED) => TcpOutcome::Refused,
        Some(Errno::ENETUNREACH) => TcpOutcome::NoRoute,
        Some(Errno::EHOSTUNREACH) if is_neighbour(to, link) => TcpOutcome::Unreachable,
        Some(Errno::EHOSTUNREACH) => TcpOutcome::NoNeighbour,
        Some(Errno::ETIMEDOUT) => TcpOutcome::Silent { ms: deadline.spent_ms() },
        errno => TcpOutcome::Failed { errno: errno.map_or(0, |errno| errno as i32) },
    }
}

/// Whether somebody answered for this address on the link by which it was asked.
fn is_neighbour(to: SocketAddr, link: Option<&IfName>) -> bool {
    let Some(link) = way(to, link).and_then(|way| way.link) else { return false };
    answered_by(&KernelSocket, to.ip(), &link)
}

fn answered_by(kernel: &dyn NetlinkKernel, address: IpAddr, link: &IfName) -> bool {
    let Ok(links) = named_links(kernel) else { return false };
    let found = neighbours(kernel, IpFamily::of(address), &link_names(&links));
    found.is_ok_and(|found| has_answered(&found.entries, link, address))
}

fn bind_to_link(socket: &Socket, link: Option<&IfName>) -> std::io::Result<()> {
    match link {
        Some(link) => socket.bind_device(Some(link.as_str().as_bytes())),
        None => Ok(()),
    }
}

fn domain(to: SocketAddr) -> Domain {
    if to.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 }
}

#[cfg(test)]
mod tests {
    use pontoon_netlink::recorded::RecordedKernel;
    use pontoon_netlink::uapi::netlink::{AF_INET, NETLINK_ROUTE};
    use pontoon_netlink::uapi::rtnetlink::{RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH};

    use super::*;

    /// A host with `wlan0` (10.80.0.11/24), on which 10.80.0.9 is known.
    fn kernel() -> RecordedKernel {
        let answer = |name: &str| {
            let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../netlink/fixtures/");
            [std::fs::read([fixtures, name].concat()).unwrap()]
        };
        RecordedKernel::default()
            .answering(NETLINK_ROUTE, RTM_GETLINK, &[], answer("links.bin"))
            .answering(NETLINK_ROUTE, RTM_GETADDR, &[], answer("addresses.bin"))
            .answering(NETLINK_ROUTE, RTM_GETNEIGH, &[AF_INET], answer("neighbours4.bin"))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_address_names_its_link() {
        let name = |text| link_of(&kernel(), address(text)).map(|link| link.to_string());
        assert_eq!(name("10.80.0.11").as_deref(), Some("wlan0"));
        assert_eq!(name("127.0.0.1").as_deref(), Some("lo"));
        assert_eq!(name("10.80.0.12"), None);
        assert_eq!(link_of(&RecordedKernel::default(), address("127.0.0.1")), None);
    }

    #[test]
    fn a_neighbour_is_one_that_answered_on_that_link() {
        let answered =
            |text, link: &str| answered_by(&kernel(), address(text), &link.parse().unwrap());
        assert!(answered("10.80.0.9", "wlan0"));
        assert!(!answered("10.80.0.9", "br0"), "on another link");
        assert!(!answered("10.80.0.77", "wlan0"), "nobody");
        assert!(!answered("fe80::2", "wlan0"), "the cache cannot be read");
    }

    fn soon() -> Deadline {
        Deadline::after(std::time::Duration::from_secs(5))
    }

    #[test]
    fn an_address_needs_no_name_server() {
        let host = EndpointHost::Address(address("192.0.2.1"));
        assert_eq!(resolve(&host, soon()), Ok(vec![address("192.0.2.1")]));
    }

    #[test]
    fn a_name_has_each_of_its_addresses_once() {
        let found = resolve(&EndpointHost::Name("localhost".to_owned()), soon()).unwrap();
        assert!(found.contains(&address("127.0.0.1")), "{found:?}");
        let unique: std::collections::BTreeSet<_> = found.iter().collect();
        assert_eq!(unique.len(), found.len());
    }

    #[test]
    fn the_way_to_this_host_is_over_loopback() {
        let way = way((address("127.0.0.1"), 6443).into(), None).unwrap();
        assert_eq!(way.source, address("127.0.0.1"));
        assert_eq!(way.link.as_ref().map(IfName::as_str), Some("lo"));
    }

    #[test]
    fn a_link_that_is_not_here_connects_nowhere() {
        let link: IfName = "nolink0".parse().unwrap();
        let to = (address("127.0.0.1"), 9).into();
        assert_eq!(way(to, Some(&link)), None);
        let outcome = connect(to, Some(&link), soon()).map(drop);
        assert!(matches!(outcome, Err(TcpOutcome::Failed { errno: 1.. })), "{outcome:?}");
    }

    #[test]
    fn what_the_kernel_says_is_kept_apart() {
        let to = (address("127.0.0.1"), 9).into();
        let outcome = |errno: Errno| outcome(Some(errno as i32), to, None, soon());
        assert_eq!(outcome(Errno::ECONNREFUSED), TcpOutcome::Refused);
        assert_eq!(outcome(Errno::ENETUNREACH), TcpOutcome::NoRoute);
        assert_eq!(outcome(Errno::EHOSTUNREACH), TcpOutcome::NoNeighbour);
        assert!(matches!(outcome(Errno::ETIMEDOUT), TcpOutcome::Silent { .. }));
        let errno = Errno::EPERM as i32;
        assert_eq!(outcome(Errno::EPERM), TcpOutcome::Failed { errno });
    }
}
