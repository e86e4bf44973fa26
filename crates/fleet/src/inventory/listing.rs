//! The result of `pontoon hosts list --json`.

use pontoon_model::host::HostName;
use schemars::JsonSchema;
use serde::Serialize;

use super::{HostEntry, InventoryHost};

/// Name and version of the format. Within a version, fields are only ever added.
pub const LISTING: &str = "pontoon/hosts/v1";

/// Hosts of an inventory, in the order of the file.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct InventoryListing {
    /// Always [`LISTING`].
    pub schema: String,
    /// The listed hosts.
    pub hosts: Vec<ListedHost>,
}

/// A host with its properties.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ListedHost {
    /// The name of the host.
    pub name: HostName,
    /// What `ssh` would connect to: the address, or the name.
    pub destination: String,
    /// The properties in the inventory.
    pub known: HostEntry,
}

impl InventoryListing {
    /// The listing of these hosts.
    #[must_use]
    pub fn new(hosts: &[InventoryHost]) -> Self {
        let listed = |host: &InventoryHost| ListedHost {
            name: host.name.clone(),
            destination: host.destination().to_owned(),
            known: host.entry.clone(),
        };
        Self { schema: LISTING.to_owned(), hosts: hosts.iter().map(listed).collect() }
    }
}
