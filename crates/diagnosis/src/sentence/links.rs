//! Sentences about the links of a host.

use std::fmt;

use crate::evidence::{GatewayProbe, LinkDownState, LinkEvidence};

impl fmt::Display for LinkEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GatewaySilent { gateway, link, asked, by } => {
                let probes = match by {
                    GatewayProbe::Arp => "ARP requests for",
                    GatewayProbe::Ping => "pings to",
                };
                write!(f, "{asked} {probes} the gateway {gateway} on {link} got no reply")
            }
            Self::OtherHostsHeard => f.write_str(
                "other hosts are heard on that link: only the gateway is silent, or its address \
                 is wrong",
            ),
            Self::NothingElseHeard => f.write_str("nothing else was heard on that link either"),
            Self::GatewayMacsDiffer { gateway, a, a_mac, b, b_mac } => write!(
                f,
                "the gateway {gateway} has the MAC address {a_mac} for {a} and {b_mac} for {b}: \
                 these may be two networks with the same addresses"
            ),
            Self::LinkDown { host, link, prefix, state } => {
                let state = match state {
                    LinkDownState::WentDown => "went down during the run",
                    LinkDownState::NotAssociated => "is not associated with an access point",
                    LinkDownState::NoCarrier => "has no carrier",
                    LinkDownState::AdminDown => "is administratively down",
                };
                write!(f, "{host}'s {link} ({prefix}) {state}")
            }
            Self::NeighbourLinkUp { peer } => {
                write!(f, "{peer}'s link in the same network is up")
            }
            Self::NeighbourLinkWentDown { peer } => write!(
                f,
                "{peer}'s link in the same network went down as well: what connected them is gone"
            ),
            Self::PowerSaveOn { host, link } => write!(f, "power save is on for {host}'s {link}"),
            Self::SameSsid { ssid, a_bssid, b_bssid } => {
                write!(f, "both are in the WiFi network `{ssid}`")?;
                match (a_bssid, b_bssid) {
                    (Some(a), Some(b)) if a == b => write!(f, ", at one access point ({a})"),
                    (Some(a), Some(b)) => write!(f, ", at different access points ({a}, {b})"),
                    _ => Ok(()),
                }
            }
            Self::DifferentSsids { a, a_ssid, b, b_ssid } => {
                write!(f, "{a} is in the WiFi network `{a_ssid}`, {b} in `{b_ssid}`")
            }
            Self::LinkMtu { host, link, mtu } => write!(f, "the MTU of {host}'s {link} is {mtu}"),
            Self::UsualMtu { hosts, mtu } => {
                write!(f, "in the same network it is {mtu} on {hosts}")
            }
            Self::LinkName { host, link, usual, hosts } => write!(
                f,
                "{host}'s link into this network is {link}, while it is {usual} on {hosts}"
            ),
            Self::SizePasses { to, bytes } => write!(f, "packets of {bytes} bytes reach {to}"),
            Self::SizeLost { to, bytes, sent } => write!(
                f,
                "0 of {sent} packets of {bytes} bytes reach {to}, and no router reports an error"
            ),
        }
    }
}
