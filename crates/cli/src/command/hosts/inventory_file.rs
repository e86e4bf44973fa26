//! The inventory of a command: found, read, changed, written.

use std::env;
use std::path::Path;

use pontoon_fleet::inventory::{
    Inventory, InventoryHost, InventoryLocation, InventoryLock, NoInventoryLocation, load,
    load_from, save,
};
use pontoon_model::host::HostName;

use crate::arguments::hosts::DryRunArguments;
use crate::failure::{CommandFailure, HostsFailure};
use crate::output;

/// An inventory and where it lies.
pub(super) struct InventoryFile {
    pub(super) place: InventoryLocation,
    pub(super) inventory: Inventory,
    /// Held until it is written; none where it is only read.
    _lock: Option<InventoryLock>,
}

impl InventoryFile {
    /// Finds and reads the inventory; the default one is empty if its file does not exist.
    pub(super) fn read(asked: Option<&Path>) -> Result<Self, CommandFailure> {
        let place = find(asked)?;
        let inventory = load_from(&place).map_err(|source| HostsFailure::Load { source })?;
        Ok(Self { place, inventory, _lock: None })
    }

    /// The same to change it: no other command does so until this one is done with it.
    pub(super) fn open(
        asked: Option<&Path>,
        run: &DryRunArguments,
    ) -> Result<Self, CommandFailure> {
        let place = find(asked)?;
        // Without the file there is nothing to lock, and the folder is not made for it.
        let is_there = place.path.exists();
        let lock = if is_there { lock(&place, run)? } else { None };
        let inventory = load_from(&place).map_err(|source| HostsFailure::Load { source })?;
        Ok(Self { place, inventory, _lock: lock })
    }

    /// The same to add to it: a file that does not exist will be made, also if it was named.
    pub(super) fn open_or_create(
        asked: Option<&Path>,
        run: &DryRunArguments,
    ) -> Result<Self, CommandFailure> {
        let place = find(asked)?;
        let lock = lock(&place, run)?;
        let inventory = load(&place.path).map_err(|source| HostsFailure::Load { source })?;
        Ok(Self { place, inventory, _lock: lock })
    }

    /// These hosts, all of which must be in it.
    pub(super) fn hosts_named(
        &self,
        names: &[HostName],
    ) -> Result<Vec<InventoryHost>, CommandFailure> {
        let is_missing = |name: &&HostName| self.inventory.get(name).is_none();
        let missing: Vec<_> = names.iter().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(names.iter().map(|name| self.inventory.host(name)).collect());
        }
        let names = super::host_summary(missing.into_iter());
        Err(HostsFailure::NotInInventory { names, path: self.place.path.clone() }.into())
    }

    /// Writes it, or shows it in a dry run; `done` says what was changed.
    pub(super) fn save(&self, run: &DryRunArguments, done: &str) -> Result<(), CommandFailure> {
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

fn find(asked: Option<&Path>) -> Result<InventoryLocation, CommandFailure> {
    Ok(inventory_location(asked).map_err(|source| HostsFailure::NoPlace { source })?)
}

/// Where the inventory lies; says which file of the current folder was passed over.
pub(crate) fn inventory_location(
    asked: Option<&Path>,
) -> Result<InventoryLocation, NoInventoryLocation> {
    let location = InventoryLocation::find(asked, Path::new(""), |name| env::var_os(name))?;
    if let Some((path, reason)) = &location.ignored {
        output::note(&format_args!("{} in this folder is not used: {reason}", path.display()));
    }
    Ok(location)
}

/// A dry run changes nothing, and makes no folder.
fn lock(
    place: &InventoryLocation,
    run: &DryRunArguments,
) -> Result<Option<InventoryLock>, CommandFailure> {
    if run.dry_run {
        return Ok(None);
    }
    let lock = InventoryLock::take(&place.path).map_err(|source| HostsFailure::Save { source })?;
    Ok(Some(lock))
}
