//! The wire form of ICMP echo (RFC 792, RFC 4443 section 4).

use pnet_packet::icmp::{IcmpPacket, checksum};

/// Type, code, checksum, identifier, sequence number.
pub(super) const HEADER: usize = 8;

/// Type of an ICMP echo request.
const REQUEST_V4: u8 = 8;
/// Type of an ICMP echo reply.
const REPLY_V4: u8 = 0;
/// Type of an `ICMPv6` echo request.
const REQUEST_V6: u8 = 128;
/// Type of an `ICMPv6` echo reply.
const REPLY_V6: u8 = 129;

/// Encodes and decodes for one sort of socket: they differ in what the kernel fills in and
/// delivers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct EchoCodec {
    /// IPv4, else IPv6.
    pub(super) is_v4: bool,
    /// A raw socket, else a ping socket, whose identifier is the kernel's.
    pub(super) is_raw: bool,
    /// The identifier on a raw socket.
    pub(super) ident: u16,
}

impl EchoCodec {
    /// An echo request. The kernel computes the checksum of `ICMPv6`, and of ping sockets.
    pub(super) fn request(self, sequence: u16, payload: &[u8]) -> Vec<u8> {
        let kind = if self.is_v4 { REQUEST_V4 } else { REQUEST_V6 };
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend([kind, 0, 0, 0]);
        bytes.extend(self.ident.to_be_bytes());
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(payload);
        if self.is_v4
            && let Some(packet) = IcmpPacket::new(&bytes)
        {
            let sum = checksum(&packet);
            bytes[2..4].copy_from_slice(&sum.to_be_bytes());
        }
        bytes
    }

    /// Sequence number and payload, if `bytes` are a reply to one of this socket's requests.
    pub(super) fn reply(self, bytes: &[u8]) -> Option<(u16, &[u8])> {
        let message = self.without_ip_header(bytes)?;
        let kind = if self.is_v4 { REPLY_V4 } else { REPLY_V6 };
        self.echo(message, kind)
    }

    /// Whether an ICMP error quotes a request of this socket. A raw socket gets the errors of
    /// every other one, too.
    pub(super) fn is_quoted(self, quote: &[u8]) -> bool {
        let kind = if self.is_v4 { REQUEST_V4 } else { REQUEST_V6 };
        !self.is_raw || self.echo(quote, kind).is_some()
    }

    fn echo(self, message: &[u8], kind: u8) -> Option<(u16, &[u8])> {
        let (header, payload) = message.split_at_checked(HEADER)?;
        let ident = u16::from_be_bytes([header[4], header[5]]);
        let is_ours = header[0] == kind && header[1] == 0 && (!self.is_raw || ident == self.ident);
        is_ours.then_some((u16::from_be_bytes([header[6], header[7]]), payload))
    }

    /// Only raw IPv4 sockets hand over the IP header (raw(7)).
    fn without_ip_header(self, bytes: &[u8]) -> Option<&[u8]> {
        if !(self.is_raw && self.is_v4) {
            return Some(bytes);
        }
        let length = usize::from(bytes.first()? & 0x0f) * 4;
        bytes.get(length..)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RAW_V4: EchoCodec = EchoCodec { is_v4: true, is_raw: true, ident: 0x1234 };

    fn reply_to(request: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45; 20];
        packet.extend(request);
        packet[20] = REPLY_V4;
        packet
    }

    #[test]
    fn only_the_answer_to_our_own_request_counts() {
        let ours = reply_to(&RAW_V4.request(7, b"nonce"));
        assert_eq!(RAW_V4.reply(&ours), Some((7, &b"nonce"[..])));

        let others = reply_to(&EchoCodec { ident: 0x1235, ..RAW_V4 }.request(7, b"nonce"));
        assert_eq!(RAW_V4.reply(&others), None);
        let mut request = ours;
        request[20] = REQUEST_V4;
        assert_eq!(RAW_V4.reply(&request), None, "a raw socket sees requests of others, too");
    }

    #[test]
    fn a_request_sums_to_zero() {
        let request = RAW_V4.request(7, b"odd");
        let sum: u32 = request
            .chunks(2)
            .map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low)))
            .sum();
        assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff, "RFC 1071");
    }

    proptest! {
        #[test]
        fn no_packet_breaks_the_reader(bytes: Vec<u8>, is_v4: bool, is_raw: bool) {
            let codec = EchoCodec { is_v4, is_raw, ident: 1 };
            let _ = codec.reply(&bytes);
            let _ = codec.is_quoted(&bytes);
        }
    }
}
