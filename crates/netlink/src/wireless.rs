//! What radios are associated with: nl80211, which anybody may ask.
//!
//! Only what the kernel knows already is read; nothing is scanned.

use pontoon_model::net::Mac;
use pontoon_model::untrusted::Untrusted;

use crate::attribute::{attributes, find, push_attribute, u32_at};
use crate::error::NetlinkError;
use crate::generic::GenericFamily;
use crate::kernel::NetlinkKernel;
use crate::uapi::nl80211::{
    NL80211_ATTR_BSS, NL80211_ATTR_IFINDEX, NL80211_ATTR_IFTYPE, NL80211_ATTR_MAC,
    NL80211_ATTR_PS_STATE, NL80211_ATTR_SSID, NL80211_ATTR_WIPHY_FREQ, NL80211_BSS_BEACON_IES,
    NL80211_BSS_BSSID, NL80211_BSS_FREQUENCY, NL80211_BSS_INFORMATION_ELEMENTS,
    NL80211_BSS_SIGNAL_MBM, NL80211_BSS_STATUS, NL80211_BSS_STATUS_ASSOCIATED,
    NL80211_BSS_STATUS_IBSS_JOINED, NL80211_CMD_GET_INTERFACE, NL80211_CMD_GET_POWER_SAVE,
    NL80211_CMD_GET_SCAN, NL80211_CMD_NEW_INTERFACE, NL80211_CMD_NEW_SCAN_RESULTS,
    NL80211_GENL_NAME, NL80211_PS_ENABLED,
};

/// A radio may have several interfaces; a host has few radios.
const MAX_INTERFACES: usize = 64;
/// A station is in one network at most.
const MAX_NETWORKS: usize = 1;

// What asks, and what the answer calls itself.
const INTERFACE: (u8, u8) = (NL80211_CMD_GET_INTERFACE, NL80211_CMD_NEW_INTERFACE);
const SCAN: (u8, u8) = (NL80211_CMD_GET_SCAN, NL80211_CMD_NEW_SCAN_RESULTS);
const POWER_SAVE: (u8, u8) = (NL80211_CMD_GET_POWER_SAVE, NL80211_CMD_GET_POWER_SAVE);
/// Status of a network that this host is in.
const IN_USE: [u32; 2] = [NL80211_BSS_STATUS_ASSOCIATED, NL80211_BSS_STATUS_IBSS_JOINED];
/// The element that names the network (IEEE 802.11-2020, 9.4.2.2).
const ELEMENT_SSID: u8 = 0;
/// The longest SSID (the same place).
const MAX_SSID_BYTES: usize = 32;

/// nl80211 of this kernel.
#[derive(Clone, Copy, Debug)]
pub struct WirelessFamily(GenericFamily);

impl WirelessFamily {
    /// Finds it; `None` where this kernel has no radios.
    ///
    /// # Errors
    /// When the kernel does not list its families.
    pub fn find(kernel: &dyn NetlinkKernel) -> Result<Option<Self>, NetlinkError> {
        Ok(GenericFamily::named(kernel, NL80211_GENL_NAME, "radios")?.map(Self))
    }

    /// Reads the interfaces that have a link.
    ///
    /// # Errors
    /// When the kernel does not show them.
    pub fn interfaces(
        self,
        kernel: &dyn NetlinkKernel,
    ) -> Result<Vec<WirelessInterface>, NetlinkError> {
        self.0.dump(kernel, INTERFACE, &[], MAX_INTERFACES, parse_interface)
    }

    /// Reads the network that the link of that index is in, from the driver's scan results.
    ///
    /// # Errors
    /// When the driver does not show them.
    pub fn associated(
        self,
        kernel: &dyn NetlinkKernel,
        index: u32,
    ) -> Result<Option<AssociatedNetwork>, NetlinkError> {
        // Networks in sight are passed over while the dump is read: one is kept.
        let found = self.0.dump(kernel, SCAN, &of_link(index), MAX_NETWORKS, parse_associated)?;
        Ok(found.into_iter().next())
    }

    /// Reads whether power save is on for the link of that index.
    ///
    /// # Errors
    /// When the driver has no power save.
    pub fn power_save(
        self,
        kernel: &dyn NetlinkKernel,
        index: u32,
    ) -> Result<Option<bool>, NetlinkError> {
        self.0.ask(kernel, POWER_SAVE, &of_link(index), parse_power_save)
    }
}

fn of_link(index: u32) -> Vec<u8> {
    let mut body = Vec::new();
    push_attribute(&mut body, NL80211_ATTR_IFINDEX, &index.to_ne_bytes());
    body
}

/// An interface of a radio.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct WirelessInterface {
    /// Index of its link.
    pub index: u32,
    /// What it is (`NL80211_IFTYPE_*`).
    pub kind: u32,
    /// Its MAC address.
    pub mac: Option<Mac>,
    /// Name of the network that the driver says it is in, or offers.
    pub ssid: Option<Untrusted>,
    /// Frequency in MHz.
    pub frequency_mhz: Option<u32>,
}

/// The network that a station is in, by the driver's scan results.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AssociatedNetwork {
    /// MAC address of the access point.
    pub bssid: Option<Mac>,
    /// Its name, unless it is hidden.
    pub ssid: Option<Untrusted>,
    /// Frequency in MHz.
    pub frequency_mhz: Option<u32>,
    /// Signal in dBm.
    pub signal_dbm: Option<i32>,
}

fn parse_interface(body: &[u8]) -> Option<WirelessInterface> {
    let mut found = WirelessInterface::default();
    for (kind, value) in attributes(body, 0) {
        match kind {
            NL80211_ATTR_IFINDEX => found.index = u32_at(value, 0)?,
            NL80211_ATTR_IFTYPE => found.kind = u32_at(value, 0)?,
            NL80211_ATTR_MAC => found.mac = Mac::from_slice(value),
            NL80211_ATTR_SSID => found.ssid = ssid(value),
            NL80211_ATTR_WIPHY_FREQ => found.frequency_mhz = u32_at(value, 0),
            _ => {}
        }
    }
    // A P2P device and its like have no network interface.
    (found.index != 0).then_some(found)
}

/// Reads a scan result, if it is the one in use.
fn parse_associated(body: &[u8]) -> Option<AssociatedNetwork> {
    let bss = find(body, NL80211_ATTR_BSS)?;
    let status = find(bss, NL80211_BSS_STATUS).and_then(|value| u32_at(value, 0))?;
    if !IN_USE.contains(&status) {
        return None;
    }
    let mut found = AssociatedNetwork::default();
    for (kind, value) in attributes(bss, 0) {
        match kind {
            NL80211_BSS_BSSID => found.bssid = Mac::from_slice(value),
            NL80211_BSS_FREQUENCY => found.frequency_mhz = u32_at(value, 0),
            // Hundredths of a dBm.
            NL80211_BSS_SIGNAL_MBM => {
                found.signal_dbm = u32_at(value, 0).map(|mbm| mbm.cast_signed() / 100);
            }
            NL80211_BSS_INFORMATION_ELEMENTS | NL80211_BSS_BEACON_IES if found.ssid.is_none() => {
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
    find(body, NL80211_ATTR_PS_STATE)
        .and_then(|value| u32_at(value, 0))
        .map(|state| state == NL80211_PS_ENABLED)
}

#[cfg(test)]
mod tests;
