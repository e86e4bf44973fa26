//! Links of a host: whether they are up, what answers on them, their MTU and radio.

use schemars::JsonSchema;
use serde::Serialize;

/// Links of a host: whether they are up, what answers on them, their MTU and radio.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LinkEvidence {}
