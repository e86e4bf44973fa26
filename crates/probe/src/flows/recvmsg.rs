//! What one recvmsg(2) returns: a packet and where it came in, or an ICMP error of the error queue.

use std::io::IoSliceMut;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::libc::{SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, sock_extended_err};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
use pontoon_model::net::IfName;

use super::socket_options::link_name;

/// Buffers that every call of recvmsg(2) fills anew.
pub(super) struct ReceiveBuffers {
    pub(super) bytes: Vec<u8>,
    pub(super) control: Vec<u8>,
}

impl ReceiveBuffers {
    /// The longest UDP datagram; a longer one does not exist.
    const BYTES: usize = 65_535;
    /// Link, TTL and an extended error with an IPv6 address take 136 bytes.
    const CONTROL: usize = 512;

    pub(super) fn new() -> Self {
        Self { bytes: vec![0; Self::BYTES], control: vec![0; Self::CONTROL] }
    }
}

/// A packet and what the kernel said about it.
pub(super) struct ReceivedPacket<'a> {
    pub(super) from: Option<SocketAddr>,
    pub(super) link: Option<IfName>,
    pub(super) ttl: Option<u8>,
    pub(super) bytes: &'a [u8],
}

/// An entry of the error queue.
pub(super) struct QueuedError<'a> {
    /// The ICMP error, or `None` for an error of this host's own.
    pub(super) icmp: Option<ReceivedIcmpError>,
    /// The beginning of the packet that drew it.
    pub(super) quote: &'a [u8],
}

/// An ICMP error as the kernel reports it.
pub(super) struct ReceivedIcmpError {
    pub(super) kind: u8,
    pub(super) code: u8,
    pub(super) from: IpAddr,
}

/// Takes the next packet.
pub(super) fn next_packet<'a>(
    fd: BorrowedFd<'_>,
    buffers: &'a mut ReceiveBuffers,
) -> Result<ReceivedPacket<'a>, Errno> {
    let (mut link, mut ttl) = (None, None);
    let (from, bytes) = buffers.receive(fd, MsgFlags::empty(), |message| match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => link = link_name(info.ipi_ifindex),
        ControlMessageOwned::Ipv6PacketInfo(info) => {
            link = i32::try_from(info.ipi6_ifindex).ok().and_then(link_name);
        }
        ControlMessageOwned::Ipv4Ttl(hops) | ControlMessageOwned::Ipv6HopLimit(hops) => {
            ttl = u8::try_from(hops).ok();
        }
        _ => {}
    })?;
    Ok(ReceivedPacket { from, link, ttl, bytes })
}

/// Takes the next entry of the error queue (ip(7), `IP_RECVERR`).
pub(super) fn next_error<'a>(
    fd: BorrowedFd<'_>,
    buffers: &'a mut ReceiveBuffers,
) -> Result<QueuedError<'a>, Errno> {
    let mut icmp = None;
    let (_, quote) = buffers.receive(fd, MsgFlags::MSG_ERRQUEUE, |message| match message {
        ControlMessageOwned::Ipv4RecvErr(error, Some(offender)) => {
            let from = IpAddr::from(u32::from_be(offender.sin_addr.s_addr).to_be_bytes());
            icmp = of_network(&error, from);
        }
        ControlMessageOwned::Ipv6RecvErr(error, Some(offender)) => {
            icmp = of_network(&error, IpAddr::from(offender.sin6_addr.s6_addr));
        }
        _ => {}
    })?;
    Ok(QueuedError { icmp, quote })
}

impl ReceiveBuffers {
    /// Receives without waiting: the sender's address and the bytes. Control messages go to `take`.
    fn receive(
        &mut self,
        fd: BorrowedFd<'_>,
        flags: MsgFlags,
        take: impl FnMut(ControlMessageOwned),
    ) -> Result<(Option<SocketAddr>, &[u8]), Errno> {
        let mut slices = [IoSliceMut::new(&mut self.bytes)];
        let flags = flags | MsgFlags::MSG_DONTWAIT;
        let control = Some(self.control.as_mut_slice());
        let message = recvmsg::<SockaddrStorage>(fd.as_raw_fd(), &mut slices, control, flags)?;
        // Cut off where the buffer was too small: then nothing is known of link and TTL.
        message.cmsgs().into_iter().flatten().for_each(take);
        let from = message.address.as_ref().and_then(socket_address);
        let length = message.bytes;
        Ok((from, &self.bytes[..length]))
    }
}

fn of_network(error: &sock_extended_err, from: IpAddr) -> Option<ReceivedIcmpError> {
    let is_icmp = matches!(error.ee_origin, SO_EE_ORIGIN_ICMP | SO_EE_ORIGIN_ICMP6);
    is_icmp.then_some(ReceivedIcmpError { kind: error.ee_type, code: error.ee_code, from })
}

fn socket_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        Some(SocketAddr::from((v4.ip(), v4.port())))
    } else {
        // Without flow label and scope: callers compare it with the address they asked.
        address.as_sockaddr_in6().map(|v6| SocketAddr::from((v6.ip(), v6.port())))
    }
}
