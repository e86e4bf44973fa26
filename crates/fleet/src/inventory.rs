//! The inventory: properties of the user's hosts, in a file for manual editing.
//!
//! ```toml
//! [host.pi1]
//! role = "control-plane"
//! address = "192.168.1.21"
//! user = "pi"
//! key = "~/.ssh/id_pi"
//! labels = { rack = "3" }
//! cluster = "campus"
//! ```
//!
//! All properties of a host are optional, and so is its entry: a name without one is still a valid
//! host, which `ssh` may know. `docs/schema/hosts.schema.json` describes the format.

mod host_values;
mod label;
mod entry;
mod toml_reader;
mod toml_editor;
mod assign;
mod listing;
mod location;
mod store;
mod lock;
pub mod import;

use std::fmt;

use pontoon_model::host::HostName;
use toml_edit::DocumentMut;

pub use assign::{AssignError, AssignHint, HostField, assign, role_of};
pub use entry::{HostEntry, HostRole, InventoryHost};
pub use host_values::{ClusterName, HostAddress, KeyPath, UserName};
pub use label::{HostLabels, LabelKey, LabelValue};
pub use listing::{InventoryListing, LISTING, ListedHost};
pub use location::{
    FILE_NAME, IgnoredReason, InventoryLocation, LocationOrigin, NoInventoryLocation, VARIABLE,
};
pub use lock::InventoryLock;
pub use store::{InventoryLoadError, InventorySaveError, load, load_from, save};
pub use toml_reader::{InventoryDocument, InventoryError, TEXT_BYTES_MAX};

/// Hosts and the text that defines them. Changes are made in the text, so that comments and order
/// stay.
#[derive(Clone, Debug)]
pub struct Inventory {
    document: DocumentMut,
    hosts: Vec<InventoryHost>,
}

impl Default for Inventory {
    fn default() -> Self {
        let mut document = DocumentMut::new();
        document
            .set_trailing("# Hosts of pontoon. `pontoon hosts --help` says what may stand here.\n");
        Self { document, hosts: Vec::new() }
    }
}

impl Inventory {
    /// Parses the text of an inventory.
    ///
    /// # Errors
    ///
    /// [`InventoryError`] if the text is too long, not TOML, or has unknown keys or invalid values.
    pub fn parse(text: &str) -> Result<Self, InventoryError> {
        let (document, hosts) = toml_reader::read(text)?;
        Ok(Self { document, hosts })
    }

    /// The hosts, in the order of the file.
    #[must_use]
    pub fn hosts(&self) -> &[InventoryHost] {
        &self.hosts
    }

    /// The properties of a host; `None` if it is not in the file.
    #[must_use]
    pub fn get(&self, name: &HostName) -> Option<&HostEntry> {
        self.hosts.iter().find(|host| host.name == *name).map(|host| &host.entry)
    }

    /// The host with that name; without properties if it is not in the file.
    #[must_use]
    pub fn host(&self, name: &HostName) -> InventoryHost {
        let entry = self.get(name).cloned().unwrap_or_default();
        InventoryHost { name: name.clone(), entry }
    }

    /// Writes a host: in place if it exists, else at the end.
    pub fn put(&mut self, host: &InventoryHost) {
        toml_editor::put(&mut self.document, host);
        match self.hosts.iter_mut().find(|known| known.name == host.name) {
            Some(known) => known.entry = host.entry.clone(),
            None => self.hosts.push(host.clone()),
        }
    }

    /// Removes a host and the comments above it; returns whether it existed.
    pub fn remove(&mut self, name: &HostName) -> bool {
        self.hosts.retain(|host| host.name != *name);
        toml_editor::remove(&mut self.document, name)
    }
}

/// The text of the file.
impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.document.fmt(f)
    }
}

#[cfg(test)]
mod tests;
