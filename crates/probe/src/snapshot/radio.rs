//! What radios are associated with: nl80211 (`linux/nl80211.h`), which anybody may ask.
//!
//! Only what the kernel knows already is read; nothing is scanned.

use pontoon_model::net::Mac;
use pontoon_model::snapshot::{Link, LinkKind, Radio, Unread};
use pontoon_model::untrusted::Untrusted;

use super::generic::Family;
use super::netlink::{NetlinkError, attributes, find, push_attribute, u32_at};

/// `NL80211_GENL_NAME`.
const FAMILY: &[u8] = b"nl80211";
/// A radio may have several interfaces; a host has few radios.
const MAX_INTERFACES: usize = 64;

// enum nl80211_commands; what asks, and what the answer calls itself.
const INTERFACE: (u8, u8) = (5, 7);
const SCAN: (u8, u8) = (32, 34);
const POWER_SAVE: (u8, u8) = (62, 62);
// enum nl80211_attrs
const ATTR_IFINDEX: u16 = 3;
const ATTR_IFTYPE: u16 = 5;
const ATTR_MAC: u16 = 6;
const ATTR_WIPHY_FREQ: u16 = 38;
const ATTR_BSS: u16 = 47;
const ATTR_SSID: u16 = 52;
const ATTR_PS_STATE: u16 = 93;
// enum nl80211_iftype
const IFTYPE_STATION: u32 = 2;
const IFTYPE_AP: u32 = 3;
// enum nl80211_bss
const BSS_BSSID: u16 = 1;
const BSS_FREQUENCY: u16 = 2;
const BSS_INFORMATION_ELEMENTS: u16 = 6;
const BSS_SIGNAL_MBM: u16 = 7;
const BSS_STATUS: u16 = 9;
const BSS_BEACON_IES: u16 = 11;
/// `NL80211_BSS_STATUS_ASSOCIATED` and `NL80211_BSS_STATUS_IBSS_JOINED`.
const IN_USE: [u32; 2] = [1, 2];
/// `NL80211_PS_ENABLED`.
const PS_ENABLED: u32 = 1;
/// The element that names the network (IEEE 802.11-2020, 9.4.2.2).
const ELEMENT_SSID: u8 = 0;
/// The longest SSID (the same place).
const MAX_SSID_BYTES: usize = 32;

/// Gives each radio link what its driver says. Where there is no nl80211, nothing happens.
pub(super) fn read(links: &mut [Link], unread: &mut Vec<Unread>) {
    let (family, interfaces) = match interfaces() {
        Ok(Some(found)) => found,
        Ok(None) => return,
        Err(error) => {
            // Without radios nobody misses an answer: kernels without generic netlink refuse.
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
        if interface.kind == IFTYPE_STATION {
            let bss = associated(family, interface.index).unwrap_or_else(|_| interface.unseen());
            // A driver without power save refuses.
            let power_save = power_save(family, interface.index).unwrap_or_default();
            link.radio = Some(interface.station(bss, power_save));
        } else if interface.kind == IFTYPE_AP {
            link.radio = Some(interface.access_point());
        }
    }
}

fn interfaces() -> Result<Option<(Family, Vec<Interface>)>, NetlinkError> {
    let Some(family) = Family::named(FAMILY, "radios")? else { return Ok(None) };
    let found = family.dump(INTERFACE, &[], MAX_INTERFACES, parse_interface)?;
    Ok(Some((family, found)))
}

fn associated(family: Family, index: u32) -> Result<Option<Bss>, NetlinkError> {
    // Networks in sight are passed over while the dump is read: one is kept.
    let found = family.dump(SCAN, &of_link(index), 1, parse_associated)?;
    Ok(found.into_iter().next())
}

fn power_save(family: Family, index: u32) -> Result<Option<bool>, NetlinkError> {
    family.ask(POWER_SAVE, &of_link(index), parse_power_save)
}

fn of_link(index: u32) -> Vec<u8> {
    let mut body = Vec::new();
    push_attribute(&mut body, ATTR_IFINDEX, &index.to_ne_bytes());
    body
}

/// An interface of a radio.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Interface {
    index: u32,
    /// `NL80211_IFTYPE_*`.
    kind: u32,
    mac: Option<Mac>,
    ssid: Option<Untrusted>,
    frequency_mhz: Option<u32>,
}

