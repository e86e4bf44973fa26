//! What coordinator and agent say to each other.
//!
//! The coordinator schedules, the agent executes and reports: an agent holds no policy but its
//! own limits. These are the bodies of the messages of
//! [`ServiceName::Survey`](pontoon_remote::message::ServiceName); a change of one makes a new
//! version of the protocol ([`pontoon_remote::preamble::VERSIONS`]).

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_model::facts::LinkCapture;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Mac};
use pontoon_model::observation::{Observation, RunId};
use pontoon_model::port::{Port, PortListener};
use pontoon_model::snapshot::{CollectionGap, Snapshot};
use serde::{Deserialize, Serialize};

use crate::round_schedule::{ProbeTask, RoundSchedule};
use crate::run_key::RunKey;

/// What the coordinator says.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub enum ToAgent {
    /// You take part in this run. Answered by [`FromAgent::Ready`].
    Begin {
        /// The id of the run.
        run: RunId,
        /// The agent's number.
        number: u16,
        /// What the run calls this host.
        host: HostName,
        /// Known to all agents of the run.
        run_key: RunKey,
        /// Known to this agent and the coordinator.
        own_key: RunKey,
        /// Ask this host's name services what its own name means, as kubelet will.
        #[serde(default)]
        asks_own_name: bool,
    },
    /// Watch these links, in this order: their places are the link numbers of tokens. Answered
    /// by [`FromAgent::Watching`].
    Watch {
        /// Names of this host's links; 16 at most.
        links: Vec<IfName>,
        /// The UDP port to answer on; none: whichever is free.
        #[serde(default)]
        port: Option<u16>,
    },
    /// These are the other hosts of the run: probe and answer nobody else.
    Peers {
        /// All other hosts of the run.
        peers: Vec<Peer>,
    },
    /// Listen on these ports until the run ends, where nobody else does. Answered by
    /// [`FromAgent::Listening`].
    Listen {
        /// The ports to open; those that a service holds stay with it.
        ports: Vec<Port>,
    },
    /// Put these questions.
    Do {
        /// Those that make up rounds with many peers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rounds: Vec<RoundSchedule>,
        /// Questions that are put once.
        tasks: Vec<ProbeTask>,
    },
    /// Forget the questions of these groups that have not been put yet.
    Cancel {
        /// Groups of tasks, as in [`ProbeTask::group`].
        groups: Vec<u32>,
    },
    /// Stop watching. Answered by [`FromAgent::Finished`].
    Finish,
}

impl ToAgent {
    /// Whether the agent answers it.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        matches!(self, Self::Begin { .. } | Self::Watch { .. } | Self::Listen { .. } | Self::Finish)
    }
}

/// Another host of the run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Peer {
    /// The number of the host in the run.
    pub number: u16,
    /// What the run calls it.
    pub host: HostName,
    /// The links it watches, in its order.
    pub links: Vec<IfName>,
    /// Its MAC addresses.
    pub macs: Vec<Mac>,
    /// Its addresses, each with the place in `links` of the link that holds it.
    pub addresses: Vec<(IpAddr, Option<u8>)>,
}

/// What an agent says.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub enum FromAgent {
    /// I am here.
    Ready {
        /// My account of my host.
        snapshot: Box<Snapshot>,
    },
    /// The sockets are open.
    Watching {
        /// How well, for each link.
        watches: Vec<LinkCapture>,
        /// The UDP port on which I answer over IPv4.
        port_v4: Option<u16>,
        /// The same over IPv6.
        port_v6: Option<u16>,
        /// My clock as I say this, in milliseconds since 1970.
        #[serde(default)]
        unix_ms: Option<u64>,
    },
    /// I listen, or somebody else does.
    Listening {
        /// Who answers on each port.
        listeners: Vec<PortListener>,
    },
    /// This left, arrived or came back.
    Saw {
        /// In the order in which it happened.
        seen: Vec<Seen>,
    },
    /// Every question has been put, and those of several packets have their answers.
    Idle,
    /// I stopped watching.
    Finished {
        /// How well I could watch each link, to the end.
        #[serde(default)]
        watches: Vec<LinkCapture>,
        /// What the kernel's counters gained.
        counters: BTreeMap<String, u64>,
        /// Frames sent, by link and kind: `wlan0 udp`.
        frames_sent: BTreeMap<String, u32>,
        /// What could not be tested.
        untested: Vec<CollectionGap>,
    },
    /// I cannot go on.
    Fault {
        /// What was tried, what happened, what would help.
        why: String,
    },
}

/// An observation, with the proof that a packet of another host was really seen.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Seen {
    /// What was sent, arrived or answered.
    pub observation: Observation,
    /// On `arrived`: the sender's proof, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}
