//! What a survey found, how far it is, and why it could not begin.

use std::net::IpAddr;

use pontoon_model::facts::Facts;
use pontoon_model::host::HostName;
use pontoon_model::net::IfName;

use super::agent_channel::UnreachedReason;
use crate::run_key::{NoRandomness, RunKey};

/// What a run found.
#[derive(Debug)]
pub struct SurveyResult {
    /// What every host saw, for diagnosis.
    pub facts: Facts,
    /// Hosts that were named and could not be asked, and why.
    pub unreached: Vec<(HostName, UnreachedReason)>,
    /// The key of the run, under which names are redacted.
    pub key: RunKey,
}

/// How far a run is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SurveyProgress {
    /// Agents are being started.
    Starting {
        /// How many hosts were named.
        hosts: usize,
    },
    /// Questions are being put.
    Asking {
        /// Pairs of hosts on shared links.
        pairs: usize,
        /// Of these, how many have been settled.
        settled: usize,
        /// Milliseconds that the rest takes at most.
        left_ms: u64,
    },
    /// Every pair on a link is settled.
    Link {
        /// What the first hosts of these pairs call it.
        link: IfName,
        /// How many pairs share the link.
        pairs: usize,
        /// Those of them on which frames pass both ways.
        open: usize,
        /// Milliseconds since the first question.
        after_ms: u64,
    },
}

/// A run cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurveyError {
    /// Not one agent could be reached.
    #[error("no agent could be reached: {}", first(.unreached))]
    Nobody {
        /// Every host, and why.
        unreached: Vec<(HostName, UnreachedReason)>,
    },
    /// No link of this host leads to the peer.
    #[error(
        "no link of {host} is in the network of {peer}: pairing is for two hosts on one network"
    )]
    NotOurNetwork {
        /// The host on which this runs.
        host: HostName,
        /// The address that was to be asked.
        peer: IpAddr,
    },
    /// Another program has the port of the code.
    #[error("UDP port {port} is taken on {host}: let the first host make a new code")]
    PortTaken {
        /// The host on which this runs.
        host: HostName,
        /// The UDP port that the code names.
        port: u16,
    },
    /// No host was named that could be asked.
    #[error("a run needs at least one host")]
    NoSeats,
    /// No keys could be made.
    #[error("a run needs keys")]
    NoRandomness(#[source] NoRandomness),
}

pub(super) fn no_agents_error(unreached: Vec<(HostName, UnreachedReason)>) -> SurveyError {
    if unreached.is_empty() { SurveyError::NoSeats } else { SurveyError::Nobody { unreached } }
}

fn first(unreached: &[(HostName, UnreachedReason)]) -> String {
    let words = unreached.first().map(|(host, why)| format!("{host}: {why}"));
    words.unwrap_or_default()
}
