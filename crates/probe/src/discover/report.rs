//! Who was found, as it is written as JSON.

use std::net::IpAddr;

use pontoon_model::net::{IfName, Mac, Prefix};
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

/// The name and version of the form. Within a version fields are only ever added.
pub const FORM: &str = "pontoon/discover/v1";

/// Who is on a link.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct DiscoveryReport {
    /// Always `pontoon/discover/v1`.
    pub schema: String,
    /// The link.
    pub link: IfName,
    /// The networks of which every address was asked by ARP.
    pub swept: Vec<Prefix>,
    /// Networks that are too large for that: only hosts that speak IPv6 or mDNS, or that asked for
    /// somebody meanwhile, were found there.
    pub skipped: Vec<Prefix>,
    /// The hosts, by address.
    pub hosts: Vec<DiscoveredHost>,
    /// Frames that were sent.
    pub sent: u32,
    /// Frames that the kernel did not take: so many were not asked.
    pub not_sent: u32,
    /// Frames that came when there was no room for them: so many may have answered.
    pub lost: u32,
}

/// A host on the link.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct DiscoveredHost {
    /// Its MAC address.
    pub mac: Mac,
    /// Who made its network card, where that is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Its addresses, IPv4 first.
    pub addresses: Vec<IpAddr>,
    /// How many more it has.
    pub more_addresses: usize,
    /// Those of its addresses that another MAC claims as well.
    pub claimed_by_others: Vec<IpAddr>,
    /// Its names by mDNS, without `.local`: what it says itself, so anything.
    pub names: Vec<Untrusted>,
}
