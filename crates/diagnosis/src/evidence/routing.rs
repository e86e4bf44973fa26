//! Addresses, masks, routes and forwarding of a host.

use schemars::JsonSchema;
use serde::Serialize;

/// Addresses, masks, routes and forwarding of a host.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RoutingEvidence {}
