//! Why a setting for Kubernetes was decided as it was, or could not be.

use schemars::JsonSchema;
use serde::Serialize;

/// Why a setting for Kubernetes was decided as it was, or could not be.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SettingsEvidence {}
