//! Name servers, clocks, captive portals and UDP to the internet.

use schemars::JsonSchema;
use serde::Serialize;

/// Name servers, clocks, captive portals and UDP to the internet.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ServiceEvidence {}
