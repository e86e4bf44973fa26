use super::*;
use crate::attribute::push_attribute;
use crate::recorded::{RecordedKernel, fixture};
use crate::uapi::neighbour::{NUD_DELAY, NUD_PERMANENT, NUD_PROBE, NUD_REACHABLE, NUD_STALE};
use crate::uapi::netlink::{AF_INET, NETLINK_ROUTE};
use proptest::prelude::*;

fn names() -> LinkNames {
    LinkNames::from([(2, "eth0".parse().unwrap()), (3, "wlan0".parse().unwrap())])
}

#[test]
fn neighbours_without_arp_are_nobody() {
    let entry = |state: u16| {
        let mut body = vec![AF_INET, 0, 0, 0, 2, 0, 0, 0];
        body.extend(state.to_ne_bytes());
        body.extend([0, 1]);
        push_attribute(&mut body, NDA_DST, &[10, 0, 0, 9]);
        push_attribute(&mut body, NDA_LLADDR, &[2, 0, 0, 0, 0, 9]);
        parse_neighbour(&body, &names())
    };
    assert_eq!(entry(2).unwrap().address.to_string(), "10.0.0.9");
    assert!(entry(NUD_NOARP).is_none());
}

#[test]
fn only_a_known_hardware_address_is_an_answer() {
    let eth0: IfName = "eth0".parse().unwrap();
    let address: IpAddr = "10.0.0.9".parse().unwrap();
    let (nud_incomplete, nud_failed) = (0x01, 0x20);
    let table = [
        (0, false),
        (nud_incomplete, false),
        (nud_failed, false),
        (NUD_REACHABLE, true),
        (NUD_STALE, true),
        (NUD_DELAY, true),
        (NUD_PROBE, true),
        (NUD_PERMANENT, true),
    ];
    for (state, answered) in table {
        let known = [Neighbour { link: eth0.clone(), address, mac: None, state }];
        assert_eq!(has_answered(&known, &eth0, address), answered, "{state:#x}");
        assert!(!has_answered(&known, &"wlan0".parse().unwrap(), address));
        assert!(!has_answered(&known, &eth0, "10.0.0.8".parse().unwrap()));
    }
}

#[test]
fn a_real_kernels_neighbours_are_understood() {
    let answer = std::fs::read(fixture("neighbours4.bin")).unwrap();
    let kernel =
        RecordedKernel::default().answering(NETLINK_ROUTE, RTM_GETNEIGH, &[AF_INET], [answer]);
    let names: LinkNames = [(3, "wlan0".parse().unwrap()), (4, "br0".parse().unwrap())].into();
    let found = neighbours(&kernel, IpFamily::V4, &names).unwrap().entries;
    assert!(found.iter().any(|n| n.mac == "02:00:00:00:00:09".parse().ok()), "{found:?}");
    assert!(neighbours(&kernel, IpFamily::V6, &names).is_err(), "this kernel has no IPv6");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        let _ = parse_neighbour(&bytes, &names());
    }
}
