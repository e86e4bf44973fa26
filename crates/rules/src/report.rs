//! The report at the end of a run: the verdict, the diagnoses, and the sums behind them.

pub mod groups;
pub mod wifi_networks;
pub mod pairs;
pub mod reach;
pub mod ports;
pub mod verdict;

use std::collections::BTreeMap;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use pontoon_diagnosis::Diagnosis;
use pontoon_model::facts::{AgentOutcome, Facts, HostFacts};
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily, Mac, Prefix};
use pontoon_model::observation::RunId;
use pontoon_model::record::Record;
use pontoon_model::snapshot::{Link, LinkKind};
use pontoon_model::untrusted::Untrusted;

use pairs::PairRow;
use ports::PortRow;
use verdict::SurveyVerdict;
use wifi_networks::WifiNetworkPair;

/// The name and version of the report's form. Within a version fields are only ever added.
pub const SCHEMA: &str = "pontoon/report/v2";

/// The report at the end of a run; the same facts always give the same bytes.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SurveyReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The id of the run.
    pub run: RunId,
    /// The result in one sentence.
    pub verdict: SurveyVerdict,
    /// What is wrong, the worst first.
    pub diagnoses: Vec<Diagnosis>,
    /// The hosts that took part.
    pub hosts: Vec<ReportedHost>,
    /// Hosts that were named and not reached, or left during the run, and why.
    pub unreached: BTreeMap<HostName, Untrusted>,
    /// Which hosts reach each other, by link and address family.
    pub pairs: Vec<PairRow>,
    /// Which WiFi networks reach each other, as far as radios report their names.
    pub networks: Vec<WifiNetworkPair>,
    /// Which hosts reach which ports, where ports were asked for.
    pub ports: Vec<PortRow>,
    /// What was not tested, with the reasons.
    pub untested: Vec<ReportedGap>,
    /// Number of frames sent for this report, by host and kind.
    pub frames_sent: BTreeMap<HostName, BTreeMap<String, u32>>,
}

/// A host that took part in the run.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ReportedHost {
    /// The name of the host within the run.
    pub name: HostName,
    /// Its own host name.
    pub host_name: HostName,
    /// The links on which other hosts may be.
    pub links: Vec<LinkSummary>,
    /// The link of the first IPv4 default route, whose address kubeadm advertises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_link: Option<IfName>,
    /// How the host's agent ended.
    pub ending: AgentOutcome,
}

/// A link of a host.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LinkSummary {
    /// The name of the link.
    pub name: IfName,
    /// The kind of link.
    pub kind: LinkKind,
    /// The MAC address of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<Mac>,
    /// Whether the link is up and has a carrier.
    pub is_usable: bool,
    /// Its addresses and networks.
    pub addresses: Vec<Prefix>,
    /// The gateway of the IPv4 default route on the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<IpAddr>,
    /// The SSID of the Wi-Fi network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssid: Option<Untrusted>,
    /// The MAC address of the access point's radio (BSSID).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bssid: Option<Mac>,
    /// Centre frequency of the channel in MHz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_mhz: Option<u32>,
}

/// Something that was not tested.
#[derive(Clone, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ReportedGap {
    /// The host on which it was not tested.
    pub host: HostName,
    /// What was not tested.
    pub what: String,
    /// The reason, and what would help.
    pub why: String,
}

impl SurveyReport {
    /// Makes the report of a run.
    #[must_use]
    pub fn new(record: &Record, diagnoses: Vec<Diagnosis>) -> Self {
        let Record { facts, unreached } = record;
        let diagnoses = worst_first(diagnoses);
        let pairs = pairs::of(facts, &diagnoses);
        let ports = ports::of(facts);
        Self {
            schema: SCHEMA.to_owned(),
            run: facts.run,
            verdict: SurveyVerdict::new(record, &diagnoses, &pairs, &ports),
            hosts: facts.hosts.iter().map(|(name, host)| ReportedHost::new(name, host)).collect(),
            unreached: unreached.clone().into_iter().chain(left(facts)).collect(),
            untested: untested(facts),
            frames_sent: facts
                .hosts
                .iter()
                .map(|(name, host)| (name.clone(), host.frames_sent.clone()))
                .collect(),
            diagnoses,
            networks: wifi_networks::of(facts, &pairs),
            ports,
            pairs,
        }
    }
}

/// Hosts that took part but whose agents did not complete the run.
fn left(facts: &Facts) -> impl Iterator<Item = (HostName, Untrusted)> {
    facts.hosts.iter().filter_map(|(name, host)| match &host.ending {
        AgentOutcome::Died { why } => {
            Some((name.clone(), Untrusted::new(&format!("it left in mid-run: {why}"))))
        }
        AgentOutcome::Complete => None,
    })
}

/// Sorts by severity, then certainty; what is equal in both keeps its order.
fn worst_first(mut diagnoses: Vec<Diagnosis>) -> Vec<Diagnosis> {
    diagnoses.sort_by_key(|one| std::cmp::Reverse((one.severity, one.certainty)));
    diagnoses
}

impl ReportedHost {
    fn new(name: &HostName, host: &HostFacts) -> Self {
        let snapshot = &host.snapshot;
        let summary = |link: &Link| LinkSummary {
            name: link.name.clone(),
            kind: link.kind,
            mac: link.mac,
            is_usable: link.is_usable(),
            addresses: link.addresses.iter().map(|address| address.prefix).collect(),
            gateway: snapshot.gateway(&link.name, IpFamily::V4),
            ssid: link.radio.as_ref().and_then(|radio| radio.ssid.clone()),
            bssid: link.radio.as_ref().and_then(|radio| radio.bssid),
            frequency_mhz: link.radio.as_ref().and_then(|radio| radio.frequency_mhz),
        };
        Self {
            name: name.clone(),
            host_name: snapshot.host_name.clone(),
            links: snapshot.links.iter().filter(|link| link.reaches_hosts()).map(summary).collect(),
            default_link: snapshot
                .default_routes()
                .find(|route| route.destination.family() == IpFamily::V4)
                .and_then(|route| route.link.clone()),
            ending: host.ending.clone(),
        }
    }
}

fn untested(facts: &Facts) -> Vec<ReportedGap> {
    let mut all: Vec<_> = facts
        .hosts
        .iter()
        .flat_map(|(name, host)| {
            let unread = host.untested.iter().chain(&host.snapshot.unread);
            unread.map(|gap| ReportedGap {
                host: name.clone(),
                what: gap.what.clone(),
                why: gap.why.clone(),
            })
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests;
