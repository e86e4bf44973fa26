use std::collections::BTreeMap;

use pontoon_model::net::IfName;

use super::*;
use crate::attribute::push_attribute;
use crate::recorded::recorded;
use crate::uapi::netlink::AF_INET;
use proptest::prelude::*;

fn names() -> LinkNames {
    BTreeMap::from([(2, "eth0".parse().unwrap()), (3, "wlan0".parse().unwrap())])
}

fn message(head: [u8; 8], flags: u32, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = head.to_vec();
    body.extend(flags.to_ne_bytes());
    for (kind, value) in attributes {
        push_attribute(&mut body, *kind, value);
    }
    body
}

const DEFAULT: [u8; 8] = [AF_INET, 0, 0, 0, 254, 16, 0, 1];

#[test]
fn a_default_route_has_no_destination_attribute() {
    let body = message(
        DEFAULT,
        0,
        &[
            (RTA_OIF, &3_u32.to_ne_bytes()),
            (RTA_GATEWAY, &[10, 80, 0, 1]),
            (RTA_PRIORITY, &600_u32.to_ne_bytes()),
        ],
    );
    let [route] = parse_route(&body, &names()).try_into().unwrap();
    assert!(route.is_default() && route.table == Route::MAIN && route.metric == 600);
    assert_eq!(route.link.unwrap().as_str(), "wlan0");
    assert_eq!(route.gateway, "10.80.0.1".parse().ok());
}

#[test]
fn each_next_hop_becomes_a_route_and_a_cut_one_none() {
    let mut hops = Vec::new();
    for (index, last, flags) in [(2_u32, 1, 0), (3, 2, 1)] {
        let mut hop = vec![16, 0, flags, 0];
        hop.extend(index.to_ne_bytes());
        push_attribute(&mut hop, RTA_GATEWAY, &[10, 0, 0, last]);
        hops.extend(hop);
    }
    let routes = parse_route(&message(DEFAULT, 0, &[(RTA_MULTIPATH, &hops)]), &names());
    let seen: Vec<_> = routes.iter().map(|r| (r.gateway.unwrap().to_string(), r.flags)).collect();
    assert_eq!(seen, [("10.0.0.1".to_owned(), 0), ("10.0.0.2".to_owned(), 1)]);
    hops.truncate(20);
    let routes = parse_route(&message(DEFAULT, 0, &[(RTA_MULTIPATH, &hops)]), &names());
    assert_eq!(routes.len(), 1);
}

#[test]
fn a_gateway_may_be_of_the_other_family() {
    let mut value = vec![10, 0];
    value.extend([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    let [route] =
        parse_route(&message(DEFAULT, 0, &[(RTA_VIA, &value)]), &names()).try_into().unwrap();
    assert_eq!(route.gateway, "fe80::1".parse().ok());
}

#[test]
fn what_is_no_configuration_or_nonsense_is_left_out() {
    let table = [
        ("cached", message(DEFAULT, RTM_F_CLONED, &[])),
        ("longer than its address", message([AF_INET, 33, 0, 0, 254, 2, 0, 1], 0, &[])),
        ("another family", message([7, 0, 0, 0, 254, 2, 0, 1], 0, &[])),
        ("cut", DEFAULT.to_vec()),
    ];
    for (why, body) in table {
        assert!(parse_route(&body, &names()).is_empty(), "{why}");
    }
}

#[test]
fn tables_beyond_255_are_in_an_attribute() {
    let body = message(DEFAULT, 0, &[(RTA_TABLE, &51820_u32.to_ne_bytes())]);
    assert_eq!(parse_route(&body, &names())[0].table, 51820);
}

#[test]
fn kinds_of_routes() {
    for (number, kind) in [
        (1, RouteKind::Unicast),
        (2, RouteKind::Local),
        (3, RouteKind::Other),
        (6, RouteKind::Refuse),
        (7, RouteKind::Refuse),
        (8, RouteKind::Refuse),
        (9, RouteKind::Other),
    ] {
        assert_eq!(route_kind(number), kind, "{number}");
    }
}

#[test]
fn a_real_kernels_routes_are_understood() {
    let names: LinkNames = [(1, "lo"), (2, "peer0"), (3, "wlan0"), (4, "br0")]
        .map(|(index, name)| (index, name.parse().unwrap()))
        .into();
    let read = |file| -> Vec<Route> {
        recorded(file).iter().flat_map(|body| parse_route(body, &names)).collect()
    };
    let show = |route: &Route| {
        let link = route.link.as_ref().map_or("-", IfName::as_str);
        let gateway = route.gateway.map_or("-".to_owned(), |gateway| gateway.to_string());
        format!("{} {gateway} {link} {} {:?}", route.destination, route.table, route.kind)
    };
    let shown: Vec<_> = read("routes4.bin").iter().map(show).collect();
    assert_eq!(
        shown[..7],
        [
            "10.11.0.0/16 fe80::9 wlan0 51820 Unicast",
            "0.0.0.0/0 10.80.0.1 wlan0 254 Unicast",
            "10.0.0.0/24 - br0 254 Unicast",
            "10.9.0.0/16 10.80.0.2 wlan0 254 Unicast",
            "10.9.0.0/16 10.0.0.2 br0 254 Unicast",
            "10.10.0.0/16 - - 254 Refuse",
            "10.80.0.0/24 - wlan0 254 Unicast",
        ]
    );
    assert!(read("routes6.bin").iter().any(|r| show(r) == "fd00::/64 - wlan0 254 Unicast"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(
        family in prop::sample::select(vec![2_u8, 10, 0]), mut bytes: Vec<u8>,
    ) {
        bytes.insert(0, family);
        let _ = parse_route(&bytes, &names());
        let route = parse_route(&message(DEFAULT, 0, &[]), &names()).remove(0);
        let _ = next_hops(&route, &bytes, &names());
    }
}
