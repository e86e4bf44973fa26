//! The frames we send.
//!
//! Packet sockets bypass the kernel's routes, neighbour caches and filters: what leaves is what
//! the survey asked for, and no probe spoils the kernel's caches for the next.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pnet_base::MacAddr;
use pnet_packet::arp::{ArpHardwareTypes, ArpOperations, MutableArpPacket};
use pnet_packet::ethernet::{EtherType, EtherTypes, MutableEthernetPacket};
use pnet_packet::icmp::{self, IcmpTypes, echo_request};
use pnet_packet::icmpv6::{self, Icmpv6Code, Icmpv6Types, MutableIcmpv6Packet};
use pnet_packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};
use pnet_packet::ipv4::{self, MutableIpv4Packet};
use pnet_packet::ipv6::MutableIpv6Packet;
use pnet_packet::udp::{self, MutableUdpPacket};
use pontoon_model::net::Mac;

use crate::probe_token::ProbeToken;

/// Length of an Ethernet header in bytes.
const ETHERNET: usize = 14;
/// Least length of an Ethernet frame without its check sequence (IEEE 802.3).
const SHORTEST: usize = 60;
const ARP: usize = 28;
const IPV4: usize = 20;
const IPV6: usize = 40;
const UDP: usize = 8;
const ICMP_ECHO: usize = 8;
/// The TTL of ordinary packets on Linux (`net.ipv4.ip_default_ttl`).
const TTL: u8 = 64;

/// The two ends of a frame.
#[derive(Clone, Copy, Debug)]
pub struct FrameAddresses {
    /// MAC address of our link.
    pub from_mac: Mac,
    /// The MAC it goes to.
    pub to_mac: Mac,
    /// Our address on that link.
    pub from: IpAddr,
    /// The address it goes to.
    pub to: IpAddr,
}

/// An ARP request (RFC 826) with the token in its padding. A `from` of 0.0.0.0 makes it an ARP
/// probe (RFC 5227, section 1.1).
#[must_use]
pub fn arp_request(
    from_mac: Mac,
    to_mac: Mac,
    from: Ipv4Addr,
    target: Ipv4Addr,
    token: Option<&ProbeToken>,
) -> Vec<u8> {
    let mut frame = ethernet(SHORTEST, from_mac, to_mac, EtherTypes::Arp);
    if let Some(mut arp) = MutableArpPacket::new(&mut frame[ETHERNET..]) {
        arp.set_hardware_type(ArpHardwareTypes::Ethernet);
        arp.set_protocol_type(EtherTypes::Ipv4);
        arp.set_hw_addr_len(6);
        arp.set_proto_addr_len(4);
        arp.set_operation(ArpOperations::Request);
        arp.set_sender_hw_addr(pnet(from_mac));
        arp.set_sender_proto_addr(from);
        arp.set_target_proto_addr(target);
    }
    if let Some(token) = token {
        frame[ETHERNET + ARP..][..ProbeToken::LEN].copy_from_slice(&token.encode());
    }
    frame
}

/// A neighbour solicitation (RFC 4861, section 4.3) with the token in a nonce option (RFC 3971,
/// section 5.3.2), which receivers ignore here. Returns none when an address is not IPv6.
#[must_use]
pub fn solicitation(
    ends: &FrameAddresses,
    target: Ipv6Addr,
    token: &ProbeToken,
) -> Option<Vec<u8>> {
    const SOLICITATION: usize = 24;
    const LINK_LAYER_OPTION: usize = 8;
    /// Two bytes of header, 18 of token, 4 of padding: a multiple of eight.
    const NONCE_OPTION: usize = 24;
    let (IpAddr::V6(from), IpAddr::V6(to)) = (ends.from, ends.to) else { return None };
    let length = SOLICITATION + LINK_LAYER_OPTION + NONCE_OPTION;
    let mut message = vec![0; length];
    message[8..24].copy_from_slice(&target.octets());
    message[24..26].copy_from_slice(&[1, 1]);
    message[26..32].copy_from_slice(&ends.from_mac.0);
    message[32..34].copy_from_slice(&[14, 3]);
    message[34..34 + ProbeToken::LEN].copy_from_slice(&token.encode());
    let mut packet = MutableIcmpv6Packet::new(&mut message)?;
    packet.set_icmpv6_type(Icmpv6Types::NeighborSolicit);
    packet.set_icmpv6_code(Icmpv6Code(0));
    let sum = icmpv6::checksum(&packet.to_immutable(), &from, &to);
    packet.set_checksum(sum);
    // RFC 4861, section 7.1.1: a hop limit below 255 means that it came through a router.
    Some(ip_frame(ends, IpNextHeaderProtocols::Icmpv6, 255, &message))
}

