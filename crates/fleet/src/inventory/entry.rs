//! The properties of a host.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use pontoon_model::host::HostName;
use pontoon_model::net::TextParseError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClusterName, HostAddress, HostLabels, KeyPath, UserName};

/// The role of a host in its cluster.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum HostRole {
    /// It runs the API server (formerly called master).
    ControlPlane,
    /// It runs pods only.
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

/// The properties of a host. All are optional; what is absent is left to the configuration of
/// `ssh`.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostEntry {
    /// The role in its cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<HostRole>,
    /// The address for connections, if the name does not resolve to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<HostAddress>,
    /// The user of the login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
    /// The port of the SSH server, if not 22.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<NonZeroU16>,
    /// Path of the private key on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyPath>,
    /// Labels for Kubernetes, or for the user's own purposes.
    #[serde(default, skip_serializing_if = "HostLabels::is_empty")]
    pub labels: HostLabels,
    /// The name of its cluster, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterName>,
}

/// A host with its properties.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InventoryHost {
    /// The name of the host.
    pub name: HostName,
    /// The known properties.
    pub entry: HostEntry,
}

impl InventoryHost {
    /// What `ssh` connects to: the address, or the name, which ssh resolves with its own
    /// configuration.
    #[must_use]
    pub fn destination(&self) -> &str {
        self.entry.address.as_ref().map_or(self.name.as_str(), HostAddress::as_str)
    }
}
