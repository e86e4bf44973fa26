use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use pontoon_model::net::Mac;
use proptest::prelude::*;

use super::read::{FrameBody, QuotedPacket, read};
use super::write::{self, FrameAddresses};
use crate::probe_token::{self, AgentKeys, ProbeToken, TokenHeader};
use crate::run_key::RunKey;

const A: Mac = Mac([2, 0xaa, 0, 0, 0, 0xa]);
const B: Mac = Mac([2, 0xaa, 0, 0, 0, 0xb]);

fn ends(from: &str, to: &str) -> FrameAddresses {
    FrameAddresses { from_mac: A, to_mac: B, from: from.parse().unwrap(), to: to.parse().unwrap() }
}

fn token() -> ProbeToken {
    let header = TokenHeader { sender: 1, link: 2, code: 3, is_answer: false, round: 3 };
    ProbeToken::new(
        header,
        &AgentKeys { run: RunKey::from_bytes([1; 32]), own: RunKey::from_bytes([2; 32]) },
    )
}

#[test]
fn an_arp_request_carries_its_token_in_the_padding() {
    let (from, target) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
    let bytes = write::arp_request(A, Mac::BROADCAST, from, target, Some(&token()));
    let frame = read(&bytes).unwrap();
    assert_eq!((frame.from_mac, frame.to_mac, bytes.len()), (A, Mac::BROADCAST, 60));
    let FrameBody::ArpRequest { sender, target: asked, padding } = frame.body else { panic!() };
    assert_eq!((sender, asked), (from, target));
    assert_eq!(ProbeToken::decode(padding, &RunKey::from_bytes([1; 32])), Some(token()));
}

#[test]
fn a_solicitation_carries_its_token_in_the_nonce() {
    let ends = ends("fe80::1", "ff02::1:ff00:2");
    let bytes = write::solicitation(&ends, "fe80::2".parse().unwrap(), &token()).unwrap();
    let FrameBody::Solicitation { target, nonce, .. } = read(&bytes).unwrap().body else {
        panic!()
    };
    assert_eq!(target.to_string(), "fe80::2");
    assert_eq!(ProbeToken::decode(nonce, &RunKey::from_bytes([1; 32])), Some(token()));
}

#[test]
fn datagrams_and_echoes_read_as_written() {
    let payload = probe_token::payload(&token());
    for (from, to) in [("10.0.0.1", "10.0.0.2"), ("fe80::1", "fe80::2")] {
        let ends = ends(from, to);
        let bytes = write::udp(&ends, 4000, 5000, &payload);
        let expected = FrameBody::Udp {
            from: SocketAddr::new(ends.from, 4000),
            to: SocketAddr::new(ends.to, 5000),
            ttl: 64,
            packet_bytes: if ends.from.is_ipv4() { 28 } else { 48 }
                + u32::try_from(payload.len()).unwrap(),
            payload: &payload,
        };
        assert_eq!(read(&bytes).unwrap().body, expected);
        let bytes = write::echo(&ends, 77, 1, &payload);
        let FrameBody::Echo { is_reply, identifier, payload: carried, .. } =
            read(&bytes).unwrap().body
        else {
            panic!()
        };
        assert_eq!((is_reply, identifier, carried), (false, 77, &payload[..]));
    }
}

#[test]
fn an_icmp_error_names_the_packet_it_is_about() {
    let probe = write::udp(&ends("10.0.0.1", "10.0.0.2"), 4000, 5000, b"x");
    let mut message = vec![3, 13, 0, 0, 0, 0, 0, 0];
    message.extend_from_slice(&probe[14..14 + 28]);
    let mut bytes = write::echo(&ends("10.0.0.9", "10.0.0.1"), 0, 0, &message[8..]);
    bytes[34..42].copy_from_slice(&message[..8]);
    let FrameBody::IcmpError { from, kind, code, about } = read(&bytes).unwrap().body else {
        panic!()
    };
    assert_eq!((from, kind, code), (IpAddr::from([10, 0, 0, 9]), 3, 13));
    assert_eq!(about, QuotedPacket::Udp { from_port: 4000 });
}

#[test]
fn a_checksum_that_the_kernel_takes_is_written() {
    // RFC 1071: the sum over a header with a right checksum is all ones.
    let bytes = write::udp(&ends("10.0.0.1", "10.0.0.2"), 1, 2, b"odd");
    let sum = bytes[14..34]
        .chunks(2)
        .fold(0u32, |sum, pair| sum + u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_damaged_probe_is_read_without_harm(at in 0usize..80, value: u8, cut in 0usize..90) {
        let payload = probe_token::payload(&token());
        for (from, to) in [("10.0.0.1", "10.0.0.2"), ("fe80::1", "fe80::2")] {
            let mut bytes = write::udp(&ends(from, to), 4000, 5000, &payload);
            if let Some(byte) = bytes.get_mut(at) { *byte = value; }
            bytes.truncate(cut.min(bytes.len()));
            let _ = read(&bytes);
        }
    }
}
