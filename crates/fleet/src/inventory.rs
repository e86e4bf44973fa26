//! The inventory: what is known of your hosts, in a file that people edit.
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
//! Every line of a host is optional, and so is the host: a name that is not in the file is still a
//! host, which `ssh` may know. `docs/schema/hosts.schema.json` is the published form.

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
pub use location::{FILE_NAME, InventoryLocation, LocationOrigin, NoInventoryLocation, VARIABLE};
pub use lock::InventoryLock;
pub use store::{InventoryLoadError, InventorySaveError, load, load_from, save};
pub use toml_reader::{InventoryDocument, InventoryError, TEXT_BYTES_MAX};

/// Hosts and the text they stand in: what is changed is changed in the text, and its comments and
/// order stay.
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
    /// Reads the text of an inventory.
    ///
    /// # Errors
    ///
    /// [`InventoryError`] when it is too long, no TOML, or says what an inventory does not say.
    pub fn parse(text: &str) -> Result<Self, InventoryError> {
        let (document, hosts) = toml_reader::read(text)?;
        Ok(Self { document, hosts })
    }

    /// The hosts, in the order of the file.
    #[must_use]
    pub fn hosts(&self) -> &[InventoryHost] {
        &self.hosts
    }

    /// What is known of a host; none when it is not in the file.
    #[must_use]
    pub fn get(&self, name: &HostName) -> Option<&HostEntry> {
        self.hosts.iter().find(|host| host.name == *name).map(|host| &host.entry)
    }

    /// The host of that name, about which nothing may be known.
    #[must_use]
    pub fn host(&self, name: &HostName) -> InventoryHost {
        let entry = self.get(name).cloned().unwrap_or_default();
        InventoryHost { name: name.clone(), entry }
    }

    /// Writes what is known of a host: a new one at the end, another where it stands.
    pub fn put(&mut self, host: &InventoryHost) {
        toml_editor::put(&mut self.document, host);
        match self.hosts.iter_mut().find(|known| known.name == host.name) {
            Some(known) => known.entry = host.entry.clone(),
            None => self.hosts.push(host.clone()),
        }
    }

    /// Takes a host out, with the comments above it; says whether it was there.
    pub fn remove(&mut self, name: &HostName) -> bool {
        self.hosts.retain(|host| host.name != *name);
        toml_editor::remove(&mut self.document, name)
    }
}

/// The text, as it would be written.
impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.document.fmt(f)
    }
}

#[cfg(test)]
mod tests;
