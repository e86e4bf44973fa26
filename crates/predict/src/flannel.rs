//! flannel: the interface and address of its tunnel endpoint.

mod selection;
mod lookup;
mod can_reach;

use pontoon_model::net::IpFamily;
use pontoon_model::snapshot::Snapshot;
use pontoon_model::untrusted::Untrusted;

use super::{PredictedAddresses, PredictedChoice};
use pontoon_model::node_files::FlannelFlags;

pub use lookup::{ExternalInterface, InterfaceSelector, look_up};
pub use selection::{InterfaceLookupError, IpStack};

/// Source of the rule; the prediction was compared with running versions.
pub const SOURCE: &str =
    "flannel-io/flannel v0.28.10, main.go, pkg/ipmatch/match.go and pkg/ip/iface.go";

/// Bytes that VXLAN takes from the link's MTU: over IPv4, over IPv6.
const VXLAN_BYTES: [u32; 2] = [50, 70];

/// Versions of flannel with different rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FlannelVersion {
    /// v0.25.7: the first global address in kernel order.
    V0_25,
    /// v0.28.10: sorted addresses, without deprecated ones.
    Newest,
}

/// The external interface of an IPv4 network with the VXLAN backend: with the flags of a flanneld
/// that runs on the host, else with the defaults.
#[must_use]
pub fn external_interface(node: &Snapshot, version: FlannelVersion) -> PredictedChoice {
    external_interface_of(node, version, IpFamily::V4)
}

/// The same, for a network of one family.
#[must_use]
pub fn external_interface_of(
    node: &Snapshot,
    version: FlannelVersion,
    family: IpFamily,
) -> PredictedChoice {
    let stack = if family == IpFamily::V6 { IpStack::V6 } else { IpStack::V4 };
    let flags = &node.node.flannel;
    let (rule, found) = chosen(node, version, stack, flags);
    let found = match found {
        Ok(found) => found,
        Err(InterfaceLookupError::Words(words)) => return PredictedChoice::refusal(words, rule),
        Err(InterfaceLookupError::Unknown(missing)) => return PredictedChoice::unknown(missing),
    };
    let (own, advertised) = match family {
        IpFamily::V4 => (found.address, found.advertised),
        IpFamily::V6 => (found.address_v6, found.advertised_v6),
    };
    let Some(address) = own else {
        // Cannot happen: a found interface has an address of each family of the network.
        return PredictedChoice::unknown("an address of its link");
    };
    let mut pick = PredictedAddresses::new(address, Some(found.link.name.as_str()), rule);
    let taken = VXLAN_BYTES[usize::from(family == IpFamily::V6)];
    // A captured host may lack the MTU.
    pick.mtu = (found.link.mtu > 0).then(|| found.link.mtu.saturating_sub(taken));
    if let Some(public) = advertised.filter(|public| *public != address) {
        pick.notes.push(format!("the others send to {public}"));
    }
    PredictedChoice::Pick(pick)
}

