//! What is known of a host.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use pontoon_model::host::HostName;
use pontoon_model::net::TextParseError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClusterName, HostAddress, HostLabels, KeyPath, UserName};

/// What a host does in its cluster.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum HostRole {
    /// It runs the API server: what was called master.
    ControlPlane,
    /// It runs pods.
    Worker,
}

impl fmt::Display for HostRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ControlPlane => "control-plane",
            Self::Worker => "worker",
        })
    }
}

impl FromStr for HostRole {
    type Err = TextParseError;

    fn from_str(text: &str) -> Result<Self, TextParseError> {
        match text {
            "control-plane" => Ok(Self::ControlPlane),
            "worker" => Ok(Self::Worker),
            _ => Err(TextParseError::new(text, "a role: control-plane or worker")),
        }
    }
}

/// What is known of a host. Everything is optional: what is not said here is for `ssh` to know.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostEntry {
    /// What it does in its cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<HostRole>,
    /// Where it is reached, if not by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<HostAddress>,
    /// The user to log in as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
    /// The port of its SSH server, if not 22.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<NonZeroU16>,
    /// Where the private key for it lies on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyPath>,
    /// Labels, for Kubernetes or for you.
    #[serde(default, skip_serializing_if = "HostLabels::is_empty")]
    pub labels: HostLabels,
    /// The cluster it belongs to, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterName>,
}

/// A host by its name, and what is known of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InventoryHost {
    /// Its name.
    pub name: HostName,
    /// What is known of it.
    pub entry: HostEntry,
}

impl InventoryHost {
    /// What `ssh` is to connect to: the address, or the name, which ssh resolves with its own
    /// configuration.
    #[must_use]
    pub fn destination(&self) -> &str {
        self.entry.address.as_ref().map_or(self.name.as_str(), HostAddress::as_str)
    }
}
