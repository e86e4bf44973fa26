//! `pontoon hosts remove`.

use std::path::Path;

use super::shelf::Shelf;
use super::{named, shown};
use crate::arguments::hosts::RemoveArguments;
use crate::failure::Failure;

/// Takes hosts out: all of them, or none.
pub(super) fn run(inventory: Option<&Path>, arguments: &RemoveArguments) -> Result<(), Failure> {
    let mut shelf = Shelf::open(inventory, &arguments.run)?;
    let names = named(&arguments.hosts)?;
    shelf.known(&names)?;
    for name in &names {
        shelf.inventory.remove(name);
    }
    shelf.close(&arguments.run, &format!("removed {}", shown(names.iter())))
}
