//! `pontoon hosts list`.

use std::path::Path;

use pontoon_fleet::inventory::Listing;

use super::named;
use super::shelf::Shelf;
use crate::arguments::hosts::ListArguments;
use crate::failure::Failure;
use crate::output;
use crate::render::style::Style;
use crate::render::{inventory, json};

/// Shows the inventory, or some of its hosts.
pub(super) fn run(inventory: Option<&Path>, arguments: &ListArguments) -> Result<(), Failure> {
    let shelf = Shelf::read(inventory)?;
    let hosts = if arguments.hosts.is_empty() {
        shelf.inventory.hosts().to_vec()
    } else {
        shelf.known(&named(&arguments.hosts)?)?
    };
    if arguments.json {
        return output::data(&json::pretty(&Listing::new(&hosts))?);
    }
    if hosts.is_empty() {
        let path = shelf.place.path.display();
        output::note(&format!(
            "{path} has no hosts yet\n\nhint: pontoon hosts add 'pi[1-5]' --user pi"
        ));
        return Ok(());
    }
    output::data(&inventory::table(&hosts, Style::of_stdout(0)))
}
