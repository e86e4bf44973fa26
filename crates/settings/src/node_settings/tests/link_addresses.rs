//! A link with several addresses.

use serde::Serialize;
use serde_json::json;

use super::*;

/// The first host, whose eth0 has these addresses, decides; and its snapshot.
pub(crate) fn with_addresses(
    addresses: &[impl Serialize],
    wishes: &SettingsOverrides,
) -> (Snapshot, Result<NodeSettings, SettingsRefusal>) {
    let interfaces = json!({ "interfaces": [
        { "name": "lo", "index": 1, "flags": ["up", "loopback"], "addrs": ["127.0.0.1/8"] },
        { "name": "eth0", "index": 2, "flags": ["up", "running"], "mtu": 1500, "addrs": addresses },
        { "name": "wlan0", "index": 3, "flags": ["up", "running"], "mtu": 1500,
          "addrs": ["172.20.5.1/16"] },
    ] });
    let campus = open().with(1, &interfaces);
    let snapshot = campus.record.facts.hosts.values().next().unwrap().snapshot.clone();
    (snapshot, campus.settle(wishes))
}

#[test]
fn each_address_of_a_link_counts_and_one_that_moves_is_not_taken() {
    let none = SettingsOverrides::default();
    let chosen = SettingsOverrides { address: "192.0.2.7".parse().ok(), ..none.clone() };
    let at = |addresses: &[&str], wishes| {
        let settings = with_addresses(addresses, wishes).1.unwrap();
        (settings.address.value.to_string(), settings.flannel.flag(), settings.names.value)
    };
    let own = ["10.0.0.1", "172.20.5.1", "192.0.2.7"];
    for (addresses, wishes, address, flag) in [
        // flannel sorts the addresses of a link by number.
        (&["10.0.0.1/24", "192.0.2.7/24"], &none, "10.0.0.1", "--iface=eth0"),
        (
            &["192.0.2.7/24", "10.0.0.1/24"],
            &none,
            "10.0.0.1",
            "--iface-regex=^(10\\.0\\.0\\.1|10\\.0\\.0\\.2)$",
        ),
        // keepalived's and kube-vip's.
        (
            &["192.0.2.7/32", "10.0.0.1/24"],
            &none,
            "10.0.0.1",
            "--iface-regex=^(10\\.0\\.0\\.1|10\\.0\\.0\\.2)$",
        ),
        (
            &["10.0.0.1/24", "192.0.2.7/24"],
            &chosen,
            "192.0.2.7",
            "--iface-regex=^(192\\.0\\.2\\.7)$",
        ),
    ] {
        let (found, found_flag, mut names) = at(addresses, wishes);
        assert_eq!((found.as_str(), found_flag.as_str()), (address, flag), "{addresses:?}");
        names.retain(|name| own.contains(&name.as_str()));
        names.sort();
        assert_eq!(names, own, "{addresses:?}");
    }
    // Of one host alone, two addresses are a choice.
    let interfaces = json!({ "interfaces": [
        { "name": "eth0", "index": 2, "flags": ["up", "running"], "mtu": 1500,
          "addrs": ["10.0.0.1/24", "192.0.2.7/24"] },
    ] });
    let refusal = open().with(1, &interfaces).alone().settle(&none).unwrap_err();
    assert_eq!(refusal.diagnosis.code, code::NODE_ADDRESS_UNDECIDED);
}
