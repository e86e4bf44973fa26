//! What a log or an error message says.

use schemars::JsonSchema;
use serde::Serialize;

/// What a log or an error message says.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LogEvidence {}
