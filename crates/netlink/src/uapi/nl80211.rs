//! `linux/nl80211.h`: Wi-Fi.

/// Name of the family.
pub const NL80211_GENL_NAME: &[u8] = b"nl80211";

/// Command of a request for interfaces.
pub const NL80211_CMD_GET_INTERFACE: u8 = 5;
/// Command of a message that describes an interface.
pub const NL80211_CMD_NEW_INTERFACE: u8 = 7;
/// Command of a request for the cached scan results.
pub const NL80211_CMD_GET_SCAN: u8 = 32;
/// Command of a message that describes a scan result.
pub const NL80211_CMD_NEW_SCAN_RESULTS: u8 = 34;
/// Command of a request for the state of power save, and of its response.
pub const NL80211_CMD_GET_POWER_SAVE: u8 = 62;

/// Index of the link of an interface.
pub const NL80211_ATTR_IFINDEX: u16 = 3;
/// Type of an interface (`NL80211_IFTYPE_*`).
pub const NL80211_ATTR_IFTYPE: u16 = 5;
/// MAC address of an interface.
pub const NL80211_ATTR_MAC: u16 = 6;
/// Frequency in MHz.
pub const NL80211_ATTR_WIPHY_FREQ: u16 = 38;
/// Nest of a scan result.
pub const NL80211_ATTR_BSS: u16 = 47;
/// SSID of the network.
pub const NL80211_ATTR_SSID: u16 = 52;
/// State of power save.
pub const NL80211_ATTR_PS_STATE: u16 = 93;

/// Interface that is a client of an access point.
pub const NL80211_IFTYPE_STATION: u32 = 2;
/// Interface that is an access point.
pub const NL80211_IFTYPE_AP: u32 = 3;

/// MAC address of an access point.
pub const NL80211_BSS_BSSID: u16 = 1;
/// Frequency of a network in MHz.
pub const NL80211_BSS_FREQUENCY: u16 = 2;
/// Information elements of a network, from its probe response or its beacon.
pub const NL80211_BSS_INFORMATION_ELEMENTS: u16 = 6;
/// Signal in hundredths of a dBm.
pub const NL80211_BSS_SIGNAL_MBM: u16 = 7;
/// Whether this host is in the network (`NL80211_BSS_STATUS_*`); absent where it is not.
pub const NL80211_BSS_STATUS: u16 = 9;
/// Information elements of a beacon.
pub const NL80211_BSS_BEACON_IES: u16 = 11;
/// Status of the network that a station is associated with.
pub const NL80211_BSS_STATUS_ASSOCIATED: u32 = 1;
/// Status of the network that a host has joined without an access point.
pub const NL80211_BSS_STATUS_IBSS_JOINED: u32 = 2;
/// State of power save that is on.
pub const NL80211_PS_ENABLED: u32 = 1;
