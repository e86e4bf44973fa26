//! `pontoon hosts add`.

use std::path::Path;

use pontoon_fleet::inventory::{HostEntry, HostField, InventoryHost};

use super::inventory_file::InventoryFile;
use super::{host_summary, parse_host_lists, set};
use crate::arguments::hosts::AddArguments;
use crate::failure::{CommandFailure, HostsFailure};

/// Adds hosts: all of them, or none.
pub(super) fn run(
    inventory: Option<&Path>,
    arguments: &AddArguments,
) -> Result<(), CommandFailure> {
    let mut shelf = InventoryFile::open_or_create(inventory, &arguments.run)?;
    let names = parse_host_lists(&arguments.targets.hosts)?;
    let is_known = |name: &&_| shelf.inventory.get(name).is_some();
    let known: Vec<_> = names.iter().filter(is_known).collect();
    if !known.is_empty() {
        let names = host_summary(known.into_iter());
        return Err(HostsFailure::InInventory { names, path: shelf.place.path }.into());
    }
    let new = |name| InventoryHost { name, entry: HostEntry::default() };
    let mut hosts: Vec<_> = names.into_iter().map(new).collect();
    let AddArguments { role, address, user, port, key, labels, cluster, service, .. } = arguments;
    let fields = [
        (HostField::Role, role),
        (HostField::Address, address),
        (HostField::User, user),
        (HostField::Port, port),
        (HostField::Key, key),
        (HostField::Cluster, cluster),
        (HostField::Service, service),
    ];
    let said = fields.into_iter().filter_map(|(field, text)| Some((field, text.as_ref()?)));
    for (field, text) in said.chain(labels.iter().map(|label| (HostField::Label, label))) {
        set::assigned(&mut hosts, field, text)?;
    }
    for host in &hosts {
        shelf.inventory.put(host);
    }
    let names = host_summary(hosts.iter().map(|host| &host.name));
    shelf.save(&arguments.run, &format!("added {names}"))
}
