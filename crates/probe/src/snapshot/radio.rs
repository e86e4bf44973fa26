//! What radios are associated with, as far as their links are concerned.

use pontoon_model::snapshot::{CollectionGap, Link, LinkKind, WifiAssociation};
use pontoon_netlink::uapi::nl80211::{NL80211_IFTYPE_AP, NL80211_IFTYPE_STATION};
use pontoon_netlink::wireless::{AssociatedNetwork, WirelessFamily, WirelessInterface};
use pontoon_netlink::{NetlinkError, NetlinkKernel};

/// Adds to each radio link what its driver reports. Without nl80211 nothing happens.
pub(super) fn read(
    kernel: &dyn NetlinkKernel,
    links: &mut [Link],
    unread: &mut Vec<CollectionGap>,
) {
    let (family, interfaces) = match interfaces(kernel) {
        Ok(Some(found)) => found,
        Ok(None) => return,
        Err(error) => {
            // Kernels without generic netlink refuse, which matters only where there are radios.
            if links.iter().any(|link| link.kind == LinkKind::Wifi) {
                unread.push(super::unread("radios", &error));
            }
            return;
        }
    };
    for interface in interfaces {
        let Some(link) = links.iter_mut().find(|link| link.index == interface.index) else {
            continue;
        };
        if link.kind == LinkKind::Ethernet {
            link.kind = LinkKind::Wifi;
        }
        if interface.kind == NL80211_IFTYPE_STATION {
            let network = family.associated(kernel, interface.index);
            let network = network.unwrap_or_else(|_| unseen(&interface));
            // A driver without power save refuses.
            let power_save = family.power_save(kernel, interface.index).unwrap_or_default();
            link.radio = Some(station(interface, network, power_save));
        } else if interface.kind == NL80211_IFTYPE_AP {
            link.radio = Some(access_point(interface));
        }
    }
}

fn interfaces(
    kernel: &dyn NetlinkKernel,
) -> Result<Option<(WirelessFamily, Vec<WirelessInterface>)>, NetlinkError> {
    let Some(family) = WirelessFamily::find(kernel)? else { return Ok(None) };
    Ok(Some((family, family.interfaces(kernel)?)))
}

/// What a client of an access point knows. Without an association there is no network, though
/// drivers may still name the last one.
fn station(
    interface: WirelessInterface,
    network: Option<AssociatedNetwork>,
    power_save: Option<bool>,
) -> WifiAssociation {
    let Some(network) = network else {
        return WifiAssociation { power_save, ..WifiAssociation::default() };
    };
    WifiAssociation {
        ssid: interface.ssid.or(network.ssid),
        bssid: network.bssid,
        frequency_mhz: network.frequency_mhz.or(interface.frequency_mhz),
        signal_dbm: network.signal_dbm,
        power_save,
    }
}

/// The network where scan results are not shown: a station has a name only while it has one.
fn unseen(interface: &WirelessInterface) -> Option<AssociatedNetwork> {
    interface.ssid.is_some().then(AssociatedNetwork::default)
}

/// An access point is its own BSS.
fn access_point(interface: WirelessInterface) -> WifiAssociation {
    WifiAssociation {
        ssid: interface.ssid,
        bssid: interface.mac,
        frequency_mhz: interface.frequency_mhz,
        ..WifiAssociation::default()
    }
}

#[cfg(test)]
mod tests {
    use pontoon_model::net::Mac;
    use pontoon_model::untrusted::Untrusted;

    use super::*;

    fn name(text: &str) -> Untrusted {
        Untrusted::new(text)
    }

    #[test]
    fn an_access_point_is_its_own_network() {
        let mac = Mac::from_slice(&[2, 0, 0x5e, 0, 0, 1]);
        let interface = WirelessInterface {
            mac,
            ssid: Some(name("Campus")),
            frequency_mhz: Some(5180),
            ..WirelessInterface::default()
        };
        let radio = access_point(interface);
        assert_eq!(radio.ssid.as_ref().map(Untrusted::raw), Some("Campus"));
        assert_eq!((radio.bssid, radio.frequency_mhz), (mac, Some(5180)));
        assert_eq!(radio.power_save, None);
    }

    #[test]
    fn a_station_is_in_a_network_only_while_associated() {
        let interface = WirelessInterface {
            index: 3,
            ssid: Some(name("Home")),
            frequency_mhz: Some(2412),
            ..Default::default()
        };
        let bss = |ssid| AssociatedNetwork { ssid, ..AssociatedNetwork::default() };
        let table = [
            ("neither says a name", None, Some(bss(None)), None, None),
            ("scan results only", None, Some(bss(Some(name("Home")))), Some("Home"), None),
            (
                "its own word first",
                Some(&interface),
                Some(bss(Some(name("Other")))),
                Some("Home"),
                Some(2412),
            ),
            ("not associated", Some(&interface), None, None, None),
            (
                "scan results not shown",
                Some(&interface),
                unseen(&interface),
                Some("Home"),
                Some(2412),
            ),
        ];
        for (what, interface, bss, ssid, frequency) in table {
            let radio = station(interface.cloned().unwrap_or_default(), bss, Some(true));
            assert_eq!(radio.ssid.as_ref().map(Untrusted::raw), ssid, "{what}");
            assert_eq!((radio.frequency_mhz, radio.power_save), (frequency, Some(true)), "{what}");
        }
        assert_eq!(unseen(&WirelessInterface::default()), None);
    }
}
