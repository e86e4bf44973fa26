//! The association of a Wi-Fi link.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::net::Mac;
use crate::untrusted::Untrusted;

/// The association of a Wi-Fi link with an access point.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct WifiAssociation {
    /// SSID of the network.
    pub ssid: Option<Untrusted>,
    /// MAC address of the access point's radio (BSSID).
    pub bssid: Option<Mac>,
    /// Centre frequency of the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_mhz: Option<u32>,
    /// Received strength of the access point's signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_dbm: Option<i32>,
    /// Whether the radio sleeps between beacons (power save).
    pub power_save: Option<bool>,
}
