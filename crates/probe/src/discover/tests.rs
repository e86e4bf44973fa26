use std::net::{IpAddr, Ipv4Addr};

use pontoon_model::net::Mac;
use pontoon_model::untrusted::Untrusted;

use super::mdns::MdnsAnnouncement;
use super::report::DiscoveredHost;
use super::sweep_results::{ADDRESSES_MAX, HOSTS_MAX, SweepResults};
use super::*;
use crate::frame::read::{FrameBody, ParsedFrame, read};
use crate::frame::write::{FrameAddresses, echo};

const OWN: Mac = Mac([2, 0xaa, 0, 0, 0, 1]);
const ECHO: u16 = 77;

pub(super) fn target(networks: &[&str]) -> SweepTarget {
    SweepTarget {
        link: "eth0".parse().unwrap(),
        index: 2,
        mac: OWN,
        networks: networks.iter().map(|text| text.parse().unwrap()).collect(),
        link_local: Some("fe80::1".parse().unwrap()),
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn mac(last: u8) -> Mac {
    Mac([0xb8, 0x27, 0xeb, 0, 0, last])
}

fn arp(from: Mac, address: &str) -> ParsedFrame<'static> {
    let sender = address.parse().unwrap();
    let body = FrameBody::ArpReply { sender_mac: from, sender };
    ParsedFrame { to_mac: OWN, from_mac: from, body }
}

fn claim(from: &str, address: &str, name: &str) -> MdnsAnnouncement {
    MdnsAnnouncement { from: ip(from), address: ip(address), name: Untrusted::new(name) }
}

fn found(frames: &[ParsedFrame<'_>], claims: &[MdnsAnnouncement]) -> Vec<DiscoveredHost> {
    let mut found = SweepResults::new(ECHO);
    let target = target(&["10.0.0.1/24"]);
    for frame in frames {
        found.take(frame, &target);
    }
    found.claim(claims.to_vec());
    found.neighbours()
}

#[test]
fn answers_of_all_kinds_make_one_host() {
    let ends =
        FrameAddresses { from_mac: mac(2), to_mac: OWN, from: ip("fe80::2"), to: ip("fe80::1") };
    let mut reply = echo(&ends, ECHO, 1, b"x");
    reply[54] = 129;
    let frames = [arp(mac(3), "10.0.0.3"), read(&reply).unwrap(), arp(mac(2), "10.0.0.2")];
    let claims = [claim("10.0.0.2", "fe80::2", "pi2"), claim("10.0.0.2", "10.0.0.2", "pi2")];
    let all = found(&frames, &claims);
    let [first, second] = &all[..] else { panic!("{all:?}") };
    assert_eq!(first.addresses, [ip("10.0.0.2"), ip("fe80::2")]);
    assert_eq!(first.names, [Untrusted::new("pi2")]);
    assert_eq!(first.vendor.as_deref(), Some("Raspberry Pi"));
    assert_eq!((second.mac, second.names.len()), (mac(3), 0));
}

#[test]
fn who_asks_others_is_there_too() {
    let body = FrameBody::ArpRequest {
        sender: Ipv4Addr::new(10, 0, 0, 9),
        target: Ipv4Addr::new(10, 0, 0, 1),
        padding: &[],
    };
    let all = found(&[ParsedFrame { to_mac: Mac::BROADCAST, from_mac: mac(9), body }], &[]);
    assert_eq!(all[0].addresses, [ip("10.0.0.9")]);
}

#[test]
fn what_cannot_be_a_host_of_this_link_is_left() {
    let asking = |sender: &str| {
        let body = FrameBody::ArpRequest {
            sender: sender.parse().unwrap(),
            target: Ipv4Addr::new(10, 0, 0, 1),
            padding: &[],
        };
        ParsedFrame { to_mac: OWN, from_mac: mac(2), body }
    };
    let foreign =
        FrameAddresses { from_mac: mac(2), to_mac: OWN, from: ip("fe80::2"), to: ip("fe80::1") };
    let mut foreign = echo(&foreign, ECHO + 1, 1, b"x");
    foreign[54] = 129;
    let frames = [
        arp(mac(2), "192.168.1.2"),
        arp(mac(2), "10.0.0.1"),
        arp(OWN, "10.0.0.2"),
        arp(Mac::BROADCAST, "10.0.0.2"),
        arp(Mac::ZERO, "10.0.0.2"),
        // An ARP probe has no sender yet (RFC 5227).
        asking("0.0.0.0"),
        read(&foreign).unwrap(),
    ];
    assert!(found(&frames, &[]).is_empty());
}

#[test]
fn a_name_is_taken_from_the_host_itself_only() {
    let frames = [arp(mac(2), "10.0.0.2"), arp(mac(3), "10.0.0.3")];
    let claims = [claim("10.0.0.3", "10.0.0.2", "evil"), claim("10.0.0.9", "10.0.0.2", "evil")];
    assert!(found(&frames, &claims).iter().all(|host| host.names.is_empty()));
}

#[test]
fn an_address_that_two_claim_is_said_of_both() {
    let all = found(&[arp(mac(2), "10.0.0.2"), arp(mac(3), "10.0.0.2")], &[]);
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|host| host.claimed_by_others == [ip("10.0.0.2")]), "{all:?}");
}

#[test]
fn a_flood_has_an_end() {
    let mut many = SweepResults::new(ECHO);
    let target = target(&["10.0.0.1/8"]);
    for nth in 0..20_000_u16 {
        let [high, low] = nth.to_be_bytes();
        let address = format!("10.1.{high}.{low}");
        many.take(&arp(Mac([2, 0, 0, 0, high, low]), &address), &target);
        many.take(&arp(Mac([2, 0, 0, 0, 0, 0]), &address), &target);
    }
    let all = many.neighbours();
    assert_eq!(all.len(), HOSTS_MAX);
    let router = all.iter().find(|host| host.mac == Mac([2, 0, 0, 0, 0, 0])).unwrap();
    assert_eq!(router.addresses.len(), ADDRESSES_MAX);
    assert!(router.more_addresses > 1000);
}

#[test]
fn large_networks_are_named_and_not_swept() {
    let target = target(&["10.0.0.1/24", "169.254.3.4/16"]);
    assert_eq!(target.swept().count(), 1);
    assert_eq!(target.skipped().map(|net| net.to_string()).collect::<Vec<_>>(), ["169.254.3.4/16"]);
    assert!(target.covers(ip("169.254.9.9")));
    assert_eq!(target.source("10.0.0.7".parse().unwrap()), Some(Ipv4Addr::new(10, 0, 0, 1)));
}
