//! Links of a host: whether they are up, what answers on them, their MTU and radio.

use std::net::IpAddr;

use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Mac, Prefix};
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

use crate::host_sample::HostSample;

/// What is known of the links of a host.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LinkEvidence {
    /// The gateway of a link answered nothing.
    GatewaySilent {
        /// The gateway's address.
        gateway: IpAddr,
        /// The link on which it was asked.
        link: IfName,
        /// How often it was asked.
        asked: usize,
        /// How it was asked.
        by: GatewayProbe,
    },
    /// Frames of other hosts arrive on the link whose gateway is silent.
    OtherHostsHeard,
    /// Nothing at all arrives on the link whose gateway is silent.
    NothingElseHeard,
    /// Two hosts have different MAC addresses for one gateway address.
    GatewayMacsDiffer {
        /// The address of both gateways.
        gateway: IpAddr,
        /// One of the hosts.
        a: HostName,
        /// The gateway's MAC address as that host has it.
        a_mac: Mac,
        /// The other host.
        b: HostName,
        /// The gateway's MAC address as the other host has it.
        b_mac: Mac,
    },
    /// A link that has an address carries nothing.
    LinkDown {
        /// The host that has the link.
        host: HostName,
        /// The link that is down.
        link: IfName,
        /// Its address and network.
        prefix: Prefix,
        /// What is wrong with it.
        state: LinkDownState,
    },
    /// Another host's link in the same network is up.
    NeighbourLinkUp {
        /// The other host.
        peer: HostName,
    },
    /// Another host's link in the same network went down as well.
    NeighbourLinkWentDown {
        /// The other host.
        peer: HostName,
    },
    /// A radio has power save on.
    PowerSaveOn {
        /// The host that has the radio.
        host: HostName,
        /// The radio's link.
        link: IfName,
    },
    /// Two radios are in one WiFi network.
    SameSsid {
        /// The network's name.
        ssid: Untrusted,
        /// The access point of one radio, where it reported it (BSSID).
        #[serde(skip_serializing_if = "Option::is_none")]
        a_bssid: Option<Mac>,
        /// The access point of the other radio.
        #[serde(skip_serializing_if = "Option::is_none")]
        b_bssid: Option<Mac>,
    },
    /// Two radios are in different WiFi networks.
    DifferentSsids {
        /// One of the hosts.
        a: HostName,
        /// The network of that host's radio.
        a_ssid: Untrusted,
        /// The other host.
        b: HostName,
        /// The network of the other host's radio.
        b_ssid: Untrusted,
    },
    /// The MTU of a link.
    LinkMtu {
        /// The host that has the link.
        host: HostName,
        /// The link, by the host's own name for it.
        link: IfName,
        /// The largest packet in bytes.
        mtu: u32,
    },
    /// The MTU that most links of the same network have.
    UsualMtu {
        /// Hosts whose links have it.
        hosts: HostSample,
        /// The largest packet in bytes.
        mtu: u32,
    },
    /// A link into a network has another name than most links into it.
    LinkName {
        /// The host that has the link.
        host: HostName,
        /// The name of its link.
        link: IfName,
        /// The name that most links have.
        usual: IfName,
        /// Hosts whose links have that name.
        hosts: HostSample,
    },
    /// Packets of this size arrive.
    SizePasses {
        /// The host or address they were sent to.
        to: HostName,
        /// The size of a packet in bytes.
        bytes: u32,
    },
    /// Packets of this size do not arrive, and no ICMP error says so.
    SizeLost {
        /// The host or address they were sent to.
        to: HostName,
        /// The size of a packet in bytes.
        bytes: u32,
        /// Packets of this size that were sent.
        sent: usize,
    },
}

/// How a gateway was asked.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayProbe {
    /// By ARP or ND, which no host may leave unanswered.
    Arp,
    /// By ICMP echo alone.
    Ping,
}

/// Why a link carries nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkDownState {
    /// It went down during the run.
    WentDown,
    /// A radio that is associated with no access point.
    NotAssociated,
    /// No carrier: a cable that is out, or a port that is off.
    NoCarrier,
    /// It is administratively down.
    AdminDown,
}
