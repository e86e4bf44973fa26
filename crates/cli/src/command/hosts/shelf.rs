//! The inventory of a command: found, read, changed, written.

use std::env;
use std::path::Path;

use pontoon_fleet::inventory::{Host, Inventory, Place, load, save};
use pontoon_model::host::HostName;

use crate::arguments::hosts::DryRun;
use crate::failure::{Failure, HostsFailure};
use crate::output;

/// An inventory and where it lies.
pub(super) struct Shelf {
    pub(super) place: Place,
    pub(super) inventory: Inventory,
}

impl Shelf {
    /// Finds and reads it; one that is not there is empty.
    pub(super) fn open(asked: Option<&Path>) -> Result<Self, Failure> {
        let place = Place::find(asked, Path::new(""), |name| env::var_os(name))
            .map_err(|source| HostsFailure::NoPlace { source })?;
        let inventory = load(&place.path).map_err(|source| HostsFailure::Load { source })?;
        Ok(Self { place, inventory })
    }

    /// These hosts, all of which must be in it.
    pub(super) fn known(&self, names: &[HostName]) -> Result<Vec<Host>, Failure> {
        let is_missing = |name: &&HostName| self.inventory.get(name).is_none();
        let missing: Vec<_> = names.iter().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(names.iter().map(|name| self.inventory.host(name)).collect());
        }
        let names = super::shown(missing.into_iter());
        Err(HostsFailure::NotInInventory { names, path: self.place.path.clone() }.into())
    }

    /// Writes it, or shows it in a dry run; `done` says what was changed.
    pub(super) fn close(&self, run: &DryRun, done: &str) -> Result<(), Failure> {
        if run.dry_run {
            output::data(&self.inventory.to_string())?;
            output::note(&"dry run: nothing is written");
            return Ok(());
        }
        save(&self.place.path, &self.inventory).map_err(|source| HostsFailure::Save { source })?;
        output::note(&format!("{done} ({})", self.place.path.display()));
        Ok(())
    }
}
