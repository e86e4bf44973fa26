//! The frames that come in: anybody's bytes, so nothing is believed but lengths that fit.
//!
//! Checksums are not verified: packet sockets see frames of virtual links before the checksum is
//! filled in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use pnet_packet::arp::{ArpOperations, ArpPacket};
use pnet_packet::ethernet::{EtherTypes, EthernetPacket};
use pnet_packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};
use pnet_packet::ipv4::Ipv4Packet;
use pnet_packet::ipv6::Ipv6Packet;
use pnet_packet::tcp::{TcpFlags, TcpPacket};
use pnet_packet::udp::UdpPacket;
use pontoon_model::net::Mac;

/// A frame, as far as it concerns a witness.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ParsedFrame<'a> {
    /// Whom it is addressed to.
    pub to_mac: Mac,
    /// Who sent it.
    pub from_mac: Mac,
    /// What it carries.
    pub body: FrameBody<'a>,
}

/// What a frame carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FrameBody<'a> {
    /// An ARP request, with what follows it in the frame.
    ArpRequest {
        /// The asker's address.
        sender: Ipv4Addr,
        /// The address that is sought.
        target: Ipv4Addr,
        /// The padding of the frame, where our token is.
        padding: &'a [u8],
    },
    /// An ARP reply.
    ArpReply {
        /// The MAC that is said to hold the address.
        sender_mac: Mac,
        /// The address that was asked for.
        sender: Ipv4Addr,
    },
    /// A neighbour solicitation with its nonce option.
    Solicitation {
        /// The asker's address.
        sender: Ipv6Addr,
        /// The address that is sought.
        target: Ipv6Addr,
        /// The content of the nonce option, if any.
        nonce: &'a [u8],
    },
    /// A neighbour advertisement.
    Advertisement {
        /// The address that was asked for.
        target: Ipv6Addr,
        /// The MAC that is said to hold it.
        target_mac: Option<Mac>,
    },
    /// A UDP datagram.
    Udp {
        /// Source address and port.
        from: SocketAddr,
        /// Destination address and port.
        to: SocketAddr,
        /// TTL or hop limit.
        ttl: u8,
        /// Length of its IP packet without options, which is more than was captured of a long one.
        packet_bytes: u32,
        /// What it carries, as far as it was captured.
        payload: &'a [u8],
    },
    /// The first packet of a TCP connection (RFC 9293: SYN without ACK).
    Syn {
        /// Source address and port.
        from: SocketAddr,
        /// Destination address and port.
        to: SocketAddr,
        /// TTL or hop limit.
        ttl: u8,
    },
    /// An ICMP echo request or reply.
    Echo {
        /// Whether it is the reply.
        is_reply: bool,
        /// Source address of the packet.
        from: IpAddr,
        /// Destination address of the packet.
        to: IpAddr,
        /// TTL or hop limit.
        ttl: u8,
        /// Identifier, by which a reply finds its request.
        identifier: u16,
        /// What it carries.
        payload: &'a [u8],
    },
    /// An ICMP error about a packet of ours.
    IcmpError {
        /// Who sent it.
        from: IpAddr,
        /// ICMP or `ICMPv6` type.
        kind: u8,
        /// Code within the type.
        code: u8,
        /// The packet it is about.
        about: QuotedPacket,
    },
}

/// The packet that an ICMP error quotes, by what an error must quote at least: the IP header and
/// eight bytes (RFC 792).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum QuotedPacket {
    /// A UDP datagram from this port.
    Udp {
        /// The source port.
        from_port: u16,
    },
    /// An echo request with this identifier.
    Echo {
        /// Identifier of the request.
        identifier: u16,
    },
}

/// Reads a frame; `None` for all that a witness does not care about.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<ParsedFrame<'_>> {
    let ethernet = EthernetPacket::new(bytes)?;
    let rest = bytes.get(EthernetPacket::minimum_packet_size()..)?;
    let body = match ethernet.get_ethertype() {
        EtherTypes::Arp => read_arp(rest)?,
        EtherTypes::Ipv4 => read_ipv4(rest)?,
        EtherTypes::Ipv6 => read_ipv6(rest)?,
        _ => return None,
    };
    Some(ParsedFrame {
        to_mac: Mac(ethernet.get_destination().octets()),
        from_mac: Mac(ethernet.get_source().octets()),
        body,
    })
}

fn read_arp(bytes: &[u8]) -> Option<FrameBody<'_>> {
    let arp = ArpPacket::new(bytes)?;
    if arp.get_protocol_type() != EtherTypes::Ipv4
        || arp.get_hw_addr_len() != 6
        || arp.get_proto_addr_len() != 4
    {
        return None;
    }
    let padding = bytes.get(ArpPacket::minimum_packet_size()..).unwrap_or_default();
    match arp.get_operation() {
        ArpOperations::Request => Some(FrameBody::ArpRequest {
            sender: arp.get_sender_proto_addr(),
            target: arp.get_target_proto_addr(),
            padding,
        }),
        ArpOperations::Reply => Some(FrameBody::ArpReply {
            sender_mac: Mac(arp.get_sender_hw_addr().octets()),
            sender: arp.get_sender_proto_addr(),
        }),
        _ => None,
    }
}

fn read_ipv4(bytes: &[u8]) -> Option<FrameBody<'_>> {
    let ip = Ipv4Packet::new(bytes)?;
    let header = usize::from(ip.get_header_length()) * 4;
    // A fragment other than the first carries no header of its own.
    if ip.get_version() != 4 || header < 20 || ip.get_fragment_offset() != 0 {
        return None;
    }
    // Ethernet pads short frames: what counts is the IP length, as far as it was captured.
    let end = usize::from(ip.get_total_length()).min(bytes.len());
    let message = bytes.get(header..end)?;
    let (from, to) = (IpAddr::V4(ip.get_source()), IpAddr::V4(ip.get_destination()));
    read_message(ip.get_next_level_protocol(), message, from, to, ip.get_ttl())
}

