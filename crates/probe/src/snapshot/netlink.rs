//! Questions to the kernel over netlink (RFC 3549, netlink(7)): blocking, read-only, bounded.
//!
//! Messages are read attribute by attribute. An attribute that a newer or older kernel writes
//! differently then costs that attribute, not the link or route that carries it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN,
    NetlinkBuffer, NlasIterator,
};
use netlink_sys::{Socket, SocketAddr};
use nix::sys::socket::{setsockopt, sockopt::ReceiveTimeout};
use nix::sys::time::TimeVal;

/// A dump that changes while it is read is read again, this often in all: on a busy router the
/// table may never hold still.
const DUMP_TRIES: u32 = 3;
/// The kernel answers from memory; waiting longer would only hide that it will not answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// Twice what the kernel puts into one datagram of a dump (`netlink_dump` in
/// `net/netlink/af_netlink.c`: 32 KiB at most).
const DATAGRAM_BYTES: usize = 64 * 1024;
/// No dump of ours needs more; without a limit a broken kernel could keep us reading for ever.
const MAX_DATAGRAMS: u32 = 4096;
/// `struct nlmsghdr`.
const HEADER_BYTES: usize = 16;
/// Every question has a socket of its own, so there is nothing a number must tell apart.
const SEQUENCE: u32 = 1;

/// The kernel did not answer a question.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// The socket failed.
    #[error("cannot ask the kernel for {what} ({step})")]
    Socket {
        /// What was asked for.
        what: &'static str,
        /// Which call failed.
        step: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The kernel refused.
    #[error("the kernel refuses to show {what}: {source}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// Its errno.
        #[source]
        source: io::Error,
    },
    /// The answer ended without its end mark, or made no sense.
    #[error("the kernel's answer about {what} was cut off")]
    Cut {
        /// What was asked for.
        what: &'static str,
    },
}

impl NetlinkError {
    /// The errno behind it, if there is one.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Socket { source, .. } | Self::Refused { source, .. } => source.raw_os_error(),
            Self::Cut { .. } => None,
        }
    }
}

/// A question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// `NETLINK_ROUTE`, `NETLINK_NETFILTER`, …
    pub(crate) protocol: isize,
    /// Message type, such as `RTM_GETLINK`.
    pub(crate) kind: u16,
    /// What follows the netlink header.
    pub(crate) body: &'a [u8],
    /// What is asked for, as messages name it.
    pub(crate) what: &'static str,
    /// How many entries are kept.
    pub(crate) limit: usize,
}

/// What a dump gave.
#[derive(Debug)]
pub(crate) struct Dump<T> {
    /// The entries, in the kernel's order.
    pub(crate) entries: Vec<T>,
    /// Why the list may not be the whole truth.
    pub(crate) flaw: Option<&'static str>,
}

/// Asks for a whole table; `parse` takes message type and body, and skips what it does not know.
pub(crate) fn dump<T>(
    question: &Question<'_>,
    parse: impl Fn(u16, &[u8]) -> Option<T>,
) -> Result<Dump<T>, NetlinkError> {
    let mut tries = 1;
    loop {
        let answer = dump_once(question, &parse)?;
        if answer.flaw != Some(CHANGED) || tries == DUMP_TRIES {
            return Ok(answer);
        }
        tries += 1;
    }
}

const CHANGED: &str = "it changed while it was read, three times over: the list may have gaps";
const TOO_LONG: &str = "the list is longer than is kept: the rest was left out";
const TRUNCATED: &str = "an answer was larger than any expected: the list has gaps";

