//! Reachability between Wi-Fi networks: pairs of hosts counted by SSID and access point.
//!
//! Isolation is made per network or per access point: stations of one SSID may be kept apart where
//! those of two are routed to each other. Only networks whose names the radios report are listed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::snapshot::WifiAssociation;
use pontoon_model::untrusted::Untrusted;

use super::pairs::{PairReachability, PairRow};

/// What became of the pairs of hosts of which one is in the one network and one in the other.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct WifiNetworkPair {
    /// The SSID of one of the networks.
    pub one: Untrusted,
    /// The SSID of the second host; the same for pairs within one network.
    pub other: Untrusted,
    /// Whether the two hosts are at one access point.
    pub access_point: AccessPointRelation,
    /// The address family.
    pub family: IpFamily,
    /// Number of pairs by reachability.
    pub states: BTreeMap<PairReachability, usize>,
}

/// Whether two stations are at one access point (BSSID).
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessPointRelation {
    /// Both are at one.
    Same,
    /// They are at two different ones.
    Other,
    /// A radio does not report its access point.
    Unknown,
}

/// Makes a row for each combination of networks.
#[must_use]
pub fn of(facts: &Facts, pairs: &[PairRow]) -> Vec<WifiNetworkPair> {
    type WifiNetworkKey<'a> = (&'a Untrusted, &'a Untrusted, AccessPointRelation, IpFamily);
    let mut sums: BTreeMap<WifiNetworkKey<'_>, BTreeMap<PairReachability, usize>> = BTreeMap::new();
    for pair in pairs {
        let Some((one, other)) = radios(facts, pair) else { continue };
        let (Some(from), Some(to)) = (&one.ssid, &other.ssid) else { continue };
        let access_point = match (one.bssid, other.bssid) {
            (Some(a), Some(b)) if a == b => AccessPointRelation::Same,
            (Some(_), Some(_)) => AccessPointRelation::Other,
            _ => AccessPointRelation::Unknown,
        };
        let key = (from.min(to), from.max(to), access_point, pair.family);
        *sums.entry(key).or_default().entry(pair.state).or_default() += 1;
    }
    sums.into_iter()
        .map(|((one, other, access_point, family), states)| WifiNetworkPair {
            one: one.clone(),
            other: other.clone(),
            access_point,
            family,
            states,
        })
        .collect()
}

/// The radios of a pair: those of the link it was probed on, or, where the kernel chose by its
/// routes, those by which the two hosts leave.
fn radios<'a>(
    facts: &'a Facts,
    pair: &PairRow,
) -> Option<(&'a WifiAssociation, &'a WifiAssociation)> {
    match &pair.link {
        Some(link) => {
            let one = radio(facts, &pair.from, link)?;
            // The other host's link may have another name: the one in the same network is meant.
            let other = radio(facts, &pair.to, link).or_else(|| uplink(facts, &pair.to));
            Some((one, other?))
        }
        None => Some((uplink(facts, &pair.from)?, uplink(facts, &pair.to)?)),
    }
}

fn radio<'a>(facts: &'a Facts, host: &HostName, link: &IfName) -> Option<&'a WifiAssociation> {
    facts.hosts.get(host)?.snapshot.link(link)?.radio.as_ref()
}

fn uplink<'a>(facts: &'a Facts, host: &HostName) -> Option<&'a WifiAssociation> {
    let snapshot = &facts.hosts.get(host)?.snapshot;
    let mut links = snapshot.default_routes().filter_map(|route| route.link.as_ref());
    links.find_map(|link| snapshot.link(link)?.radio.as_ref())
}
