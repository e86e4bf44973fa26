//! The collected facts of a run: the input of all rules.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::HostName;
use crate::net::{IfName, Prefix};
use crate::observation::{Observation, RunId};
use crate::port::PortListener;
use crate::snapshot::{CollectionGap, Snapshot};

/// Everything observed in one run. Rules do not depend on the order of observation.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Facts {
    /// The id of the run; the same on all its hosts.
    pub run: RunId,
    /// The hosts that ran an agent, with what each reported.
    pub hosts: BTreeMap<HostName, HostFacts>,
    /// Probes that were sent, frames that arrived, and responses.
    pub observations: BTreeSet<Observation>,
    /// Parameters of the run that the rules need.
    pub intent: RunParameters,
}

/// What one host reported about itself and about its part in the run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HostFacts {
    /// The host's network configuration.
    pub snapshot: Snapshot,
    /// How completely it could capture on each link.
    pub watches: Vec<LinkCapture>,
    /// What the kernel's counters gained while the run lasted, such as
    /// `TcpExt.IPReversePathFilter` (names of `/proc/net/netstat` and `/proc/net/snmp`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: BTreeMap<String, u64>,
    /// Number of frames this host sent, by kind of frame.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub frames_sent: BTreeMap<String, u32>,
    /// What listens on each port under test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listeners: Vec<PortListener>,
    /// What could not be tested from this host, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untested: Vec<CollectionGap>,
    /// How its agent ended.
    #[serde(default)]
    pub ending: AgentOutcome,
}

impl HostFacts {
    /// A host of which only the snapshot is known.
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

/// How completely a host could capture frames on a link.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LinkCapture {
    /// The captured link.
    pub link: IfName,
    /// Whether a packet socket captured every frame before any packet filter. If not, a missing
    /// arrival is no evidence about the network.
    pub sees_frames: bool,
    /// Whether the link went down during the capture: from then on no frame could arrive.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub went_down: bool,
    /// Frames that the kernel dropped because the socket buffer was full. If any were dropped, a
    /// missing arrival is no evidence about the network.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: u32,
    /// Requests that were left unanswered to stay within the send budget.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl LinkCapture {
    /// Whether every frame that arrived was captured, from the start of the run to its end.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.sees_frames && !self.went_down && self.lost == 0
    }
}

/// How an agent ended its run.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentOutcome {
    /// It completed its schedule and reported so.
    #[default]
    Complete,
    /// It died or stopped responding during the run, so missing arrivals there are no evidence.
    Died {
        /// The known reason, such as an exit status or a timeout.
        why: String,
    },
}

/// Parameters of the run, given by the user, that the rules need.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RunParameters {
    /// The pod CIDR, if the user gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_cidr: Option<Prefix>,
    /// The Service CIDR, if the user gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_cidr: Option<Prefix>,
    /// The echo server outside the network (`--server`), if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<HostName>,
    /// Peers without an agent: only this side of the path is observed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_ended: Vec<HostName>,
}
