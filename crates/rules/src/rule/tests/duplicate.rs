//! MAC addresses and node addresses that two hosts have.

use super::fixture::ProbeFate::{Answered, Lost};
use super::fixture::{TestFacts, address, ip, route, seen};
use pontoon_model::code;
use pontoon_model::net::Mac;
use pontoon_model::observation::{Observation, ObservedEvent, ProbeAnswer, ProbeKind};
use pontoon_model::snapshot::LinkKind;
use pontoon_model::untrusted::Untrusted;

/// pi2's link has the MAC of pi1's wlan0.
fn one_mac(link: &str) -> TestFacts {
    let mut bench = TestFacts::of(2);
    let mac = bench.link("pi1", "wlan0").mac;
    bench.link("pi2", link).mac = mac;
    bench
}

fn one_kernel(bench: &mut TestFacts) {
    for host in ["pi1", "pi2"] {
        bench.host(host).snapshot.identity.boot_id = Some(Untrusted::new("b"));
    }
}

#[test]
fn one_mac_on_two_hosts_is_told() {
    assert_eq!(one_mac("wlan0").found(), ["duplicate-mac pi1>pi2@wlan0 confirmed"]);
    assert_eq!(one_mac("eth0").found(), ["duplicate-mac pi1>pi2@wlan0 likely"]);
    // Two namespaces of one machine need two MACs just the same.
    let mut namespaces = one_mac("wlan0");
    one_kernel(&mut namespaces);
    assert_eq!(namespaces.found(), ["duplicate-mac pi1>pi2@wlan0 confirmed"]);
    // Locally administered or not makes no difference.
    let mut vendor = TestFacts::wifi_only(2);
    for host in ["pi1", "pi2"] {
        vendor.link(host, "wlan0").mac = Some(Mac([0xdc, 0xa6, 0x32, 1, 2, 3]));
    }
    assert_eq!(vendor.found(), ["duplicate-mac pi1>pi2@wlan0 confirmed"]);
}

#[test]
fn macs_that_are_alike_for_a_reason_are_not() {
    let edits: [(&str, fn(&mut TestFacts)); 6] = [
        ("a container bridge", |bench| {
            for host in ["pi1", "pi2"] {
                bench.link(host, "wlan0").name = super::fixture::link_name("docker0");
            }
        }),
        ("a tunnel", |bench| bench.link("pi2", "wlan0").kind = LinkKind::Tunnel),
        ("a port of a bridge", |bench| bench.link("pi2", "wlan0").master = Some(9)),
        ("switched off", |bench| bench.link("pi2", "wlan0").is_up = false),
        ("none", |bench| {
            bench.link("pi1", "wlan0").mac = None;
            bench.link("pi2", "wlan0").mac = None;
        }),
        ("its own VLAN", |bench| {
            bench.link("pi2", "wlan0").mac = Some(Mac([2, 0xaa, 0, 0, 2, 1]));
        }),
    ];
    for (case, edit) in edits {
        let mut bench = one_mac("wlan0");
        edit(&mut bench);
        let doubled =
            bench.found().iter().any(|found| found.starts_with(code::DUPLICATE_MAC.as_str()));
        assert!(!doubled, "{case}: {:?}", bench.found());
    }
    // One host under two names.
    let mut twice = TestFacts::wifi_only(2);
    twice.host("pi2").snapshot = twice.host("pi1").snapshot.clone();
    one_kernel(&mut twice);
    assert!(twice.found().is_empty(), "{:?}", twice.found());
}

#[test]
fn one_mac_explains_what_does_not_arrive_on_that_link_only() {
    let mut bench = one_mac("wlan0");
    bench.controls(&["pi1", "pi2"], 1..=10).both(("pi1", "pi2"), "wlan0", 1..=10, Lost);
    bench.both(("pi1", "pi2"), "eth0", 1..=10, Lost);
    let found = bench.found();
    assert!(found.contains(&"duplicate-mac pi1>pi2@wlan0 confirmed".to_owned()), "{found:?}");
    assert!(found.iter().any(|found| found.starts_with("client-isolation pi1>pi2@eth0")));
    assert!(!found.iter().any(|found| found.starts_with("client-isolation pi1>pi2@wlan0")));
}