/// `main`: the interface flags in order; without any, the default route.
fn chosen<'a>(
    node: &'a Snapshot,
    version: FlannelVersion,
    stack: IpStack,
    flags: &FlannelFlags,
) -> (String, Result<ExternalInterface<'a>, InterfaceLookupError>) {
    let look = |by| look_up(node, version, stack, by, flags);
    let named = flags.iface.iter().map(|name| ("--iface", InterfaceSelector::Named(name.raw())));
    let matching = flags
        .iface_regex
        .iter()
        .map(|one| ("--iface-regex", InterfaceSelector::Matching(one.raw())));
    let reaching = flags.iface_can_reach.iter().filter(|one| !one.raw().is_empty());
    let reaching =
        reaching.map(|one| ("--iface-can-reach", InterfaceSelector::Reaching(one.raw())));
    let mut told = named.chain(matching).chain(reaching).peekable();
    if told.peek().is_none() {
        let public = |address: &Option<Untrusted>| {
            address.as_ref().map(|address| address.raw().to_owned()).filter(|text| !text.is_empty())
        };
        let (rule, by) = match (public(&flags.public_ip), public(&flags.public_ipv6)) {
            (Some(address), _) => {
                (format!("--public-ip={address} of the running flanneld"), address)
            }
            (None, Some(address)) => {
                (format!("--public-ipv6={address} of the running flanneld"), address)
            }
            (None, None) => ("the main table's default route".to_owned(), String::new()),
        };
        let found = look(InterfaceSelector::Named(&by)).map_err(|failed| match failed {
            InterfaceLookupError::Words(words) => InterfaceLookupError::Words(format!(
                "Failed to find any valid interface to use: {words}"
            )),
            unknown @ InterfaceLookupError::Unknown(_) => unknown,
        });
        return (shown(&rule), found);
    }
    for (flag, by) in told {
        match look(by) {
            Err(InterfaceLookupError::Words(_)) => {}
            found => {
                let (InterfaceSelector::Named(value)
                | InterfaceSelector::Matching(value)
                | InterfaceSelector::Reaching(value)) = by;
                return (shown(&format!("{flag}={value} of the running flanneld")), found);
            }
        }
    }
    let words =
        "Failed to find interface to use that matches the interfaces and/or regexes provided";
    (
        "the flags of the running flanneld".to_owned(),
        Err(InterfaceLookupError::Words(words.to_owned())),
    )
}

