//! Segments: switches and access points, and what they do to frames.

use pontoon_model::host::HostName;
use pontoon_model::net::Mac;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A segment: everything that is bridged together.
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a scenario file")]
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// What it is.
    pub kind: NetworkKind,
    /// The name its radio sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssid: Option<String>,
    /// The MAC address of its radio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bssid: Option<Mac>,
    /// What it keeps from passing between stations.
    #[serde(default)]
    pub isolation: StationIsolation,
    /// Number of access points, joined by a wired switch; isolation holds within each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_points: Option<u8>,
    /// Whether isolation also holds between stations of different access points (protected ports,
    /// private VLAN).
    #[serde(default)]
    pub isolation_between_access_points: bool,
    /// Whether broadcast and multicast frames are kept from stations.
    #[serde(default)]
    pub group_suppressed: bool,
    /// Whether the access point answers ARP for its stations with their real MACs.
    #[serde(default)]
    pub proxy_arp: bool,
    /// Drops between two hosts, one way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub block: Vec<OneWayBlock>,
    /// Machines with which alone stations may talk (a gateway-MAC allow list).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_with: Vec<HostName>,
    /// Whether each station may only send from the MAC and the addresses it has.
    #[serde(default)]
    pub source_guard: bool,
    /// Hosts whose frames go nowhere, as if their MAC had not been registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unregistered: Vec<HostName>,
    /// Of a hundred forwarded frames, how many are lost.
    #[serde(default)]
    pub loss_percent: u8,
    /// Delay, jitter, loss and dozing of single stations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<LinkImpairment>,
    /// Largest packet a port of it carries, in bytes; larger ones are lost in silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Rules of your own as `nft -f` reads them, in the namespace of the bridge `br0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nft: Option<String>,
}

/// What a segment is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkKind {
    /// A plain switch.
    #[default]
    Switch,
    /// An access point (or several) with the wire behind it.
    AccessPoint,
}

/// What an access point keeps from passing between its stations.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StationIsolation {
    /// Nothing is blocked.
    #[default]
    None,
    /// Every frame (hostapd's `ap_isolate`; the bridge's `isolated` ports).
    AllFrames,
    /// Unicast frames; broadcast and multicast pass.
    Unicast,
}

/// A drop between two hosts, one way.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OneWayBlock {
    /// Frames of this host …
    pub from: HostName,
    /// … to this one are dropped.
    pub to: HostName,
    /// `true`: answers to what `to` began still pass (IPv4 only, ARP passes).
    #[serde(default)]
    pub stateful: bool,
}

/// What a frame meets on its way to and from a station.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LinkImpairment {
    /// The hosts concerned. Empty: all stations.
    #[serde(default)]
    pub hosts: Vec<HostName>,
    /// Delay of each frame, in milliseconds, each way.
    #[serde(default)]
    pub delay_ms: u32,
    /// At most this much more, at random.
    #[serde(default)]
    pub jitter_ms: u32,
    /// Of a hundred frames each way, how many are lost.
    #[serde(default)]
    pub loss_percent: u8,
    /// Power saving: frames to the station wait for the next multiple of this many milliseconds
    /// (a DTIM is often 102 or 204), unless it sent something in the last 50.
    #[serde(default)]
    pub doze_ms: u32,
}
