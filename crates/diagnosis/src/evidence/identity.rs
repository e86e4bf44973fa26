//! Names, ids and MAC addresses that should be unique.

use schemars::JsonSchema;
use serde::Serialize;

/// Names, ids and MAC addresses that should be unique.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum IdentityEvidence {}
