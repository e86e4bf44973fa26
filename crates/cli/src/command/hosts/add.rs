//! `pontoon hosts add`.

use std::path::Path;

use pontoon_fleet::inventory::{Entry, Field, Host};

use super::shelf::Shelf;
use super::{named, set, shown};
use crate::arguments::hosts::AddArguments;
use crate::failure::{Failure, HostsFailure};

/// Adds hosts: all of them, or none.
pub(super) fn run(inventory: Option<&Path>, arguments: &AddArguments) -> Result<(), Failure> {
    let mut shelf = Shelf::open_or_begin(inventory, &arguments.run)?;
    let names = named(&arguments.hosts)?;
    let is_known = |name: &&_| shelf.inventory.get(name).is_some();
    let known: Vec<_> = names.iter().filter(is_known).collect();
    if !known.is_empty() {
        let names = shown(known.into_iter());
        return Err(HostsFailure::InInventory { names, path: shelf.place.path }.into());
    }
    let new = |name| Host { name, entry: Entry::default() };
    let mut hosts: Vec<_> = names.into_iter().map(new).collect();
    let AddArguments { role, address, user, port, key, labels, cluster, service, .. } = arguments;
    let fields = [
        (Field::Role, role),
        (Field::Address, address),
        (Field::User, user),
        (Field::Port, port),
        (Field::Key, key),
        (Field::Cluster, cluster),
        (Field::Service, service),
    ];
    let said = fields.into_iter().filter_map(|(field, text)| Some((field, text.as_ref()?)));
    for (field, text) in said.chain(labels.iter().map(|label| (Field::Label, label))) {
        set::assigned(&mut hosts, field, text)?;
    }
    for host in &hosts {
        shelf.inventory.put(host);
    }
    let names = shown(hosts.iter().map(|host| &host.name));
    shelf.close(&arguments.run, &format!("added {names}"))
}
