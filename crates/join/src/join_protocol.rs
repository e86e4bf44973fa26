//! What is said between the two ends of a join that is rehearsed on another host. These are the
//! bodies of the messages of [`ServiceName::Join`](pontoon_remote::message::ServiceName); a change
//! of one makes a new version of the protocol ([`pontoon_remote::preamble::VERSIONS`]).
//!
//! No request has room for a token or another secret: they stay on the host where the user is.

use pontoon_model::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

use crate::discovery_flow::{DiscoveryQuery, DiscoveryReply};
use crate::join_timeouts::JoinTimeouts;
use crate::preflight::PreflightFacts;

/// What a host that is to join is asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum JoinHostRequest {
    /// What it is like before the join.
    Describe,
    /// Ask API servers anonymously, all at once.
    Contact {
        /// The questions, each with its server and link.
        questions: Vec<DiscoveryQuery>,
        /// How long each of them may take.
        limits: JoinTimeouts,
    },
}

/// What it responds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum JoinHostResponse {
    /// The response to [`JoinHostRequest::Describe`].
    Described(Box<JoiningHost>),
    /// To [`JoinHostRequest::Contact`], in the order of the questions.
    Contacted(Vec<DiscoveryReply>),
}

/// A host before its join.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct JoiningHost {
    /// What kubeadm's preflight checks look at on it.
    pub preflight: PreflightFacts,
    /// Its links and the rest. Its clock decides whether certificates are valid.
    pub snapshot: Snapshot,
}
