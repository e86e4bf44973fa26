//! What a radio is associated with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::net::Mac;
use crate::untrusted::Untrusted;

/// What a radio is associated with.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct WifiAssociation {
    /// Name of the network.
    pub ssid: Option<Untrusted>,
    /// MAC address of the access point's radio.
    pub bssid: Option<Mac>,
    /// Its channel, by the centre frequency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_mhz: Option<u32>,
    /// How strong its beacons come in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_dbm: Option<i32>,
    /// Whether the radio dozes between beacons.
    pub power_save: Option<bool>,
}
