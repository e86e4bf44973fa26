//! Two echoes that may not be taken apart on the way: a small one, and one of the link's MTU.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use nix::libc;
use nix::poll::PollFlags;
use nix::sys::socket::setsockopt;
use nix::{setsockopt_impl, sockopt_impl};
use pnet_packet::util::checksum;
use pontoon_model::net::IfName;
use pontoon_netlink::KernelSocket;
use pontoon_netlink::route::links::named_links;
use socket2::{Domain, Protocol, Socket, Type};

use crate::trial::PacketSizes;

use super::deadline::Deadline;

sockopt_impl!(MtuDiscover, SetOnly, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::c_int);
sockopt_impl!(MtuDiscover6, SetOnly, libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, libc::c_int);

/// A small packet passes anywhere: the least MTU of IPv4 hosts is 576 (RFC 791).
const SMALL: usize = 500;
/// The largest packet that a link between hosts carries.
const JUMBO: u32 = 9000;
/// Length of an echo's header, in bytes.
const ICMP: usize = 8;
/// Which 16 bits of it are the checksum.
const CHECKSUM_WORD: usize = 1;
/// Each is sent so often.
const TRIES: u16 = 3;
const EACH: Duration = Duration::from_millis(300);

/// Asks; `None`: this host may send no echo.
pub(super) fn ask(to: IpAddr, link: Option<&IfName>, deadline: Deadline) -> Option<PacketSizes> {
    let (socket, is_raw) = socket(to)?;
    if let Some(link) = link {
        socket.bind_device(Some(link.as_str().as_bytes())).ok()?;
    }
    socket.set_nonblocking(true).ok()?;
    // What the cache of path MTUs says is not what is asked.
    if to.is_ipv4() {
        setsockopt(&socket, MtuDiscover, &libc::IP_PMTUDISC_PROBE).ok()?;
    } else {
        setsockopt(&socket, MtuDiscover6, &libc::IPV6_PMTUDISC_PROBE).ok()?;
    }
    let header = if to.is_ipv4() { 20 } else { 40 };
    let mtu = mtu(to, link).unwrap_or(1500).min(JUMBO);
    let large = usize::try_from(mtu).ok()?.checked_sub(header + ICMP)?;
    // Any datagram socket can be read through this type; nothing of UDP is in it.
    let echo = EchoSocket { socket: socket.into(), to, is_raw };
    let small = (1..=TRIES).any(|at| echo.is_answered(at, SMALL, deadline.at_most(EACH)));
    let large =
        small && (1..=TRIES).any(|at| echo.is_answered(at + 100, large, deadline.at_most(EACH)));
    Some(PacketSizes { small, large, mtu })
}

struct EchoSocket {
    socket: UdpSocket,
    to: IpAddr,
    is_raw: bool,
}

impl EchoSocket {
    fn is_answered(&self, sequence: u16, payload: usize, deadline: Deadline) -> bool {
        let kind: u8 = if self.to.is_ipv4() { 8 } else { 128 };
        let mut packet = vec![kind, 0, 0, 0, 0x70, 0x6a];
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.resize(ICMP + payload, 0x70);
        if self.to.is_ipv4() {
            let sum = checksum(&packet, CHECKSUM_WORD).to_be_bytes();
            packet[2..4].copy_from_slice(&sum);
        }
        if self.socket.send_to(&packet, SocketAddr::new(self.to, 0)).is_err() {
            return false;
        }
        let (reply, at) = match (self.to, self.is_raw) {
            // A raw IPv4 socket shows the header before it.
            (IpAddr::V4(_), true) => (0, 20),
            (IpAddr::V4(_), false) => (0, 0),
            (IpAddr::V6(_), _) => (129, 0),
        };
        let mut bytes = [0; 9216];
        while deadline.wait(&self.socket, PollFlags::POLLIN) {
            let Ok((count, from)) = self.socket.recv_from(&mut bytes) else { continue };
            let Some(&[kind, _, _, _, _, _, high, low, ..]) = bytes[..count].get(at..) else {
                continue;
            };
            if from.ip() == self.to && kind == reply && [high, low] == sequence.to_be_bytes() {
                return true;
            }
        }
        false
    }
}

/// A socket for echoes, and whether it is a raw one: not every host lets everybody have the other.
fn socket(to: IpAddr) -> Option<(Socket, bool)> {
    let (domain, protocol) = match to {
        IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4),
        IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6),
    };
    let datagram = Socket::new(domain, Type::DGRAM, Some(protocol)).map(|socket| (socket, false));
    datagram.or_else(|_| Socket::new(domain, Type::RAW, Some(protocol)).map(|raw| (raw, true))).ok()
}

/// The MTU of the link by which packets leave.
fn mtu(to: IpAddr, link: Option<&IfName>) -> Option<u32> {
    let way = super::connect::way(SocketAddr::new(to, 9), link)?;
    let link = way.link?;
    let links = named_links(&KernelSocket).ok()?;
    links.into_iter().find(|one| one.name == link).map(|one| one.mtu)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_answers_both_sizes() {
        let to = std::net::Ipv4Addr::LOCALHOST.into();
        let sizes = ask(to, None, Deadline::after(Duration::from_secs(5)));
        // Root may send echoes wherever it is; others where ping_group_range lets them.
        let may = nix::unistd::geteuid().is_root() || socket(to).is_some();
        let all = PacketSizes { small: true, large: true, mtu: JUMBO };
        assert_eq!(sizes, may.then_some(all));
    }
}
