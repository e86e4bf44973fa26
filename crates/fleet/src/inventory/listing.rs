//! What `pontoon hosts list --json` writes.

use pontoon_model::host::HostName;
use schemars::JsonSchema;
use serde::Serialize;

use super::{HostEntry, InventoryHost};

/// The name and version of the form. Within a version fields are only ever added.
pub const LISTING: &str = "pontoon/hosts/v1";

/// Hosts of an inventory, in its order.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct InventoryListing {
    /// Always [`LISTING`].
    pub schema: String,
    /// The hosts.
    pub hosts: Vec<ListedHost>,
}

/// A host and what is known of it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ListedHost {
    /// Its name.
    pub name: HostName,
    /// What `ssh` would be told to connect to: its address, or its name.
    pub destination: String,
    /// What the inventory says of it.
    pub known: HostEntry,
}

impl InventoryListing {
    /// These hosts as they are listed.
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
