//! Objects, nodes and connectivity of a running cluster.

use schemars::JsonSchema;
use serde::Serialize;

/// Objects, nodes and connectivity of a running cluster.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ClusterEvidence {}
