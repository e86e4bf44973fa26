//! A TCP port on which an agent listens for as long as a run lasts: connections are accepted, and
//! nothing is read or written.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::machine::RunInstant;

/// Connections of one turn, so that a flood cannot starve the rest.
const TURN_MAX: usize = 64;
/// Connections held at a time; the oldest goes first.
const HELD_MAX: usize = 128;
/// How long a connection is held at most. The peer should close it first: the end that does keeps
/// the pair of ports in TIME-WAIT (RFC 9293, section 3.6.1), and here that would be a service's.
const HELD_MS: u64 = 1_000;
/// Connections that wait to be taken.
const BACKLOG: i32 = 128;

/// An open port.
#[derive(Debug)]
pub struct TcpPortListener {
    listener: TcpListener,
    held: VecDeque<(RunInstant, std::net::TcpStream)>,
}

impl TcpPortListener {
    /// Listens on a port of all addresses, of both families where the host has both.
    ///
    /// # Errors
    ///
    /// EADDRINUSE where a program listens there, on whichever address; EACCES for a port that
    /// takes a privilege.
    pub fn open(port: u16) -> io::Result<Self> {
        let socket = match bound(Domain::IPV6, Ipv6Addr::UNSPECIFIED.into(), port) {
            // A host without IPv6.
            Err(error) if error.raw_os_error() == Some(nix::libc::EAFNOSUPPORT) => {
                bound(Domain::IPV4, Ipv4Addr::UNSPECIFIED.into(), port)?
            }
            other => other?,
        };
        socket.listen(BACKLOG)?;
        Ok(Self { listener: socket.into(), held: VecDeque::new() })
    }

    /// Accepts the connections that wait, and closes those that were held long enough. Connections
    /// from addresses that are not `is_known` are closed at once.
    pub fn turn(&mut self, now: RunInstant, is_known: &dyn Fn(IpAddr) -> bool) {
        for _ in 0..TURN_MAX {
            // An error is one of that connection, or there is none.
            let Ok((stream, from)) = self.listener.accept() else { break };
            if is_known(from.ip().to_canonical()) {
                self.held.push_back((now.after_ms(HELD_MS), stream));
            }
        }
        self.held.retain(|(_, stream)| !has_hung_up(stream));
        while self.held.len() > HELD_MAX || self.deadline().is_some_and(|until| until <= now) {
            self.held.pop_front();
        }
    }

    /// The connections that are held: they become readable when the other end hangs up.
    pub fn held(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.held.iter().map(|(_, stream)| stream.as_fd())
    }

    /// When a connection is to be let go.
    #[must_use]
    pub fn deadline(&self) -> Option<RunInstant> {
        self.held.front().map(|(until, _)| *until)
    }
}

/// Whether the peer has closed the connection: then this end is closed at once, too, which the
/// peer's budget has room for.
fn has_hung_up(stream: &std::net::TcpStream) -> bool {
    let would_wait = |error: io::Error| error.kind() == io::ErrorKind::WouldBlock;
    let is_set = stream.set_nonblocking(true).is_ok();
    is_set && stream.peek(&mut [0]).map_or_else(|error| !would_wait(error), |length| length == 0)
}

fn bound(domain: Domain, any: IpAddr, port: u16) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::STREAM.nonblocking(), None)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(false)?;
    }
    // Connections of before in TIME-WAIT do not keep the port.
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(SocketAddr::new(any, port)))?;
    Ok(socket)
}

impl AsFd for TcpPortListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    /// Waits as the agent does: the kernel may pass on later what was done at the other end.
    fn arrived(fd: BorrowedFd<'_>) {
        let mut fds = [PollFd::new(fd, PollFlags::POLLIN)];
        assert_eq!(poll(&mut fds, PollTimeout::from(10_000_u16)), Ok(1));
    }

    #[test]
    fn a_port_of_another_program_is_in_use() {
        let service = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = service.local_addr().unwrap().port();
        let error = TcpPortListener::open(port).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn who_is_known_is_held_and_let_go_and_strangers_are_not() {
        let mut listener = TcpPortListener::open(0).unwrap();
        let port = listener.listener.local_addr().unwrap().port();
        let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let _stranger = connect();
        arrived(listener.as_fd());
        listener.turn(RunInstant(0), &|_| false);
        assert_eq!(listener.held.len(), 0);
        let _peer = connect();
        arrived(listener.as_fd());
        listener.turn(RunInstant(10), &|from| from == Ipv4Addr::LOCALHOST);
        assert_eq!(listener.deadline(), Some(RunInstant(1_010)));
        listener.turn(RunInstant(1_010), &|_| true);
        assert_eq!(listener.held.len(), 0);
        let brief = connect();
        arrived(listener.as_fd());
        listener.turn(RunInstant(1_020), &|_| true);
        assert_eq!(listener.held.len(), 1);
        drop(brief);
        arrived(listener.held().next().unwrap());
        listener.turn(RunInstant(1_030), &|_| true);
        assert_eq!(listener.held.len(), 0);
    }
}