/// Makes the value of a flag safe to print.
fn shown(text: &str) -> String {
    Untrusted::new(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captured::CapturedHost;

    /// A Pi on a campus whose flanneld has these flags.
    fn pi(flanneld: &str) -> Snapshot {
        let captured: CapturedHost = serde_json::from_value(serde_json::json!({
            "interfaces": [
                { "name": "lo", "flags": ["up", "loopback"], "mtu": 65536, "addrs": ["127.0.0.1/8"] },
                { "name": "eth0", "flags": ["up"], "mtu": 1500, "addrs": ["10.0.0.1/24", "fd00::1/64"] },
                { "name": "wlan0", "flags": ["up"], "mtu": 1400, "addrs": ["172.20.5.1/16"] },
            ],
            "ip_route_all": "default via 172.20.0.1 dev wlan0\n10.0.0.0/24 dev eth0 src 10.0.0.1\n\
                             10.9.0.0/16 via 10.0.0.9 dev eth0\nunreachable 10.8.0.0/16",
            "flanneld": flanneld,
        }))
        .unwrap();
        captured.snapshot().unwrap()
    }

    #[test]
    fn what_flanneld_is_told_comes_before_the_default_route() {
        let table = [
            ("", "wlan0 172.20.5.1 1350: the main table's default route"),
            ("--ip-masq", "wlan0 172.20.5.1 1350: the main table's default route"),
            ("--iface=eth0", "eth0 10.0.0.1 1450: --iface=eth0 of the running flanneld"),
            (
                "--iface=no --iface=10.0.0.1",
                "eth0 10.0.0.1 1450: --iface=10.0.0.1 of the running flanneld",
            ),
            (
                "--iface=no --iface-regex=^e",
                "eth0 10.0.0.1 1450: --iface-regex=^e of the running flanneld",
            ),
            (
                "--iface-can-reach=10.9.1.1 --iface-regex=^e --iface=wlan0",
                "wlan0 172.20.5.1 1350: --iface=wlan0 of the running flanneld",
            ),
            // Addresses are matched before names.
            (
                "--iface-regex=eth0|172",
                "wlan0 172.20.5.1 1350: --iface-regex=eth0|172 of the running flanneld",
            ),
            (
                "--iface-can-reach=10.9.1.1",
                "eth0 10.0.0.1 1450: --iface-can-reach=10.9.1.1 of the running flanneld",
            ),
            (
                "--iface-can-reach=10.0.0.1",
                "lo 10.0.0.1 65486: --iface-can-reach=10.0.0.1 of the running flanneld",
            ),
            (
                "--iface-regex=^(?:e|w)\\D+?0$",
                "eth0 10.0.0.1 1450: --iface-regex=^(?:e|w)\\D+?0$ of the running flanneld",
            ),
            ("--iface= --iface=eth0", "wlan0 172.20.5.1 1350: --iface= of the running flanneld"),
            (
                "--public-ip=10.0.0.1",
                "eth0 10.0.0.1 1450: --public-ip=10.0.0.1 of the running flanneld",
            ),
            (
                "--iface=eth0 --public-ip=192.0.2.7",
                "eth0 10.0.0.1 1450: --iface=eth0 of the running flanneld, the others send to 192.0.2.7",
            ),
        ];
        for (flags, expected) in table {
            let choice = external_interface(&pi(flags), FlannelVersion::Newest);
            let pick = choice.pick().unwrap_or_else(|| panic!("{flags}: {choice:?}"));
            let (link, mtu) = (&pick.links[0], pick.mtu.unwrap());
            let notes: String = pick.notes.iter().map(|note| format!(", {note}")).collect();
            let taken = format!("{link} {} {mtu}: {}{notes}", pick.addresses[0], pick.rule);
            assert_eq!(taken, expected, "{flags}");
        }
    }

    #[test]
    fn what_is_not_there_ends_it_and_what_is_not_known_is_said() {
        let none =
            "Failed to find interface to use that matches the interfaces and/or regexes provided";
        let table = [
            ("--iface=eth1", none),
            ("--iface-regex=^x", none),
            ("--iface-can-reach=10.8.0.1", none),
            ("--iface-can-reach=nowhere", none),
            ("--iface=eth0 --public-ip=nowhere", none),
            (
                "--public-ip=192.0.2.7",
                "Failed to find any valid interface to use: error looking up interface 192.0.2.7: \
                 no interface with given IP found",
            ),
        ];
        for (flags, expected) in table {
            let choice = external_interface(&pi(flags), FlannelVersion::Newest);
            let PredictedChoice::Refusal { words, .. } = choice else {
                panic!("{flags}: {choice:?}")
            };
            assert_eq!(words, expected, "{flags}");
        }
        // Patterns that Go interprets differently, or may.
        for flags in [
            "--iface-regex=\\pL",
            "--iface-regex=e**",
            "--iface-regex=\\<eth0",
            "--iface-regex=(?x)eth0",
            "--iface-regex=e{1}{2}",
            "--iface-regex=(redacted)",
            "--iface-can-reach=fd00::2",
        ] {
            let choice = external_interface(&pi(flags), FlannelVersion::Newest);
            assert!(matches!(choice, PredictedChoice::Unknown { .. }), "{flags}: {choice:?}");
        }
    }

    #[test]
    fn with_both_families_their_links_must_be_one() {
        let node = pi("");
        let found = |by, public_v6: &str| {
            let public_ipv6 = (!public_v6.is_empty()).then(|| Untrusted::new(public_v6));
            let flags = FlannelFlags { public_ipv6, ..FlannelFlags::default() };
            look_up(&node, FlannelVersion::Newest, IpStack::Dual, by, &flags)
                .map(|found| (found.link.name.to_string(), found.address, found.address_v6))
        };
        let both = Ok(("eth0".to_owned(), "10.0.0.1".parse().ok(), "fd00::1".parse().ok()));
        assert_eq!(found(InterfaceSelector::Named("eth0"), ""), both);
        assert_eq!(found(InterfaceSelector::Named("10.0.0.1"), "fd00::1"), both);
        assert_eq!(found(InterfaceSelector::Named("fd00::1"), "fd00::1"), both);
        let apart = "v6 interface eth0 must be the same with v4 interface wlan0";
        assert_eq!(
            found(InterfaceSelector::Named("172.20.5.1"), "fd00::1"),
            Err(InterfaceLookupError::Words(apart.to_owned()))
        );
        let lacking = "failed to find IPv6 address for interface wlan0";
        assert_eq!(
            found(InterfaceSelector::Named("wlan0"), ""),
            Err(InterfaceLookupError::Words(lacking.to_owned()))
        );
    }
}
