//! The messages between coordinator and agent.
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

use crate::probe_token::TokenHeader;
use crate::round_schedule::{ProbeTask, RoundSchedule};
use crate::run_key::{RunKey, from_hex};

/// A message of the coordinator.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub enum ToAgent {
    /// Begins the run in which the agent takes part: one for each agent. Answered by [`FromAgent::Ready`].
    Begin {
        /// The id of the run.
        run: RunId,
        /// The number of the agent's host in the run.
        number: u16,
        /// What the run calls this host, whatever its own name is.
        host: HostName,
        /// The key that all agents of the run have: packets of the run are known by it.
        run_key: RunKey,
        /// The key of this agent and the coordinator: proves which host made a packet.
        own_key: RunKey,
        /// Whether to resolve the host's own name with its name services, as kubelet will.
        #[serde(default)]
        asks_own_name: bool,
        /// Hosts outside the run that the agent may ask; without them, none.
        #[serde(default)]
        third_parties: ThirdParties,
    },
    /// Opens sockets on these links, once in a run; their places are the link numbers of tokens. Answered by
    /// [`FromAgent::Watching`].
    Watch {
        /// Names of this host's links; 16 at most.
        links: Vec<IfName>,
        /// The UDP port to answer on; without it, one that the kernel picks.
        #[serde(default)]
        port: Option<u16>,
    },
    /// Names the other hosts of the run: the agent probes and answers no others.
    Peers {
        /// All other hosts of the run.
        peers: Vec<SurveyPeer>,
    },
    /// Listens on these ports until the run ends, where no service does. Answered by
    /// [`FromAgent::Listening`].
    Listen {
        /// The ports to open; those that a service holds stay with it.
        ports: Vec<Port>,
    },
    /// Puts these questions, each at its time.
    Do {
        /// Questions to every peer on a link, round after round.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rounds: Vec<RoundSchedule>,
        /// Questions that are put once.
        tasks: Vec<ProbeTask>,
    },
    /// Drops the questions of these groups that have not been put yet.
    Cancel {
        /// Groups of tasks, as in [`ProbeTask::group`].
        groups: Vec<u32>,
    },
    /// Ends the run. Answered by [`FromAgent::Finished`].
    Finish,
}

impl ToAgent {
    /// Whether the agent answers it with a message of its own.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        matches!(self, Self::Begin { .. } | Self::Watch { .. } | Self::Listen { .. } | Self::Finish)
    }
}

/// Hosts outside the run that an agent may ask.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ThirdParties {
    /// Hosts that the user named: peers without an agent, the user's own server.
    pub hosts: Vec<IpAddr>,
    /// Whether the agent's own name servers may be asked, and the check page and the time server at
    /// the addresses that they give.
    pub has_internet: bool,
}

/// Another host of the run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SurveyPeer {
    /// The number of the host in the run.
    pub number: u16,
    /// What the run calls the host.
    pub host: HostName,
    /// The links that its agent watches, in the order of their numbers.
    pub links: Vec<IfName>,
    /// The MAC addresses of all its links.
    pub macs: Vec<Mac>,
    /// Its addresses, each with the place in `links` of the link that holds it.
    pub addresses: Vec<(IpAddr, Option<u8>)>,
    /// The gateways of its default routes: where its packets go if it forwards those of others.
    #[serde(default)]
    pub gateways: Vec<IpAddr>,
}

impl SurveyPeer {
    /// Whether the host has this address.
    #[must_use]
    pub fn has_address(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|(own, _)| *own == address)
    }
}

/// A message of an agent.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub enum FromAgent {
    /// The agent takes part.
    Ready {
        /// What the agent read about its host.
        snapshot: Box<Snapshot>,
    },
    /// The sockets are open.
    Watching {
        /// How well each link can be watched.
        watches: Vec<LinkCapture>,
        /// The UDP port on which the agent answers over IPv4.
        port_v4: Option<u16>,
        /// The UDP port on which it answers over IPv6.
        port_v6: Option<u16>,
        /// The host's clock when this was written, in milliseconds since 1970.
        #[serde(default)]
        unix_ms: Option<u64>,
    },
    /// The ports are open.
    Listening {
        /// What answers on each port: the agent, a service, or nothing.
        listeners: Vec<PortListener>,
    },
    /// Packets left, arrived or came back.
    Saw {
        /// The observations in the order in which they were made.
        seen: Vec<ReportedObservation>,
    },
    /// Every question has been put, and every machine is done.
    Idle,
    /// The agent has closed its sockets.
    Finished {
        /// How well each link could be watched, up to the end.
        #[serde(default)]
        watches: Vec<LinkCapture>,
        /// By how much the kernel's counters grew in the run.
        counters: BTreeMap<String, u64>,
        /// Frames sent, by link and kind: `wlan0 udp`.
        frames_sent: BTreeMap<String, u32>,
        /// What could not be tested.
        untested: Vec<CollectionGap>,
    },
    /// The agent cannot go on.
    Fault {
        /// What was tried, what happened, what would help.
        why: String,
    },
}

/// An observation, with the proof that a packet of another host was really seen.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ReportedObservation {
    /// What was sent, arrived or answered.
    pub observation: Observation,
    /// On `arrived`: the sender's proof, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

impl ReportedObservation {
    /// Whether the packet was made by the host of this number, with its own key, for its link of
    /// this number.
    #[must_use]
    pub fn is_proven(&self, sender: u16, link: u8, own: &RunKey) -> bool {
        let proof = self.proof.as_deref().and_then(from_hex);
        let (Some(code), Some(Ok(proof))) =
            (self.observation.kind.token_code(), proof.map(TryInto::try_into))
        else {
            return false;
        };
        let round = self.observation.round;
        TokenHeader { sender, link, code, is_answer: false, round }.is_proven_by(proof, own)
    }
}
