//! Socket options: how packets leave, and what the kernel reports about those that come in.

use std::net::IpAddr;
use std::num::NonZeroI32;

use nix::errno::Errno;
use nix::libc;
use nix::net::if_::{if_indextoname, if_nametoindex};
use nix::sys::socket::{setsockopt, sockopt};
use nix::{setsockopt_impl, sockopt_impl};
use pontoon_model::net::IfName;
use socket2::Socket;

use crate::machine::SendOptions;

sockopt_impl!(MtuDiscover, SetOnly, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::c_int);
sockopt_impl!(MtuDiscover6, SetOnly, libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, libc::c_int);
sockopt_impl!(UnicastIf, SetOnly, libc::IPPROTO_IP, libc::IP_UNICAST_IF, libc::c_int);
sockopt_impl!(UnicastIf6, SetOnly, libc::IPPROTO_IPV6, libc::IPV6_UNICAST_IF, libc::c_int);

/// Has the kernel report link, TTL and ICMP errors (ip(7), ipv6(7)).
pub(super) fn enable_ancillary_data(socket: &Socket, to: IpAddr) -> Result<(), Errno> {
    if to.is_ipv4() {
        setsockopt(socket, sockopt::Ipv4RecvErr, &true)?;
        setsockopt(socket, sockopt::Ipv4PacketInfo, &true)?;
        setsockopt(socket, sockopt::Ipv4RecvTtl, &true)
    } else {
        setsockopt(socket, sockopt::Ipv6RecvErr, &true)?;
        setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &true)?;
        setsockopt(socket, sockopt::Ipv6RecvHopLimit, &true)
    }
}

/// Ties a socket to a link.
///
/// `SO_BINDTODEVICE` needs no privilege since Linux 5.7 (commit c427bfec18f2). Where it is
/// refused, `IP_UNICAST_IF` still chooses the link for what leaves, though not for what comes in.
pub(super) fn bind_to_link(socket: &Socket, link: &IfName, to: IpAddr) -> Result<(), i32> {
    let Err(error) = socket.bind_device(Some(link.as_str().as_bytes())) else { return Ok(()) };
    let errno = errno_of(&error);
    if errno != libc::EPERM {
        return Err(errno);
    }
    let index = if_nametoindex(link.as_str()).map_err(|error| error as i32)?;
    // Both options take the index in network byte order.
    let index = index.to_be().cast_signed();
    let tied = if to.is_ipv4() {
        setsockopt(socket, UnicastIf, &index)
    } else {
        setsockopt(socket, UnicastIf6, &index)
    };
    tied.map_err(|error| error as i32)
}

/// Applies TTL and "may not be fragmented" to what is sent next.
pub(super) fn apply(socket: &Socket, way: &SendOptions, to: IpAddr) -> Result<(), Errno> {
    if let Some(ttl) = way.ttl {
        let ttl = libc::c_int::from(ttl);
        if to.is_ipv4() {
            setsockopt(socket, sockopt::Ipv4Ttl, &ttl)?;
        } else {
            setsockopt(socket, sockopt::Ipv6Ttl, &ttl)?;
        }
    }
    if way.is_whole {
        if to.is_ipv4() {
            setsockopt(socket, MtuDiscover, &libc::IP_PMTUDISC_PROBE)?;
        } else {
            setsockopt(socket, MtuDiscover6, &libc::IPV6_PMTUDISC_PROBE)?;
        }
    }
    Ok(())
}

/// The name of the link with this index, unless it went away.
pub(super) fn link_name(index: i32) -> Option<IfName> {
    let index = NonZeroI32::new(index)?.get();
    let name = if_indextoname(index.cast_unsigned()).ok()?;
    name.to_str().ok()?.parse().ok()
}

/// The number of an error of the kernel; one that is none counts as an I/O error.
pub(super) fn errno_of(error: &std::io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}
