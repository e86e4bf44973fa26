//! The running kernel, over one blocking netlink socket per request, with a time limit.

use std::io;
use std::time::Duration;

use netlink_sys::{Socket, SocketAddr};
use nix::sys::socket::{setsockopt, sockopt::ReceiveTimeout};
use nix::sys::time::TimeVal;

use crate::error::NetlinkError;
use crate::kernel::{AnswerDatagram, KernelRequest, NetlinkKernel, TakeDatagram};

/// How long to wait for each datagram: the kernel responds from memory within milliseconds, so a
/// second without a datagram means that none will come.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// Size of the receive buffer: twice the largest datagram of a dump (`netlink_dump` in
/// `net/netlink/af_netlink.c`: 32 KiB).
const DATAGRAM_BYTES: usize = 64 * 1024;

/// The running kernel. Responses are for the network namespace of the calling thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct KernelSocket;

impl NetlinkKernel for KernelSocket {
    fn exchange(
        &self,
        request: &KernelRequest<'_>,
        message: &[u8],
        take: &mut TakeDatagram<'_>,
    ) -> Result<(), NetlinkError> {
        let socket = send(request, message)?;
        let mut datagram = Vec::with_capacity(DATAGRAM_BYTES);
        loop {
            let is_truncated = receive(&socket, request.what, &mut datagram)?;
            if take(AnswerDatagram { bytes: &datagram, is_truncated }).is_break() {
                return Ok(());
            }
        }
    }
}

/// Opens a socket and sends the request on it.
fn send(request: &KernelRequest<'_>, message: &[u8]) -> Result<Socket, NetlinkError> {
    let what = request.what;
    let failed = |step| move |source| NetlinkError::Socket { what, step, source };
    let mut socket = Socket::new(request.protocol).map_err(failed("socket"))?;
    socket.bind_auto().map_err(failed("bind"))?;
    let timeout = TimeVal::from(timeval(ANSWER_TIMEOUT));
    setsockopt(&socket, ReceiveTimeout, &timeout)
        .map_err(|errno| failed("timeout")(errno.into()))?;
    socket.send_to(message, &SocketAddr::new(0, 0), 0).map_err(failed("send"))?;
    Ok(socket)
}

/// Receives one datagram from the kernel; `true` if the buffer was too short.
fn receive(
    socket: &Socket,
    what: &'static str,
    datagram: &mut Vec<u8>,
) -> Result<bool, NetlinkError> {
    loop {
        datagram.clear();
        // With MSG_TRUNC the kernel returns the full length of a datagram that did not fit
        // (recv(2)).
        let (length, sender) = match socket.recv_from(datagram, nix::libc::MSG_TRUNC) {
            // A signal handler ran. The kernel does not restart a receive that has a timeout
            // (signal(7)).
            Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(NetlinkError::Socket { what, step: "receive", source }),
            Ok(received) => received,
        };
        // Any process may send to a netlink socket; the kernel has port 0 (netlink(7)).
        if sender.port_number() == 0 {
            return Ok(length > datagram.len());
        }
    }
}

const fn timeval(duration: Duration) -> nix::libc::timeval {
    nix::libc::timeval { tv_sec: duration.as_secs().cast_signed(), tv_usec: 0 }
}
