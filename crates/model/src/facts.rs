//! All that is known when judgement begins.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::HostName;
use crate::net::{IfName, Prefix};
use crate::observation::{Observation, RunId};
use crate::port::PortListener;
use crate::snapshot::{CollectionGap, Snapshot};

/// Everything seen in one run. The order in which it was seen does not matter.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Facts {
    /// The run.
    pub run: RunId,
    /// The hosts that took part with an agent of their own.
    pub hosts: BTreeMap<HostName, HostFacts>,
    /// What was sent, arrived and answered.
    pub observations: BTreeSet<Observation>,
    /// What the user wants, as far as it bears on judgement.
    pub intent: RunParameters,
}

/// What one host says about itself and its part in the run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HostFacts {
    /// Its account of itself.
    pub snapshot: Snapshot,
    /// How well it could watch each link.
    pub watches: Vec<LinkCapture>,
    /// What the kernel's counters gained while the run lasted, such as
    /// `TcpExt.IPReversePathFilter` (names of `/proc/net/netstat` and `/proc/net/snmp`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: BTreeMap<String, u64>,
    /// Frames this host sent, by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub frames_sent: BTreeMap<String, u32>,
    /// Who answers on the ports that were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listeners: Vec<PortListener>,
    /// What could not be tested from here, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untested: Vec<CollectionGap>,
    /// How its agent ended.
    #[serde(default)]
    pub ending: AgentOutcome,
}

impl HostFacts {
    /// A host of which nothing is known but its own account.
    #[must_use]
    pub const fn of(snapshot: Snapshot) -> Self {
        Self {
            snapshot,
            watches: Vec::new(),
            counters: BTreeMap::new(),
            frames_sent: BTreeMap::new(),
            listeners: Vec::new(),
            untested: Vec::new(),
            ending: AgentOutcome::Complete,
        }
    }
}

/// How well a host could watch a link.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LinkCapture {
    /// The link.
    pub link: IfName,
    /// Whether a packet socket saw every frame before any packet filter. Without it, that nothing
    /// arrived proves nothing about the network.
    pub sees_frames: bool,
    /// Whether the link went down while it was watched: from then on nothing could arrive.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub went_down: bool,
    /// Frames that came and for which the kernel had no room: this host was too busy to see all,
    /// so that what it did not see proves nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: u32,
    /// Questions that came and were left without an answer, so as not to send too much.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl LinkCapture {
    /// Whether a frame that came would have been seen, from the first moment to the last.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.sees_frames && !self.went_down && self.lost == 0
    }
}

/// How an agent ended.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentOutcome {
    /// It did all it was asked and said so.
    #[default]
    Complete,
    /// It died or fell silent in mid-run: its silence proves nothing.
    Died {
        /// What is known about it.
        why: String,
    },
}

/// What the user wants, as far as it bears on judgement.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RunParameters {
    /// The pod network the user named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_cidr: Option<Prefix>,
    /// The Service network the user named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_cidr: Option<Prefix>,
    /// The user's own echo server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<HostName>,
    /// Peers that were named but have no agent: only one end could be asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_ended: Vec<HostName>,
}
