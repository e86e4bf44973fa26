//! The UDP sockets on which an agent answers packets of its run. The host's own stack decides
//! whether these arrive and by which route the answer leaves.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::libc;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, SockaddrIn6, SockaddrStorage,
    recvmsg, sendmsg,
};
use pontoon_model::net::IpFamily;
use socket2::{Domain, SockAddr, Socket, Type};

/// A UDP socket that knows to which of its addresses a datagram came.
#[derive(Debug)]
pub struct UdpReflector {
    socket: Socket,
    family: IpFamily,
    port: u16,
}

/// A datagram as the kernel delivered it.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedDatagram {
    /// Length of the payload in bytes.
    pub length: usize,
    /// The address and port that it came from.
    pub from: SocketAddr,
    /// The address of this host that it was sent to.
    pub to: IpAddr,
    /// The index of the link by which it came.
    pub link_index: u32,
}

impl UdpReflector {
    /// Opens a socket on a port; 0: one that the kernel picks.
    ///
    /// # Errors
    ///
    /// Errors of the kernel; for IPv6 that is so on a host without it.
    pub fn open(family: IpFamily, port: u16) -> io::Result<Self> {
        let (domain, any) = match family {
            IpFamily::V4 => (Domain::IPV4, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            IpFamily::V6 => (Domain::IPV6, IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        };
        let socket = Socket::new(domain, Type::DGRAM.nonblocking(), None)?;
        match family {
            IpFamily::V4 => nix::sys::socket::setsockopt(
                &socket,
                nix::sys::socket::sockopt::Ipv4PacketInfo,
                &true,
            )?,
            IpFamily::V6 => {
                socket.set_only_v6(true)?;
                nix::sys::socket::setsockopt(
                    &socket,
                    nix::sys::socket::sockopt::Ipv6RecvPacketInfo,
                    &true,
                )?;
            }
        }
        socket.bind(&SockAddr::from(SocketAddr::new(any, port)))?;
        let port = socket.local_addr()?.as_socket().map_or(0, |address| address.port());
        Ok(Self { socket, family, port })
    }

    /// The port on which it answers.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// IPv4 or IPv6, never both.
    #[must_use]
    pub const fn family(&self) -> IpFamily {
        self.family
    }

    /// Takes the next datagram; `None` when there is none.
    ///
    /// # Errors
    ///
    /// Errors of the kernel, such as an ICMP error about an earlier answer; the socket stays good.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<ReceivedDatagram>> {
        let mut space = nix::cmsg_space!(libc::in6_pktinfo);
        let mut slices = [IoSliceMut::new(buffer)];
        let message = match recvmsg::<SockaddrStorage>(
            self.socket.as_raw_fd(),
            &mut slices,
            Some(&mut space),
            MsgFlags::empty(),
        ) {
            Ok(message) => message,
            Err(nix::errno::Errno::EAGAIN) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let mut arrived = None;
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::Ipv4PacketInfo(info) => {
                    let to = Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr));
                    arrived = u32::try_from(info.ipi_ifindex).ok().map(|at| (IpAddr::V4(to), at));
                }
                ControlMessageOwned::Ipv6PacketInfo(info) => {
                    let to = Ipv6Addr::from(info.ipi6_addr.s6_addr);
                    arrived = Some((IpAddr::V6(to), info.ipi6_ifindex));
                }
                _ => {}
            }
        }
        let from = message.address.as_ref().and_then(to_socket_address);
        Ok(from.zip(arrived).map(|(from, (to, link_index))| ReceivedDatagram {
            length: message.bytes,
            from,
            to,
            link_index,
        }))
    }

    /// Answers from the address that was asked; the kernel's routes pick the link.
    ///
    /// # Errors
    ///
    /// Errors of the kernel, such as ENETUNREACH without a route back or EPERM by a filter.
    pub fn answer(&self, received: &ReceivedDatagram, payload: &[u8]) -> io::Result<()> {
        let slices = [IoSlice::new(payload)];
        match (received.to, received.from) {
            (IpAddr::V4(own), SocketAddr::V4(to)) => {
                let info = libc::in_pktinfo {
                    ipi_ifindex: 0,
                    ipi_spec_dst: libc::in_addr { s_addr: u32::from(own).to_be() },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                let control = [ControlMessage::Ipv4PacketInfo(&info)];
                self.send(&slices, &control, &SockaddrIn::from(to))
            }
            (IpAddr::V6(own), SocketAddr::V6(to)) => {
                // A link-local answer has to name its link (RFC 4007).
                let link = if to.ip().is_unicast_link_local() { received.link_index } else { 0 };
                let info = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr { s6_addr: own.octets() },
                    ipi6_ifindex: link,
                };
                let control = [ControlMessage::Ipv6PacketInfo(&info)];
                self.send(&slices, &control, &SockaddrIn6::from(to))
            }
            _ => Ok(()),
        }
    }

    fn send<A: nix::sys::socket::SockaddrLike>(
        &self,
        slices: &[IoSlice<'_>],
        control: &[ControlMessage<'_>],
        to: &A,
    ) -> io::Result<()> {
        sendmsg(self.socket.as_raw_fd(), slices, control, MsgFlags::empty(), Some(to))?;
        Ok(())
    }
}

impl AsFd for UdpReflector {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn to_socket_address(storage: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = storage.as_sockaddr_in() {
        return Some(SocketAddr::new(IpAddr::V4(v4.ip()), v4.port()));
    }
    let v6 = storage.as_sockaddr_in6()?;
    Some(SocketAddr::V6((*v6).into()))
}
