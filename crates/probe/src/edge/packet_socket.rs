//! A packet socket (packet(7)): frames as they come and go, before routes and packet filters.
//!
//! Not promiscuous: only what is addressed to this host or to a group is seen.
#![expect(unsafe_code, reason = "a sockaddr_ll has to be made by hand for bind(2)")]

use std::io;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::libc;
use nix::sys::socket::{LinkAddr, recvfrom};
use pontoon_model::observation::Cast;
use socket2::{Domain, SockAddr, SockFilter, Socket, Type};

use crate::token::MAGIC;

/// A socket bound to one link.
#[derive(Debug)]
pub struct PacketSocket(Socket);

/// Enough of a frame for every header, quoted packet and token.
pub const CAPTURE: usize = 512;

/// Room for the frames of a second in which fifty hosts ask at once.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// A frame came.
#[derive(Clone, Copy, Debug)]
pub struct Captured {
    /// How many bytes of it are in the buffer.
    pub length: usize,
    /// To whom it was addressed.
    pub cast: Cast,
}

impl PacketSocket {
    /// Opens a socket on the link with this index.
    ///
    /// # Errors
    ///
    /// EPERM without `CAP_NET_RAW`; ENODEV when there is no such link.
    pub fn open(index: u32) -> io::Result<Self> {
        // Protocol zero: nothing is delivered until the filter is in place and it is bound.
        let socket = Socket::new(Domain::PACKET, Type::RAW.nonblocking(), None)?;
        socket.attach_filter(&filter())?;
        // What comes while this host's processor is busy. No more than net.core.rmem_max is given.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        socket.bind(&link_address(index)?)?;
        Ok(Self(socket))
    }

    /// Sends a frame.
    ///
    /// # Errors
    ///
    /// ENETDOWN when the link is down, ENOBUFS when its queue is full.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        self.0.send(frame).map(drop)
    }

    /// Takes the next frame; `None` when there is none. Frames that this host sent are left out.
    ///
    /// # Errors
    ///
    /// ENETDOWN, once, when the link goes down; the socket stays good.
    pub fn receive(&self, buffer: &mut [u8; CAPTURE]) -> io::Result<Option<Captured>> {
        loop {
            match recvfrom::<LinkAddr>(self.0.as_raw_fd(), buffer) {
                Ok((length, Some(from))) => {
                    let cast = match from.pkttype() {
                        libc::PACKET_HOST => Cast::Unicast,
                        libc::PACKET_BROADCAST | libc::PACKET_MULTICAST => Cast::Group,
                        _ => continue,
                    };
                    return Ok(Some(Captured { length: length.min(CAPTURE), cast }));
                }
                Ok((_, None)) => {}
                Err(nix::errno::Errno::EAGAIN) => return Ok(None),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl PacketSocket {
    /// How many frames the kernel had no room for since this was last asked (packet(7),
    /// `PACKET_STATISTICS`): after that, silence is no evidence.
    #[must_use]
    pub fn lost(&self) -> u32 {
        let mut stats = libc::tpacket_stats { tp_packets: 0, tp_drops: 0 };
        let mut length = u32::try_from(size_of::<libc::tpacket_stats>()).unwrap_or_default();
        // SAFETY: the descriptor is open as long as `self`; the pointers are to a struct of two
        // integers and to its length, both of which live through the call.
        let status = unsafe {
            libc::getsockopt(
                self.0.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                std::ptr::from_mut(&mut stats).cast(),
                &raw mut length,
            )
        };
        if status == 0 { stats.tp_drops } else { 0 }
    }
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn link_address(index: u32) -> io::Result<SockAddr> {
    let index = i32::try_from(index).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let everything = u16::try_from(libc::ETH_P_ALL).unwrap_or_default().to_be();
    // SAFETY: `try_init` hands out zeroed storage that is larger and stricter aligned than any
    // socket address (it is a `sockaddr_storage`), so the cast pointer is good for one
    // `sockaddr_ll`, of which every field is an integer; the length set is that of the struct.
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, length| {
            let address = storage.cast::<libc::sockaddr_ll>();
            (*address).sll_family = u16::try_from(libc::AF_PACKET).unwrap_or_default();
            (*address).sll_protocol = everything;
            (*address).sll_ifindex = index;
            *length = u32::try_from(size_of::<libc::sockaddr_ll>()).unwrap_or_default();
            Ok(())
        })?
    };
    Ok(address)
}

/// A classic BPF program that lets pass what a witness reads: ARP, ICMP, ND, and UDP with our
/// [`MAGIC`], unless this host sent it. So a busy link costs the agent nothing.
fn filter() -> Vec<SockFilter> {
    const ACCEPT: u8 = 21;
    const DROP: u8 = 22;
    let to = |target: u8, at: u8| target - at - 1;
    let load = |width: u32, at: u32| op(libc::BPF_LD | width | libc::BPF_ABS, 0, 0, at);
    let equal = |value: u32, yes: u8, no: u8| {
        op(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, yes, no, value)
    };
    let packet_type = (libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE).cast_unsigned();
    let magic = u32::from_be_bytes(MAGIC);
    vec![
        load(libc::BPF_B, packet_type),                      // 0
        equal(libc::PACKET_OUTGOING.into(), to(DROP, 1), 0), // 1
        load(libc::BPF_H, 12),                               // 2 EtherType
        equal(0x0806, to(ACCEPT, 3), 0),                     // 3 ARP
        equal(0x86dd, to(15, 4), 0),                         // 4 IPv6
        equal(0x0800, 0, to(DROP, 5)),                       // 5 IPv4
        load(libc::BPF_B, 23),                               // 6 protocol
        equal(1, to(ACCEPT, 7), 0),                          // 7 ICMP
        equal(17, 0, to(DROP, 8)),                           // 8 UDP
        load(libc::BPF_H, 20),                               // 9 fragment offset
        op(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, to(DROP, 10), 0, 0x1fff), // 10
        op(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0, 0, 14), // 11 header length
        op(libc::BPF_LD | libc::BPF_W | libc::BPF_IND, 0, 0, 14 + 8), // 12 UDP payload
        equal(magic, to(ACCEPT, 13), to(DROP, 13)),          // 13
        op(libc::BPF_RET | libc::BPF_K, 0, 0, 0),            // 14 not reached
        load(libc::BPF_B, 20),                               // 15 next header
        equal(58, to(ACCEPT, 16), 0),                        // 16 ICMPv6
        equal(17, 0, to(DROP, 17)),                          // 17 UDP
        load(libc::BPF_W, 14 + 40 + 8),                      // 18 UDP payload
        equal(magic, to(ACCEPT, 19), to(DROP, 19)),          // 19
        op(libc::BPF_RET | libc::BPF_K, 0, 0, 0),            // 20 not reached
        op(libc::BPF_RET | libc::BPF_K, 0, 0, u32::MAX),     // 21 accept
        op(libc::BPF_RET | libc::BPF_K, 0, 0, 0),            // 22 drop
    ]
}

fn op(code: u32, jt: u8, jf: u8, k: u32) -> SockFilter {
    SockFilter::new(u16::try_from(code).unwrap_or_default(), jt, jf, k)
}
