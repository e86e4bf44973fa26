//! `pontoon hosts`: host lists and the inventory.

mod add;
mod compress;
mod expand;
mod import;
mod list;
mod remove;
mod set;
pub(crate) mod inventory_file;

use std::process::ExitCode;

use pontoon_fleet::hostlist::{compress, hosts};
use pontoon_model::host::HostName;

use crate::arguments::hosts::{HostsArguments, HostsCommand};
use crate::failure::{CommandFailure, HostsFailure};
use crate::output;
use crate::render::clean;

/// Runs a command below `pontoon hosts`.
pub(crate) fn run(arguments: &HostsArguments) -> Result<ExitCode, CommandFailure> {
    let inventory = arguments.inventory.path.as_deref();
    match &arguments.command {
        HostsCommand::Add(arguments) => add::run(inventory, arguments),
        HostsCommand::Set(arguments) => set::run(inventory, arguments),
        HostsCommand::List(arguments) => list::run(inventory, arguments),
        HostsCommand::Remove(arguments) => remove::run(inventory, arguments),
        HostsCommand::Import(arguments) => import::run(inventory, arguments),
        HostsCommand::Expand(arguments) => expand::run(arguments),
        HostsCommand::Compress(arguments) => compress::run(arguments),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The hosts that the words of a command line name.
pub(crate) fn parse_host_lists(words: &[String]) -> Result<Vec<HostName>, CommandFailure> {
    let text = words.join(",");
    let items = hosts(&text).map_err(|source| HostsFailure::NoList { text, source })?;
    if items.is_empty() {
        return Err(HostsFailure::NoHosts.into());
    }
    Ok(items)
}

/// Writes a note to standard error.
fn note(what: &dyn std::fmt::Display) {
    output::note(&format!("note: {}", clean(&what.to_string())));
}

/// "pi[1-3]", or "1 host" and "3 hosts" where the list would fill the screen.
fn host_summary<'a>(names: impl Iterator<Item = &'a HostName> + Clone) -> String {
    /// Half a line.
    const LETTERS_MAX: usize = 40;
    let list = compress(names.clone());
    if list.len() <= LETTERS_MAX { list } else { format!("{} hosts", names.count()) }
}
