//! What a host says of itself that is to become a node.

use pontoon_join::preflight::PreflightFacts;
use pontoon_model::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// A host before its join.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct JoiningHost {
    /// What kubeadm looks at on it.
    pub host: PreflightFacts,
    /// Its links and the rest. Its clock decides whether certificates are valid.
    pub snapshot: Snapshot,
}
