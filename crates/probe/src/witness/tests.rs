//! What one who repeats packets of the run can do to a witness.

use super::*;
use crate::probe_token::{AgentKeys, TokenHeader, payload};
use std::net::Ipv4Addr;

const OWN_MAC: Mac = Mac([2, 0, 0, 0, 0, 1]);

fn keys(own: u8) -> AgentKeys {
    AgentKeys { run: RunKey::from_bytes([7; 32]), own: RunKey::from_bytes([own; 32]) }
}

fn witness() -> Witness {
    let identity = AgentIdentity {
        run: RunId(1),
        host: HostName::lossy("a"),
        number: 0,
        run_key: keys(0).run,
    };
    let mut witness = Witness::new(identity);
    let peer = |number: u16| SurveyPeer {
        number,
        host: HostName::lossy(&format!("b{number}")),
        links: vec!["eth0".parse().unwrap()],
        macs: Vec::new(),
        addresses: Vec::new(),
        gateways: Vec::new(),
    };
    witness.set_peers(vec![peer(1), peer(2)]);
    witness
}

/// A datagram of a host of the run, as it comes with this MAC and TTL from this address.
#[derive(Clone, Copy)]
struct Packet {
    sender: u16,
    round: u16,
    kind: &'static ProbeKind,
    to_port: u16,
    bytes: u32,
    from: u32,
    ttl: u8,
}

const PROBE: Packet =
    Packet { sender: 1, round: 1, kind: &ProbeKind::Udp, to_port: 9, bytes: 68, from: 2, ttl: 64 };

fn receive(witness: &mut Witness, packet: Packet) -> usize {
    let code = packet.kind.token_code().unwrap();
    let Packet { sender, round, .. } = packet;
    let header = TokenHeader { sender, link: 0, code, is_answer: false, round };
    let payload = payload(&ProbeToken::new(header, &keys(1)));
    let [a, b, c, d] = packet.from.to_be_bytes();
    let at = |last, port| SocketAddr::from((Ipv4Addr::new(10, b, c, last), port));
    let frame = ParsedFrame {
        from_mac: Mac([2, 0, a, b, c, d]),
        to_mac: OWN_MAC,
        body: FrameBody::Udp {
            from: at(d, 4000),
            to: at(1, packet.to_port),
            ttl: packet.ttl,
            packet_bytes: packet.bytes,
            payload: &payload,
        },
    };
    let (link, cast) = ("eth0".parse().unwrap(), FrameDestination::Unicast);
    witness.receive(RunInstant(u64::from(packet.from)), &link, OWN_MAC, cast, &frame).len()
}

#[test]
fn a_packet_repeated_with_other_addresses_hides_no_other() {
    let mut witness = witness();
    let mut kept = 0;
    for from in 0..60_000 {
        let ttl = u8::try_from(from % 200).unwrap();
        kept += receive(&mut witness, Packet { from, ttl, ..PROBE });
    }
    assert!((1..=4).contains(&kept), "{kept}");
    assert_eq!(receive(&mut witness, Packet { sender: 2, ..PROBE }), 1);
    assert_eq!(receive(&mut witness, Packet { round: 2, ..PROBE }), 1);
    assert_eq!(witness.lost(&"eth0".parse().unwrap()), 0);
}

#[test]
fn sizes_and_ports_are_no_way_to_fill_the_memory_either() {
    let mut witness = witness();
    witness.set_ports([Port { number: 8472, transport: TransportProtocol::Udp }]);
    let size = Packet { kind: &ProbeKind::Size { bytes: 0 }, ..PROBE };
    let sizes: usize =
        (64..9_000).map(|bytes| receive(&mut witness, Packet { bytes, ..size })).sum();
    assert!((20..=32).contains(&sizes), "{sizes}");
    let port = Packet { kind: &ProbeKind::UdpPort { port: 0 }, ..PROBE };
    let ports: usize =
        (1..65_535).map(|to_port| receive(&mut witness, Packet { to_port, ..port })).sum();
    assert_eq!(ports, 1, "only the port of the run");
}

#[test]
fn what_a_full_witness_does_not_keep_counts_as_lost() {
    let mut witness = witness();
    let rounds = || (0..u16::MAX).map(|round| Packet { round, ..PROBE });
    let kept: usize = rounds().map(|packet| receive(&mut witness, packet)).sum();
    let eth0: IfName = "eth0".parse().unwrap();
    let lost = usize::try_from(witness.lost(&eth0)).unwrap();
    assert!(kept > 10_000 && lost > 0, "{kept}, {lost}");
    assert_eq!(kept + lost, usize::from(u16::MAX));
    // What it has on record already is no loss.
    assert_eq!(receive(&mut witness, Packet { round: 5, ..PROBE }), 0);
    assert_eq!(usize::try_from(witness.lost(&eth0)).unwrap(), lost);
    assert_eq!(witness.lost(&"wlan0".parse().unwrap()), 0);
}
