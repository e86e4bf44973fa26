//! What can go wrong with hosts and their inventory.

use std::path::{Path, PathBuf};

use pontoon_fleet::hostlist::HostListError;
use pontoon_fleet::inventory::import::{ImportError, InventoryFormat};
use pontoon_fleet::inventory::{
    AssignError, InventoryLoadError, InventorySaveError, LocationOrigin, NoInventoryLocation,
    VARIABLE,
};
use pontoon_model::exit::Exit;
use pontoon_model::net::TextParseError;
use pontoon_model::shell::quoted;

/// `pontoon hosts` could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostsFailure {
    /// A text names no hosts.
    #[error("`{text}` is no list of hosts")]
    NoList {
        /// The text.
        text: String,
        /// Why.
        #[source]
        source: HostListError,
    },
    /// A list of hosts is empty.
    #[error("no host is named")]
    NoHosts,
    /// There is no place for an inventory.
    #[error("there is no inventory")]
    NoPlace {
        /// Why.
        #[source]
        source: NoInventoryLocation,
    },
    /// The inventory cannot be read.
    #[error("the inventory cannot be used")]
    Load {
        /// Why.
        #[source]
        source: InventoryLoadError,
    },
    /// The inventory cannot be written.
    #[error("the inventory is as it was")]
    Save {
        /// Why.
        #[source]
        source: InventorySaveError,
    },
    /// Hosts that were named are not in the inventory.
    #[error("{names}: not in the inventory `{}`", path.display())]
    NotInInventory {
        /// Which.
        names: String,
        /// The inventory.
        path: PathBuf,
    },
    /// Hosts that are to be added are there.
    #[error("{names}: in the inventory `{}` already", path.display())]
    InInventory {
        /// Which.
        names: String,
        /// The inventory.
        path: PathBuf,
    },
    /// Something cannot be said of hosts.
    #[error("`{text}` cannot be said of these hosts; nothing is changed")]
    Assign {
        /// What was to be said.
        text: String,
        /// Why.
        #[source]
        source: AssignError,
    },
    /// A word says nothing of hosts.
    #[error("`{text}` is no FIELD=VALUE")]
    NoAssignment {
        /// The word.
        text: String,
    },
    /// There is no such field.
    #[error("a host has no such field")]
    NoField {
        /// What was asked for.
        #[source]
        source: TextParseError,
    },
    /// A file to import looks like none of those that can be.
    #[error("`{}` looks like none of the inventories that can be taken over", path.display())]
    NoFormat {
        /// Which.
        path: PathBuf,
    },
    /// A file to import cannot be understood.
    #[error("`{}` cannot be taken over as {format}", path.display())]
    Import {
        /// Which.
        path: PathBuf,
        /// What it was taken for.
        format: InventoryFormat,
        /// Why.
        #[source]
        source: ImportError,
    },
    /// A file to import has no hosts.
    #[error("`{}` names no hosts, read as {format}", path.display())]
    NoHostsIn {
        /// Which.
        path: PathBuf,
        /// What it was taken for.
        format: InventoryFormat,
    },
}

impl HostsFailure {
    /// The number to end with.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::NoList { .. }
            | Self::NoHosts
            | Self::NoPlace { .. }
            | Self::Load { .. }
            | Self::Save { .. }
            | Self::InInventory { .. }
            | Self::Assign { .. }
            | Self::NoAssignment { .. }
            | Self::NoField { .. }
            | Self::NoFormat { .. }
            | Self::Import { .. }
            | Self::NoHostsIn { .. } => Exit::Usage,
            Self::NotInInventory { .. } => Exit::Unreachable,
        }
    }

    /// What to do about it.
    pub(super) fn advice(&self) -> Option<String> {
        match self {
            Self::NoFormat { .. } | Self::Import { .. } | Self::NoHostsIn { .. } => {
                Some("say whose file it is with --format cms, ansible or ssh".to_owned())
            }
            Self::NoHosts => Some("name at least one, such as pi1 or 'pi[1-5]'".to_owned()),
            Self::NoPlace { .. } => Some("say where it is to lie with --inventory FILE".to_owned()),
            Self::NotInInventory { names, .. } => Some(format!(
                "`pontoon hosts list` shows all; `pontoon hosts add {}` adds",
                quoted(names)
            )),
            Self::InInventory { names, .. } => Some(format!(
                "`pontoon hosts set {} FIELD=VALUE` changes what is known of them",
                quoted(names)
            )),
            Self::Assign { source: AssignError::Count { .. }, .. } => Some(
                "give one value for each host in the same order, or one for all of them".to_owned(),
            ),
            Self::NoAssignment { .. } => Some(
                "such as role=worker, user=pi or address='192.168.1.[21-25]'; \
                 `pontoon hosts set --help` names all fields"
                    .to_owned(),
            ),
            Self::Load { source: InventoryLoadError::Missing { path, origin } } => {
                Some(missing(path, *origin))
            }
            Self::NoList { .. }
            | Self::Load { .. }
            | Self::Save { .. }
            | Self::Assign { .. }
            | Self::NoField { .. } => None,
        }
    }
}

/// What to do about a file that was named and is not there.
fn missing(path: &Path, origin: LocationOrigin) -> String {
    let by = match origin {
        LocationOrigin::Variable => format!("{VARIABLE} names it; "),
        LocationOrigin::Asked | LocationOrigin::Here | LocationOrigin::Home => {
            "is it spelled right? ".to_owned()
        }
    };
    format!("{by}to make it: pontoon hosts --inventory {} add HOSTS", path.display())
}
