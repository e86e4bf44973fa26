//! A rehearsed join: what the server and the host answered, stage by stage.

use schemars::JsonSchema;
use serde::Serialize;

/// A rehearsed join: what the server and the host answered, stage by stage.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum JoinEvidence {}
