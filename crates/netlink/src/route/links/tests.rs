use super::*;
use crate::recorded::{RecordedKernel, fixture};
use crate::route::addresses::{addresses, give_addresses};
use crate::uapi::netlink::NETLINK_ROUTE;
use crate::uapi::rtnetlink::RTM_GETADDR;
use proptest::prelude::*;

fn link_message(device: u16, flags: u32, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = vec![0, 0];
    body.extend(device.to_ne_bytes());
    body.extend(7_u32.to_ne_bytes());
    body.extend(flags.to_ne_bytes());
    body.extend([0; 4]);
    for (kind, value) in attributes {
        push_attribute(&mut body, *kind, value);
    }
    body
}

fn nest(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    push_attribute(&mut body, kind, value);
    body
}

#[test]
fn a_link_is_read_with_its_sysctls() {
    let conf: Vec<u8> = (1_u32..=19).flat_map(u32::to_ne_bytes).collect();
    let spec = nest(2, &nest(1, &conf));
    let body = link_message(
        1,
        IFF_UP | IFF_LOWER_UP,
        &[
            (IFLA_IFNAME, b"eth0\0"),
            (IFLA_ADDRESS, &[2, 0, 0, 0, 0, 9]),
            (IFLA_MTU, &1400_u32.to_ne_bytes()),
            (IFLA_AF_SPEC, &spec),
        ],
    );
    let link = parse_link(&body).unwrap().unwrap();
    assert_eq!((link.name.as_str(), link.index, link.mtu), ("eth0", 7, 1400));
    assert!(link.is_usable() && link.kind == LinkKind::Ethernet);
    assert_eq!(link.mac.unwrap().to_string(), "02:00:00:00:00:09");
    assert_eq!(link.sysctls.rp_filter, Some(8));
    assert_eq!(link.sysctls.arp_ignore, Some(19));
    assert_eq!(link.sysctls.proxy_arp, Some(3));
}

#[test]
fn an_older_kernel_with_fewer_switches_leaves_the_rest_unknown() {
    let conf: Vec<u8> = (1_u32..=8).flat_map(u32::to_ne_bytes).collect();
    let sysctls = parse_af_spec(&nest(2, &nest(1, &conf)));
    assert_eq!((sysctls.rp_filter, sysctls.arp_ignore), (Some(8), None));
    assert_eq!(parse_af_spec(&[1, 2, 3]), LinkSysctls::default());
}

#[test]
fn a_link_is_usable_only_with_a_carrier() {
    const IFF_RUNNING: u32 = 1 << 6;
    for (flags, is_up, has_carrier) in [
        (IFF_UP | IFF_LOWER_UP, true, true),
        (IFF_UP | IFF_RUNNING, true, false),
        (IFF_LOWER_UP, false, true),
        (0, false, false),
    ] {
        let body = link_message(1, flags, &[(IFLA_IFNAME, b"eth0\0")]);
        let link = parse_link(&body).unwrap().unwrap();
        assert_eq!((link.is_up, link.has_carrier), (is_up, has_carrier), "{flags:#x}");
    }
}

#[test]
fn kinds_are_told_apart() {
    let table: [(&[u8], u16, LinkKind); 10] = [
        (b"", 772, LinkKind::Loopback),
        (b"", 1, LinkKind::Ethernet),
        (b"veth", 1, LinkKind::Veth),
        (b"bridge", 1, LinkKind::Bridge),
        (b"vxlan", 1, LinkKind::Tunnel),
        (b"tun", 65534, LinkKind::Tunnel),
        (b"wireguard", 65534, LinkKind::Tunnel),
        (b"vlan", 1, LinkKind::Ethernet),
        (b"dummy", 1, LinkKind::Other),
        (b"", 32, LinkKind::Other),
    ];
    for (info, device, kind) in table {
        assert_eq!(kind_of(device, info), kind, "{info:?} {device}");
    }
}

#[test]
fn a_name_that_could_move_a_cursor_is_refused_but_told() {
    let body = link_message(1, 0, &[(IFLA_IFNAME, b"\x1b[2J\0")]);
    let name = parse_link(&body).unwrap().unwrap_err();
    assert_eq!(name.to_string(), "\\u{1b}[2J");
}

#[test]
fn a_real_kernels_links_and_addresses_are_understood() {
    let answer = |name| std::fs::read(fixture(name)).unwrap();
    let kernel = RecordedKernel::default()
        .answering(NETLINK_ROUTE, RTM_GETLINK, &[], [answer("links.bin")])
        .answering(NETLINK_ROUTE, RTM_GETADDR, &[], [answer("addresses.bin")]);
    let mut links = named_links(&kernel).unwrap();
    give_addresses(&mut links, addresses(&kernel).unwrap().entries);
    let shown: Vec<_> = links.iter().map(|link| (link.name.as_str(), link.kind)).collect();
    assert_eq!(
        shown,
        [
            ("lo", LinkKind::Loopback),
            ("peer0", LinkKind::Veth),
            ("wlan0", LinkKind::Veth),
            ("br0", LinkKind::Bridge),
            ("vx0", LinkKind::Tunnel),
            ("tun0", LinkKind::Tunnel),
        ]
    );
    let [_, peer, wlan, bridge, _, tun] = links.try_into().unwrap();
    assert_eq!((peer.master, wlan.master), (Some(bridge.index), None));
    assert_eq!(wlan.mac.unwrap().to_string(), "02:00:00:00:00:0b");
    assert_eq!((wlan.sysctls.rp_filter, wlan.sysctls.arp_ignore), (Some(2), Some(1)));
    assert!(wlan.is_usable() && !tun.is_up && tun.mac.is_none());
    let prefixes: Vec<_> = wlan.addresses.iter().map(|a| a.prefix.to_string()).collect();
    assert_eq!(prefixes[..2], ["10.80.0.11/24", "fd00::1/64"]);
    assert!(wlan.addresses[0].valid_s.is_some() && wlan.addresses[1].valid_s.is_none());
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        let _ = parse_link(&bytes);
    }
}
