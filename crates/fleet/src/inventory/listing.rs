//! What `pontoon hosts list --json` writes.

use pontoon_model::host::HostName;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Entry, Host};

/// The name and version of the form. Within a version fields are only ever added.
pub const LISTING: &str = "pontoon/hosts/v1";

/// Hosts of an inventory, in its order.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Listing {
    /// Always [`LISTING`].
    pub schema: String,
    /// The hosts.
    pub hosts: Vec<Listed>,
}

/// A host and what is known of it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: HostName,
    /// What `ssh` would be told to connect to: its address, or its name.
    pub destination: String,
    /// What the inventory says of it.
    pub known: Entry,
}

impl Listing {
    /// These hosts as they are listed.
    #[must_use]
    pub fn new(hosts: &[Host]) -> Self {
        let listed = |host: &Host| Listed {
            name: host.name.clone(),
            destination: host.destination().to_owned(),
            known: host.entry.clone(),
        };
        Self { schema: LISTING.to_owned(), hosts: hosts.iter().map(listed).collect() }
    }
}
