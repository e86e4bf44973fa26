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

mod value;
mod label;
mod entry;
mod read;
mod edit;
mod assign;
mod listing;
mod place;
mod store;
mod lock;
pub mod import;

use std::fmt;

use pontoon_model::host::HostName;
use toml_edit::DocumentMut;

pub use assign::{AssignError, Field, Hint, assign, role_of};
pub use entry::{Entry, Host, Role};
pub use label::{LabelKey, LabelValue, Labels};
pub use listing::{LISTING, Listed, Listing};
pub use lock::Lock;
pub use place::{FILE_NAME, NoHome, Origin, Place, VARIABLE};
pub use read::{Form, InventoryError, TEXT_BYTES_MAX};
pub use store::{LoadError, SaveError, load, load_from, save};
pub use value::{Address, ClusterName, KeyPath, UserName};

/// Hosts and the text they stand in: what is changed is changed in the text, and its comments and
/// order stay.
#[derive(Clone, Debug)]
pub struct Inventory {
    document: DocumentMut,
    hosts: Vec<Host>,
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
        let (document, hosts) = read::read(text)?;
        Ok(Self { document, hosts })
    }

    /// The hosts, in the order of the file.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// What is known of a host; none when it is not in the file.
    #[must_use]
    pub fn get(&self, name: &HostName) -> Option<&Entry> {
        self.hosts.iter().find(|host| host.name == *name).map(|host| &host.entry)
    }

    /// The host of that name, about which nothing may be known.
    #[must_use]
    pub fn host(&self, name: &HostName) -> Host {
        let entry = self.get(name).cloned().unwrap_or_default();
        Host { name: name.clone(), entry }
    }

    /// Writes what is known of a host: a new one at the end, another where it stands.
    pub fn put(&mut self, host: &Host) {
        edit::put(&mut self.document, host);
        match self.hosts.iter_mut().find(|known| known.name == host.name) {
            Some(known) => known.entry = host.entry.clone(),
            None => self.hosts.push(host.clone()),
        }
    }

    /// Takes a host out, with the comments above it; says whether it was there.
    pub fn remove(&mut self, name: &HostName) -> bool {
        self.hosts.retain(|host| host.name != *name);
        edit::remove(&mut self.document, name)
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
