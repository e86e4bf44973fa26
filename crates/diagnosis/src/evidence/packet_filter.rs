//! Packet filters of a host, and ports that are blocked.

use schemars::JsonSchema;
use serde::Serialize;

/// Packet filters of a host, and ports that are blocked.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FilterEvidence {}
