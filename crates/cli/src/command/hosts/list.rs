//! `pontoon hosts list`.

use std::path::Path;

use pontoon_fleet::inventory::InventoryListing;

use super::inventory_file::InventoryFile;
use super::parse_host_lists;
use crate::arguments::hosts::ListArguments;
use crate::failure::CommandFailure;
use crate::output;
use crate::render::style::TerminalStyle;
use crate::render::{inventory, json};

/// Shows the inventory, or some of its hosts.
pub(super) fn run(
    inventory: Option<&Path>,
    arguments: &ListArguments,
) -> Result<(), CommandFailure> {
    let shelf = InventoryFile::read(inventory)?;
    let hosts = if arguments.hosts.is_empty() {
        shelf.inventory.hosts().to_vec()
    } else {
        shelf.hosts_named(&parse_host_lists(&arguments.hosts)?)?
    };
    if arguments.format.json {
        return output::data(&json::pretty(&InventoryListing::new(&hosts))?);
    }
    if hosts.is_empty() {
        let path = shelf.place.path.display();
        output::note(&format!(
            "{path} has no hosts yet\n\nhint: pontoon hosts add 'pi[1-5]' --user pi"
        ));
        return Ok(());
    }
    output::data(&inventory::table(&hosts, TerminalStyle::of_stdout(0)))
}