fn read_ipv6(bytes: &[u8]) -> Option<FrameBody<'_>> {
    let ip = Ipv6Packet::new(bytes)?;
    if ip.get_version() != 6 {
        return None;
    }
    let start = Ipv6Packet::minimum_packet_size();
    let end = (start + usize::from(ip.get_payload_length())).min(bytes.len());
    let message = bytes.get(start..end)?;
    let (from, to) = (IpAddr::V6(ip.get_source()), IpAddr::V6(ip.get_destination()));
    read_message(ip.get_next_header(), message, from, to, ip.get_hop_limit())
}

fn read_message(
    protocol: IpNextHeaderProtocol,
    message: &[u8],
    from: IpAddr,
    to: IpAddr,
    ttl: u8,
) -> Option<FrameBody<'_>> {
    match protocol {
        IpNextHeaderProtocols::Udp => {
            let udp = UdpPacket::new(message)?;
            let end = usize::from(udp.get_length()).min(message.len());
            let headers = if from.is_ipv4() { 20 } else { 40 };
            Some(FrameBody::Udp {
                from: SocketAddr::new(from, udp.get_source()),
                to: SocketAddr::new(to, udp.get_destination()),
                ttl,
                packet_bytes: headers + u32::from(udp.get_length()),
                payload: message.get(UdpPacket::minimum_packet_size()..end)?,
            })
        }
        IpNextHeaderProtocols::Tcp => {
            let tcp = TcpPacket::new(message)?;
            let is_first = tcp.get_flags() & (TcpFlags::SYN | TcpFlags::ACK) == TcpFlags::SYN;
            is_first.then(|| FrameBody::Syn {
                from: SocketAddr::new(from, tcp.get_source()),
                to: SocketAddr::new(to, tcp.get_destination()),
                ttl,
            })
        }
        IpNextHeaderProtocols::Icmp if from.is_ipv4() => read_icmp(message, from, to, ttl),
        IpNextHeaderProtocols::Icmpv6 if from.is_ipv6() => read_icmpv6(message, from, to, ttl),
        _ => None,
    }
}

fn read_icmp(message: &[u8], from: IpAddr, to: IpAddr, ttl: u8) -> Option<FrameBody<'_>> {
    let [kind, code, _, _, id_high, id_low, _, _, payload @ ..] = message else { return None };
    match kind {
        0 | 8 => Some(FrameBody::Echo {
            is_reply: *kind == 0,
            from,
            to,
            ttl,
            identifier: u16::from_be_bytes([*id_high, *id_low]),
            payload,
        }),
        3 | 11 | 12 => {
            let quoted = Ipv4Packet::new(payload)?;
            let header = usize::from(quoted.get_header_length()) * 4;
            let about = quote(quoted.get_next_level_protocol(), payload.get(header..)?)?;
            Some(FrameBody::IcmpError { from, kind: *kind, code: *code, about })
        }
        _ => None,
    }
}

fn read_icmpv6(message: &[u8], from: IpAddr, to: IpAddr, ttl: u8) -> Option<FrameBody<'_>> {
    let [kind, code, _, _, id_high, id_low, _, _, rest @ ..] = message else { return None };
    match kind {
        128 | 129 => Some(FrameBody::Echo {
            is_reply: *kind == 129,
            from,
            to,
            ttl,
            identifier: u16::from_be_bytes([*id_high, *id_low]),
            payload: rest,
        }),
        1..=4 => {
            let quoted = Ipv6Packet::new(rest)?;
            let about = quote(quoted.get_next_header(), rest.get(40..)?)?;
            Some(FrameBody::IcmpError { from, kind: *kind, code: *code, about })
        }
        // RFC 4861, section 7.1: what came through a router is not from a neighbour.
        135 | 136 if ttl == 255 => {
            let target: [u8; 16] = rest.get(..16)?.try_into().ok()?;
            let options = rest.get(16..)?;
            if *kind == 135 {
                let IpAddr::V6(sender) = from else { return None };
                let nonce = option(options, 14).unwrap_or_default();
                Some(FrameBody::Solicitation { sender, target: target.into(), nonce })
            } else {
                let target_mac = option(options, 2)
                    .and_then(|content| content.get(..6))
                    .and_then(Mac::from_slice);
                Some(FrameBody::Advertisement { target: target.into(), target_mac })
            }
        }
        _ => None,
    }
}

/// The content of the first ND option of that type (RFC 4861, section 4.6).
fn option(mut options: &[u8], wanted: u8) -> Option<&[u8]> {
    while let [kind, eights, ..] = options {
        let length = usize::from(*eights) * 8;
        let content = options.get(2..length)?;
        if *kind == wanted {
            return Some(content);
        }
        options = options.get(length..)?;
    }
    None
}

fn quote(protocol: IpNextHeaderProtocol, transport: &[u8]) -> Option<QuotedPacket> {
    let [a, b, _, _, id_high, id_low, ..] = transport else { return None };
    match protocol {
        IpNextHeaderProtocols::Udp => {
            Some(QuotedPacket::Udp { from_port: u16::from_be_bytes([*a, *b]) })
        }
        IpNextHeaderProtocols::Icmp | IpNextHeaderProtocols::Icmpv6 => {
            Some(QuotedPacket::Echo { identifier: u16::from_be_bytes([*id_high, *id_low]) })
        }
        _ => None,
    }
}
