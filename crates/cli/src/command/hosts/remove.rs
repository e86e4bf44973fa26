//! `pontoon hosts remove`.

use std::path::Path;

use super::inventory_file::InventoryFile;
use super::{host_summary, parse_host_lists};
use crate::arguments::hosts::RemoveArguments;
use crate::failure::CommandFailure;

/// Takes hosts out: all of them, or none.
pub(super) fn run(
    inventory: Option<&Path>,
    arguments: &RemoveArguments,
) -> Result<(), CommandFailure> {
    let mut shelf = InventoryFile::open(inventory, &arguments.run)?;
    let names = parse_host_lists(&arguments.targets.hosts)?;
    shelf.hosts_named(&names)?;
    for name in &names {
        shelf.inventory.remove(name);
    }
    shelf.save(&arguments.run, &format!("removed {}", host_summary(names.iter())))
}
