//! A packet socket (packet(7)): frames as they come and go, before routes and packet filters.
//!
//! Not promiscuous: only what is addressed to this host or to a group is seen.
#![expect(unsafe_code, reason = "a sockaddr_ll has to be made by hand for bind(2)")]

use std::io;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::libc;
use nix::sys::socket::{LinkAddr, recvfrom};
use pontoon_model::observation::FrameDestination;
use socket2::{Domain, SockAddr, SockFilter, Socket, Type};

use crate::probe_token::MAGIC;

/// A socket bound to one link.
#[derive(Debug)]
pub struct PacketSocket(Socket);

/// Enough of a frame for every header, quoted packet and token.
pub const CAPTURE: usize = 512;

/// Room for the frames of a second in which fifty hosts ask at once.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// What is known of a frame beside its bytes.
#[derive(Clone, Copy, Debug)]
pub struct CapturedFrame {
    /// How many bytes of it are in the buffer.
    pub length: usize,
    /// Whether it was addressed to this host or to a group.
    pub cast: FrameDestination,
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
        socket.attach_filter(&filter(false))?;
        // What comes while this host's processor is busy. No more than net.core.rmem_max is given.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        socket.bind(&link_address(index)?)?;
        Ok(Self(socket))
    }

    /// From now on delivers the first packet of each TCP connection as well.
    ///
    /// # Errors
    ///
    /// Errors of setsockopt(2); the filter is then as it was.
    pub fn capture_tcp_connections(&self) -> io::Result<()> {
        self.0.attach_filter(&filter(true))
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
    pub fn receive(&self, buffer: &mut [u8; CAPTURE]) -> io::Result<Option<CapturedFrame>> {
        loop {
            match recvfrom::<LinkAddr>(self.0.as_raw_fd(), buffer) {
                Ok((length, Some(from))) => {
                    let cast = match from.pkttype() {
                        libc::PACKET_HOST => FrameDestination::Unicast,
                        libc::PACKET_BROADCAST | libc::PACKET_MULTICAST => FrameDestination::Group,
                        _ => continue,
                    };
                    return Ok(Some(CapturedFrame { length: length.min(CAPTURE), cast }));
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
/// [`MAGIC`], unless this host sent it; with `connections` the first packet of each TCP connection
/// too. So a busy link costs the agent nothing.
fn filter(connections: bool) -> Vec<SockFilter> {
    const ACCEPT: u8 = 29;
    const DROP: u8 = 30;
    /// SYN and ACK in the byte of flags.
    const SYN_ACK: u32 = 0x12;
    let to = |target: u8, at: u8| target - at - 1;
    let load = |width: u32, at: u32| op(libc::BPF_LD | width | libc::BPF_ABS, 0, 0, at);
    let load_at = |width: u32, at: u32| op(libc::BPF_LD | width | libc::BPF_IND, 0, 0, at);
    let equal = |value: u32, yes: u8, no: u8| {
        op(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, yes, no, value)
    };
    let and = |value: u32| op(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, 0, 0, value);
    // No protocol has the number 255 on a wire ("reserved").
    let tcp = if connections { 6 } else { 255 };
    let packet_type = (libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE).cast_unsigned();
    let magic = u32::from_be_bytes(MAGIC);
    vec![
        load(libc::BPF_B, packet_type),                      // 0
        equal(libc::PACKET_OUTGOING.into(), to(DROP, 1), 0), // 1
        load(libc::BPF_H, 12),                               // 2 EtherType
        equal(0x0806, to(ACCEPT, 3), 0),                     // 3 ARP
        equal(0x86dd, to(20, 4), 0),                         // 4 IPv6
        equal(0x0800, 0, to(DROP, 5)),                       // 5 IPv4
        load(libc::BPF_B, 23),                               // 6 protocol
        equal(1, to(ACCEPT, 7), 0),                          // 7 ICMP
        equal(tcp, to(14, 8), 0),                            // 8 TCP
        equal(17, 0, to(DROP, 9)),                           // 9 UDP
        load(libc::BPF_H, 20),                               // 10 fragment offset
        op(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, to(DROP, 11), 0, 0x1fff), // 11
        op(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0, 0, 14), // 12 header length
        op(libc::BPF_JMP | libc::BPF_JA, 0, 0, 18 - 13 - 1), // 13
        load(libc::BPF_H, 20),                               // 14 fragment offset
        op(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, to(DROP, 15), 0, 0x1fff), // 15
        op(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0, 0, 14), // 16 header length
        op(libc::BPF_JMP | libc::BPF_JA, 0, 0, 26 - 17 - 1), // 17
        load_at(libc::BPF_W, 14 + 8),                        // 18 UDP payload
        equal(magic, to(ACCEPT, 19), to(DROP, 19)),          // 19
        load(libc::BPF_B, 20),                               // 20 next header
        equal(58, to(ACCEPT, 21), 0),                        // 21 ICMPv6
        equal(tcp, to(25, 22), 0),                           // 22 TCP
        equal(17, 0, to(DROP, 23)),                          // 23 UDP
        op(libc::BPF_JMP | libc::BPF_JA, 0, 0, 31 - 24 - 1), // 24
        op(libc::BPF_LDX | libc::BPF_W | libc::BPF_IMM, 0, 0, 40), // 25 header length
        load_at(libc::BPF_B, 14 + 13),                       // 26 flags of TCP
        and(SYN_ACK),                                        // 27
        equal(0x02, to(ACCEPT, 28), to(DROP, 28)),           // 28 SYN alone
        op(libc::BPF_RET | libc::BPF_K, 0, 0, u32::MAX),     // 29 accept
        op(libc::BPF_RET | libc::BPF_K, 0, 0, 0),            // 30 drop
        load(libc::BPF_W, 14 + 40 + 8),                      // 31 UDP payload over IPv6
        equal(magic, 0, 1),                                  // 32
        op(libc::BPF_RET | libc::BPF_K, 0, 0, u32::MAX),     // 33 accept
        op(libc::BPF_RET | libc::BPF_K, 0, 0, 0),            // 34 drop
    ]
}

fn op(code: u32, jt: u8, jf: u8, k: u32) -> SockFilter {
    SockFilter::new(u16::try_from(code).unwrap_or_default(), jt, jf, k)
}