fn dump_once<T>(
    question: &Question<'_>,
    parse: &impl Fn(u16, &[u8]) -> Option<T>,
) -> Result<Dump<T>, NetlinkError> {
    let asked = Asked::send(question, NLM_F_REQUEST | NLM_F_DUMP)?;
    let mut dump = Dump { entries: Vec::new(), flaw: None };
    let mut datagram = Vec::with_capacity(DATAGRAM_BYTES);
    for _ in 0..MAX_DATAGRAMS {
        if asked.receive(&mut datagram)? {
            dump.flaw = Some(TRUNCATED);
        }
        if collect(question, &datagram, parse, &mut dump)? {
            return Ok(dump);
        }
    }
    Err(NetlinkError::Cut { what: question.what })
}

/// Takes the entries of one datagram; `true` at the end of the dump, or where enough was read.
fn collect<T>(
    question: &Question<'_>,
    datagram: &[u8],
    parse: &impl Fn(u16, &[u8]) -> Option<T>,
    dump: &mut Dump<T>,
) -> Result<bool, NetlinkError> {
    for message in messages(datagram) {
        if message.flags & NLM_F_DUMP_INTR != 0 {
            dump.flaw = Some(CHANGED);
        }
        match message.kind {
            NLMSG_DONE | NLMSG_ERROR => {
                return refusal(question.what, message.body).map_or(Ok(true), Err);
            }
            NLMSG_OVERRUN => return Err(NetlinkError::Cut { what: question.what }),
            kind => dump.entries.extend(parse(kind, message.body)),
        }
        if dump.entries.len() > question.limit {
            dump.entries.truncate(question.limit);
            dump.flaw = Some(TOO_LONG);
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asks for one thing. `Ok(None)`: the answer was not understood.
pub(crate) fn ask<T>(
    question: &Question<'_>,
    parse: impl Fn(u16, &[u8]) -> Option<T>,
) -> Result<Option<T>, NetlinkError> {
    let asked = Asked::send(question, NLM_F_REQUEST)?;
    let mut datagram = Vec::with_capacity(DATAGRAM_BYTES);
    asked.receive(&mut datagram)?;
    let Some(message) = messages(&datagram).next() else {
        return Err(NetlinkError::Cut { what: question.what });
    };
    if message.kind == NLMSG_ERROR {
        return refusal(question.what, message.body).map_or(Ok(None), Err);
    }
    Ok(parse(message.kind, message.body))
}

/// A socket whose question was sent.
struct Asked {
    socket: Socket,
    what: &'static str,
}

impl Asked {
    fn send(question: &Question<'_>, flags: u16) -> Result<Self, NetlinkError> {
        let what = question.what;
        let failed = |step| move |source| NetlinkError::Socket { what, step, source };
        let mut socket = Socket::new(question.protocol).map_err(failed("socket"))?;
        socket.bind_auto().map_err(failed("bind"))?;
        let timeout = TimeVal::from(timeval(ANSWER_TIMEOUT));
        setsockopt(&socket, ReceiveTimeout, &timeout)
            .map_err(|errno| failed("timeout")(errno.into()))?;
        let message = request(question.kind, flags, question.body);
        socket.send_to(&message, &SocketAddr::new(0, 0), 0).map_err(failed("send"))?;
        Ok(Self { socket, what })
    }

    /// Receives one datagram of the kernel; `true` if it did not fit.
    fn receive(&self, datagram: &mut Vec<u8>) -> Result<bool, NetlinkError> {
        loop {
            datagram.clear();
            let (length, sender) = match self.socket.recv_from(datagram, nix::libc::MSG_TRUNC) {
                // A signal that has a handler; with a timeout the kernel does not go on by itself
                // (signal(7)).
                Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => {
                    return Err(NetlinkError::Socket { what: self.what, step: "receive", source });
                }
                Ok(received) => received,
            };
            // Any process may send to a netlink socket; only port 0 is the kernel (netlink(7)).
            if sender.port_number() == 0 {
                return Ok(length > datagram.len());
            }
        }
    }
}

const fn timeval(duration: Duration) -> nix::libc::timeval {
    nix::libc::timeval { tv_sec: duration.as_secs().cast_signed(), tv_usec: 0 }
}

/// One message: header (`struct nlmsghdr`) and body.
fn request(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER_BYTES + body.len()).unwrap_or(u32::MAX);
    let mut message = Vec::with_capacity(HEADER_BYTES + body.len());
    message.extend(length.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend(SEQUENCE.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes());
    message.extend(body);
    message
}

/// `NLMSG_ERROR` and `NLMSG_DONE` begin with an errno, negative; 0 means success. A `DONE` of old
/// kernels may be empty.
fn refusal(what: &'static str, body: &[u8]) -> Option<NetlinkError> {
    let errno = u32_at(body, 0)?.cast_signed();
    (errno < 0).then(|| NetlinkError::Refused {
        what,
        source: io::Error::from_raw_os_error(errno.saturating_neg()),
    })
}

/// A message of a datagram.
struct Message<'a> {
    kind: u16,
    flags: u16,
    body: &'a [u8],
}

/// The messages of a datagram, up to the first that is not whole.
fn messages(mut datagram: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let packet = NetlinkBuffer::new_checked(datagram).ok()?;
        let (kind, flags) = (packet.message_type(), packet.flags());
        let length = usize::try_from(packet.length()).ok()?;
        let body = datagram.get(HEADER_BYTES..length)?;
        datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Message { kind, flags, body })
    })
}

