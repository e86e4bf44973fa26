//! Which ports are reached: one row for each port of a host, link and address family.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::rule::RuleContext;
use crate::rule::port::{PortOutcome, asked};
use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, IpFamily};
use pontoon_model::port::{Port, PortAnswerer};

/// A port of a host, and the hosts that reach it.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct PortRow {
    /// The port number and its transport.
    pub port: Port,
    /// The host that has the port.
    pub host: HostName,
    /// What answers there: a service, the agent, or nothing.
    #[serde(flatten)]
    pub answerer: PortAnswerer,
    /// The link of the hosts that tried it; none where routers connect them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<IfName>,
    /// The address family.
    pub family: IpFamily,
    /// Hosts that reach it.
    pub open_from: Vec<HostName>,
    /// Hosts for which the service listens on another address only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere_from: Vec<HostName>,
    /// Hosts that do not reach it.
    pub blocked_from: Vec<HostName>,
    /// Hosts for which the observations do not suffice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undecided_from: Vec<HostName>,
}

/// Sums up the ports that were tried.
#[must_use]
pub fn of(facts: &Facts) -> Vec<PortRow> {
    if facts.hosts.values().all(|host| host.listeners.is_empty()) {
        return Vec::new();
    }
    let case = RuleContext::new(facts);
    let mut rows: BTreeMap<_, PortRow> = BTreeMap::new();
    for asked in asked(&case) {
        let key = (asked.port, asked.to, asked.link, asked.family);
        let row = rows.entry(key).or_insert_with(|| PortRow {
            port: asked.port,
            host: asked.to.clone(),
            answerer: asked.answerer.clone(),
            link: asked.link.cloned(),
            family: asked.family,
            open_from: Vec::new(),
            elsewhere_from: Vec::new(),
            blocked_from: Vec::new(),
            undecided_from: Vec::new(),
        });
        let place = match asked.outcome {
            PortOutcome::Open => &mut row.open_from,
            PortOutcome::Elsewhere => &mut row.elsewhere_from,
            PortOutcome::KeptOut { .. } | PortOutcome::OnTheWay { .. } | PortOutcome::KeptIn => {
                &mut row.blocked_from
            }
            PortOutcome::Undecided => &mut row.undecided_from,
        };
        place.push(asked.from.clone());
    }
    rows.into_values().collect()
}
