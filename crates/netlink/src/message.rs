//! Reads and writes messages: `struct nlmsghdr` and a body (RFC 3549, netlink(7)).

use std::io;

use netlink_packet_core::NetlinkBuffer;

use crate::attribute::u32_at;
use crate::error::NetlinkError;
use crate::uapi::netlink::{NLMSG_ALIGNTO, NLMSG_HDRLEN};

/// Sequence number of all requests: each has a socket of its own, so no two need to be
/// distinguished.
const SEQUENCE: u32 = 1;

/// One message of a datagram.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NetlinkMessage<'a> {
    /// The message type, such as `RTM_NEWLINK`.
    pub kind: u16,
    /// The flags of the header (`NLM_F_*`).
    pub flags: u16,
    /// The bytes behind the header.
    pub body: &'a [u8],
}

/// The messages of a datagram, up to the first incomplete one.
pub fn messages(mut datagram: &[u8]) -> impl Iterator<Item = NetlinkMessage<'_>> {
    std::iter::from_fn(move || {
        let packet = NetlinkBuffer::new_checked(datagram).ok()?;
        let (kind, flags) = (packet.message_type(), packet.flags());
        let length = usize::try_from(packet.length()).ok()?;
        let body = datagram.get(NLMSG_HDRLEN..length)?;
        let next = length.next_multiple_of(NLMSG_ALIGNTO);
        datagram = datagram.get(next..).unwrap_or_default();
        Some(NetlinkMessage { kind, flags, body })
    })
}

/// Encodes one message, header and body.
#[must_use]
pub fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(NLMSG_HDRLEN + body.len()).unwrap_or(u32::MAX);
    let mut message = Vec::with_capacity(NLMSG_HDRLEN + body.len());
    message.extend(length.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend(SEQUENCE.to_ne_bytes());
    // Port 0: the kernel fills in the port of the socket.
    message.extend(0_u32.to_ne_bytes());
    message.extend(body);
    message
}

/// The error in the body of `NLMSG_ERROR` or `NLMSG_DONE`, which begins with a negative errno or 0
/// for success. Old kernels send an empty `DONE`.
pub(crate) fn refusal(what: &'static str, body: &[u8]) -> Option<NetlinkError> {
    let errno = u32_at(body, 0)?.cast_signed();
    (errno < 0).then(|| NetlinkError::Refused {
        what,
        source: io::Error::from_raw_os_error(errno.saturating_neg()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_datagram_holds_several_messages_and_ends_at_the_first_cut_one() {
        let mut datagram = message(20, 2, &[1, 2, 3]);
        datagram.resize(datagram.len().next_multiple_of(4), 0);
        datagram.extend(message(21, 2, &[4]));
        let seen: Vec<_> = messages(&datagram).map(|m| (m.kind, m.body.to_vec())).collect();
        assert_eq!(seen, [(20, vec![1, 2, 3]), (21, vec![4])]);
        datagram.pop();
        assert_eq!(messages(&datagram).count(), 1);
    }

    #[test]
    fn the_end_mark_may_carry_an_errno() {
        let table = [(0_i32, None), (-1, Some(1)), (-16, Some(16)), (5, None), (i32::MIN, None)];
        for (code, errno) in table {
            let error = refusal("x", &code.to_ne_bytes());
            if code == i32::MIN {
                assert!(error.is_some(), "an absurd errno is still a refusal");
            } else {
                assert_eq!(error.and_then(|e| e.errno()), errno, "{code}");
            }
        }
        assert!(refusal("x", &[]).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            for message in messages(&bytes) {
                prop_assert!(message.body.len() <= bytes.len());
            }
        }
    }
}