/// The attributes after a fixed header, as type (without flag bits) and value, up to the first
/// that is not whole.
pub(crate) fn attributes(body: &[u8], header: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let bytes = body.get(header..).unwrap_or_default();
    NlasIterator::new(bytes).map_while(Result::ok).map(|attribute| {
        let (kind, length) = (attribute.kind(), usize::from(attribute.length()));
        (kind, attribute.into_inner().get(4..length).unwrap_or_default())
    })
}

/// The value of the first attribute of that type inside a nest.
pub(crate) fn find(nest: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(nest, 0).find(|(found, _)| *found == kind).map(|(_, value)| value)
}

/// Writes an attribute with its padding.
pub(crate) fn push_attribute(body: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    body.extend(length.to_ne_bytes());
    body.extend(kind.to_ne_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
}

/// A number in host byte order.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let end = at.checked_add(4)?;
    bytes.get(at..end)?.try_into().ok().map(u32::from_ne_bytes)
}

/// A number in host byte order.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let end = at.checked_add(2)?;
    bytes.get(at..end)?.try_into().ok().map(u16::from_ne_bytes)
}

/// A number in network byte order, as `nf_tables` writes them.
pub(crate) fn be32(bytes: &[u8]) -> Option<u32> {
    bytes.get(..4)?.try_into().ok().map(u32::from_be_bytes)
}

/// Text up to its closing zero.
pub(crate) fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// An address: 4 or 16 octets.
pub(crate) fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(|octets| Ipv4Addr::from(octets).into()),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|octets| Ipv6Addr::from(octets).into()),
        _ => None,
    }
}

/// The octets of an address.
pub(crate) fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// `AF_INET` and `AF_INET6`.
pub(crate) const FAMILIES: [u8; 2] = [AF_INET, AF_INET6];
/// `AF_INET` (linux/socket.h).
pub(crate) const AF_INET: u8 = 2;
/// `AF_INET6` (linux/socket.h).
pub(crate) const AF_INET6: u8 = 10;

/// The address that means "any" in a family; `None` for families other than IP.
pub(crate) const fn unspecified(family: u8) -> Option<IpAddr> {
    match family {
        AF_INET => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        AF_INET6 => Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        _ => None,
    }
}

/// The bodies of messages recorded from Linux 6.18 on a little-endian machine.
#[cfg(test)]
pub(crate) fn recorded(name: &str) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/netlink");
    let datagrams = std::fs::read(folder.join(name)).unwrap();
    let whole = messages(&datagrams).filter(|message| message.kind != NLMSG_DONE);
    whole.map(|message| message.body.to_vec()).collect()
}

#[cfg(test)]
mod tests;
