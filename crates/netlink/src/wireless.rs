//! Associations of Wi-Fi links over nl80211, which needs no privilege.
//!
//! Only cached data of the kernel is read; no scan is started.

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

/// Largest number of interfaces read; a host has few radios, each with few interfaces.
const MAX_INTERFACES: usize = 64;
/// Largest number of associations read: a station is in one network at most.
const MAX_NETWORKS: usize = 1;

// Command of the request, and command of the response.
const INTERFACE: (u8, u8) = (NL80211_CMD_GET_INTERFACE, NL80211_CMD_NEW_INTERFACE);
const SCAN: (u8, u8) = (NL80211_CMD_GET_SCAN, NL80211_CMD_NEW_SCAN_RESULTS);
const POWER_SAVE: (u8, u8) = (NL80211_CMD_GET_POWER_SAVE, NL80211_CMD_GET_POWER_SAVE);
/// Status of a scan result that this host is associated with.
const IN_USE: [u32; 2] = [NL80211_BSS_STATUS_ASSOCIATED, NL80211_BSS_STATUS_IBSS_JOINED];
/// Element number of the SSID (IEEE 802.11-2020, 9.4.2.2).
const ELEMENT_SSID: u8 = 0;
/// Longest SSID in bytes (IEEE 802.11-2020, 9.4.2.2).
const MAX_SSID_BYTES: usize = 32;

/// The nl80211 family of the running kernel.
#[derive(Clone, Copy, Debug)]
pub struct WirelessFamily(GenericFamily);

impl WirelessFamily {
    /// Finds the family; `None` if the kernel has no Wi-Fi support.
    ///
    /// # Errors
    /// If the kernel does not list its families.
    pub fn find(kernel: &dyn NetlinkKernel) -> Result<Option<Self>, NetlinkError> {
        Ok(GenericFamily::named(kernel, NL80211_GENL_NAME, "radios")?.map(Self))
    }

    /// Reads all Wi-Fi interfaces that have a link.
    ///
    /// # Errors
    /// If the kernel does not list them.
    pub fn interfaces(
        self,
        kernel: &dyn NetlinkKernel,
    ) -> Result<Vec<WirelessInterface>, NetlinkError> {
        self.0.dump(kernel, INTERFACE, &[], MAX_INTERFACES, parse_interface)
    }

    /// Reads the network of the link with that index, from the driver's cached scan results.
    ///
    /// # Errors
    /// If the driver does not list them.
    pub fn associated(
        self,
        kernel: &dyn NetlinkKernel,
        index: u32,
    ) -> Result<Option<AssociatedNetwork>, NetlinkError> {
        // `parse_associated` skips networks in range while the dump is read, so one entry suffices.
        let found = self.0.dump(kernel, SCAN, &of_link(index), MAX_NETWORKS, parse_associated)?;
        Ok(found.into_iter().next())
    }

    /// Reads whether power save is on for the link of that index.
    ///
    /// # Errors
    /// If the driver does not support power save.
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

/// An interface of a Wi-Fi radio.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct WirelessInterface {
    /// Index of the link.
    pub index: u32,
    /// Type of the interface (`NL80211_IFTYPE_*`).
    pub kind: u32,
    /// MAC address of the interface.
    pub mac: Option<Mac>,
    /// SSID of the network that the interface is in, or offers as an access point.
    pub ssid: Option<Untrusted>,
    /// Frequency in MHz.
    pub frequency_mhz: Option<u32>,
}

/// The network of a station, from the driver's scan results.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AssociatedNetwork {
    /// MAC address of the access point.
    pub bssid: Option<Mac>,
    /// SSID of the network; absent if it is hidden.
    pub ssid: Option<Untrusted>,
    /// Frequency in MHz.
    pub frequency_mhz: Option<u32>,
    /// Signal strength in dBm.
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
    // P2P device interfaces have no network interface.
    (found.index != 0).then_some(found)
}

/// Parses a scan result; `None` unless this host is associated with it.
fn parse_associated(body: &[u8]) -> Option<AssociatedNetwork> {
    let bss = find(body, NL80211_ATTR_BSS)?;
    // Scan results of other networks have no status.
    let status = find(bss, NL80211_BSS_STATUS).and_then(|value| u32_at(value, 0))?;
    if !IN_USE.contains(&status) {
        return None;
    }
    let mut found = AssociatedNetwork::default();
    for (kind, value) in attributes(bss, 0) {
        match kind {
            NL80211_BSS_BSSID => found.bssid = Mac::from_slice(value),
            NL80211_BSS_FREQUENCY => found.frequency_mhz = u32_at(value, 0),
            // In hundredths of a dBm.
            NL80211_BSS_SIGNAL_MBM => {
                found.signal_dbm = u32_at(value, 0).map(|mbm| mbm.cast_signed() / 100);
            }
            // A hidden network has its SSID in probe responses only, so both are tried.
            NL80211_BSS_INFORMATION_ELEMENTS | NL80211_BSS_BEACON_IES if found.ssid.is_none() => {
                found.ssid = element_ssid(value);
            }
            _ => {}
        }
    }
    Some(found)
}

/// Finds the SSID among information elements: number, length, value, as received over the air.
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

/// An SSID may have any bytes. An empty one, or one of zeros only, is hidden.
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