/// A UDP datagram.
#[must_use]
pub fn udp(ends: &FrameAddresses, from_port: u16, to_port: u16, payload: &[u8]) -> Vec<u8> {
    let mut message = vec![0; UDP + payload.len()];
    message[UDP..].copy_from_slice(payload);
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    if let Some(mut packet) = MutableUdpPacket::new(&mut message) {
        packet.set_source(from_port);
        packet.set_destination(to_port);
        packet.set_length(length);
        let sum = match (ends.from, ends.to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                udp::ipv4_checksum(&packet.to_immutable(), &from, &to)
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                udp::ipv6_checksum(&packet.to_immutable(), &from, &to)
            }
            // RFC 768: zero means that there is none. Mixed families are not sent by anybody.
            _ => 0,
        };
        packet.set_checksum(sum);
    }
    ip_frame(ends, IpNextHeaderProtocols::Udp, TTL, &message)
}

/// An ICMP echo request (RFC 792, RFC 4443).
#[must_use]
pub fn echo(ends: &FrameAddresses, identifier: u16, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut message = vec![0; ICMP_ECHO + payload.len()];
    message[4..6].copy_from_slice(&identifier.to_be_bytes());
    message[6..8].copy_from_slice(&sequence.to_be_bytes());
    message[ICMP_ECHO..].copy_from_slice(payload);
    if let (IpAddr::V6(from), IpAddr::V6(to)) = (ends.from, ends.to) {
        if let Some(mut packet) = MutableIcmpv6Packet::new(&mut message) {
            packet.set_icmpv6_type(Icmpv6Types::EchoRequest);
            let sum = icmpv6::checksum(&packet.to_immutable(), &from, &to);
            packet.set_checksum(sum);
        }
        return ip_frame(ends, IpNextHeaderProtocols::Icmpv6, TTL, &message);
    }
    if let Some(mut packet) = echo_request::MutableEchoRequestPacket::new(&mut message) {
        packet.set_icmp_type(IcmpTypes::EchoRequest);
    }
    if let Some(mut packet) = icmp::MutableIcmpPacket::new(&mut message) {
        let sum = icmp::checksum(&packet.to_immutable());
        packet.set_checksum(sum);
    }
    ip_frame(ends, IpNextHeaderProtocols::Icmp, TTL, &message)
}

fn ip_frame(
    ends: &FrameAddresses,
    protocol: IpNextHeaderProtocol,
    ttl: u8,
    message: &[u8],
) -> Vec<u8> {
    let (header, kind) = match ends.to {
        IpAddr::V4(_) => (IPV4, EtherTypes::Ipv4),
        IpAddr::V6(_) => (IPV6, EtherTypes::Ipv6),
    };
    let length = (ETHERNET + header + message.len()).max(SHORTEST);
    let mut frame = ethernet(length, ends.from_mac, ends.to_mac, kind);
    let packet = &mut frame[ETHERNET..];
    match (ends.from, ends.to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            if let Some(mut ip) = MutableIpv4Packet::new(packet) {
                ip.set_version(4);
                ip.set_header_length(5);
                ip.set_total_length(u16::try_from(IPV4 + message.len()).unwrap_or(u16::MAX));
                // Don't Fragment: then the identification may be zero (RFC 6864, section 4.1).
                ip.set_flags(0b010);
                ip.set_ttl(ttl);
                ip.set_next_level_protocol(protocol);
                ip.set_source(from);
                ip.set_destination(to);
                let sum = ipv4::checksum(&ip.to_immutable());
                ip.set_checksum(sum);
            }
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            if let Some(mut ip) = MutableIpv6Packet::new(packet) {
                ip.set_version(6);
                ip.set_payload_length(u16::try_from(message.len()).unwrap_or(u16::MAX));
                ip.set_next_header(protocol);
                ip.set_hop_limit(ttl);
                ip.set_source(from);
                ip.set_destination(to);
            }
        }
        _ => {}
    }
    frame[ETHERNET + header..][..message.len()].copy_from_slice(message);
    frame
}

fn ethernet(length: usize, from: Mac, to: Mac, kind: EtherType) -> Vec<u8> {
    let mut frame = vec![0; length];
    if let Some(mut ethernet) = MutableEthernetPacket::new(&mut frame) {
        ethernet.set_source(pnet(from));
        ethernet.set_destination(pnet(to));
        ethernet.set_ethertype(kind);
    }
    frame
}

fn pnet(mac: Mac) -> MacAddr {
    mac.0.into()
}