/// Two virtual machines, each behind a NAT of its own, and a network between them.
fn virtualbox() -> TestFacts {
    let mut bench = TestFacts::of(2);
    for host in ["pi1", "pi2"] {
        bench.link(host, "wlan0").addresses = vec![address("10.0.2.15/24")];
        bench.host(host).snapshot.routes[0] = route("0.0.0.0/0", Some("10.0.2.2"), "wlan0");
    }
    bench
}

#[test]
fn one_node_address_on_two_hosts_is_told() {
    let bench = virtualbox();
    assert_eq!(bench.found(), ["duplicate-internal-ip pi1>pi2 confirmed"]);
    let remedies = bench.remedies(code::DUPLICATE_INTERNAL_IP);
    assert!(remedies[1].contains("on pi2: kubelet --node-ip=192.168.50.2"), "{remedies:?}");
    // Of namespaces, too, which have one kernel and two networks.
    let mut namespaces = virtualbox();
    one_kernel(&mut namespaces);
    assert_eq!(namespaces.found(), ["duplicate-internal-ip pi1>pi2 confirmed"]);
}

#[test]
fn addresses_that_kubernetes_does_not_take_may_be_alike() {
    // The default route leads over the other link.
    let mut other = virtualbox();
    for host in ["pi1", "pi2"] {
        other.host(host).snapshot.routes[0] = route("0.0.0.0/0", Some("192.168.50.254"), "eth0");
    }
    assert!(other.found().is_empty(), "{:?}", other.found());
    // Link-local addresses are not taken.
    let mut local = virtualbox();
    for host in ["pi1", "pi2"] {
        local.link(host, "wlan0").addresses = vec![address("169.254.1.1/16")];
    }
    assert!(local.found().is_empty(), "{:?}", local.found());
    // One host under two names.
    let mut twice = virtualbox();
    twice.host("pi2").snapshot = twice.host("pi1").snapshot.clone();
    one_kernel(&mut twice);
    assert!(twice.found().is_empty(), "{:?}", twice.found());
}

#[test]
fn in_one_network_the_doubled_address_itself_is_told() {
    let mut bench = TestFacts::wifi_only(2);
    bench.link("pi2", "wlan0").addresses = vec![address("172.20.5.1/16")];
    assert_eq!(bench.found(), ["duplicate-internal-ip pi1>pi2 confirmed"], "nobody was asked");
    // Only one of the two hears the other.
    let mut sent = seen("pi2", None, Some("wlan0"), 1, ObservedEvent::Sent, ProbeKind::OwnAddress);
    sent.address = Some(ip("172.20.5.1"));
    bench.see(Observation {
        direction: ObservedEvent::Answered,
        source_mac: Some(Mac([2, 0xaa, 0, 0, 1, 2])),
        answer: Some(ProbeAnswer::Reply),
        ..sent
    });
    assert_eq!(bench.found(), ["duplicate-address pi2@wlan0 confirmed"]);
}

#[test]
fn a_lent_node_address_is_noted() {
    let lent = |link: &str, left: Option<u32>| {
        let mut bench = TestFacts::of(1);
        bench.link("pi1", link).addresses[0].valid_s = left;
        bench.noted()
    };
    assert_eq!(lent("wlan0", Some(3600)), ["node-address-by-dhcp pi1@wlan0 confirmed"]);
    let nothing: [&str; 0] = [];
    assert_eq!(lent("wlan0", None), nothing);
    assert_eq!(lent("eth0", Some(3600)), nothing, "Kubernetes takes the other");
    // A router's advertisement always has a lifetime.
    let mut v6 = TestFacts::wifi_only(1);
    v6.link("pi1", "wlan0").addresses = vec![address("2001:db8::1/64")];
    v6.link("pi1", "wlan0").addresses[0].valid_s = Some(3600);
    v6.host("pi1").snapshot.routes = vec![route("::/0", Some("fe80::1"), "wlan0")];
    assert_eq!(v6.noted(), nothing);
    let mut fine = TestFacts::of(2);
    fine.both(("pi1", "pi2"), "eth0", 1..=3, Answered);
    assert_eq!(fine.noted(), nothing);
}