impl Interface {
    /// What a client of an access point knows. Without an association there is no network, though
    /// drivers may still name the last one.
    fn station(self, bss: Option<Bss>, power_save: Option<bool>) -> Radio {
        let Some(bss) = bss else { return Radio { power_save, ..Radio::default() } };
        Radio {
            ssid: self.ssid.or(bss.ssid),
            bssid: bss.bssid,
            frequency_mhz: bss.frequency_mhz.or(self.frequency_mhz),
            signal_dbm: bss.signal_dbm,
            power_save,
        }
    }

    /// The network where scan results are not shown: a station has a name only while it has one.
    fn unseen(&self) -> Option<Bss> {
        self.ssid.is_some().then(Bss::default)
    }

    /// An access point is its own BSS.
    fn access_point(self) -> Radio {
        Radio {
            ssid: self.ssid,
            bssid: self.mac,
            frequency_mhz: self.frequency_mhz,
            ..Radio::default()
        }
    }
}

fn parse_interface(body: &[u8]) -> Option<Interface> {
    let mut found = Interface::default();
    for (kind, value) in attributes(body, 0) {
        match kind {
            ATTR_IFINDEX => found.index = u32_at(value, 0)?,
            ATTR_IFTYPE => found.kind = u32_at(value, 0)?,
            ATTR_MAC => found.mac = Mac::from_slice(value),
            ATTR_SSID => found.ssid = ssid(value),
            ATTR_WIPHY_FREQ => found.frequency_mhz = u32_at(value, 0),
            _ => {}
        }
    }
    // A P2P device and its like have no network interface.
    (found.index != 0).then_some(found)
}

/// The network that a station is in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Bss {
    bssid: Option<Mac>,
    ssid: Option<Untrusted>,
    frequency_mhz: Option<u32>,
    signal_dbm: Option<i32>,
}

/// Reads a scan result, if it is the one in use.
fn parse_associated(body: &[u8]) -> Option<Bss> {
    let bss = find(body, ATTR_BSS)?;
    let status = find(bss, BSS_STATUS).and_then(|value| u32_at(value, 0))?;
    if !IN_USE.contains(&status) {
        return None;
    }
    let mut found = Bss::default();
    for (kind, value) in attributes(bss, 0) {
        match kind {
            BSS_BSSID => found.bssid = Mac::from_slice(value),
            BSS_FREQUENCY => found.frequency_mhz = u32_at(value, 0),
            // Hundredths of a dBm.
            BSS_SIGNAL_MBM => {
                found.signal_dbm = u32_at(value, 0).map(|mbm| mbm.cast_signed() / 100);
            }
            BSS_INFORMATION_ELEMENTS | BSS_BEACON_IES if found.ssid.is_none() => {
                found.ssid = element_ssid(value);
            }
            _ => {}
        }
    }
    Some(found)
}

/// The SSID among elements: each is its number, its length and its value, as it came by radio.
fn element_ssid(mut elements: &[u8]) -> Option<Untrusted> {
    while let [number, length, rest @ ..] = elements {
        let value = rest.get(..usize::from(*length))?;
        if *number == ELEMENT_SSID {
            return ssid(value);
        }
        elements = &rest[value.len()..];
    }
    None
}

/// A name of any bytes. One that is empty or of zeros only is hidden.
fn ssid(bytes: &[u8]) -> Option<Untrusted> {
    let is_hidden = bytes.iter().all(|byte| *byte == 0);
    (!is_hidden && bytes.len() <= MAX_SSID_BYTES).then(|| Untrusted::from_bytes(bytes))
}

fn parse_power_save(body: &[u8]) -> Option<bool> {
    find(body, ATTR_PS_STATE).and_then(|value| u32_at(value, 0)).map(|state| state == PS_ENABLED)
}

#[cfg(test)]
mod tests;
