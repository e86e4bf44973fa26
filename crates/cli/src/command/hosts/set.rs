//! `pontoon hosts set`.

use std::path::Path;

use pontoon_fleet::inventory::{HostField, InventoryHost, assign};

use super::inventory_file::InventoryFile;
use super::{host_summary, note, parse_host_lists};
use crate::arguments::hosts::SetArguments;
use crate::failure::{CommandFailure, HostsFailure};

/// Changes hosts: makes all the changes, or none.
pub(super) fn run(
    inventory: Option<&Path>,
    arguments: &SetArguments,
) -> Result<(), CommandFailure> {
    let mut shelf = InventoryFile::open(inventory, &arguments.run)?;
    let names = parse_host_lists(std::slice::from_ref(&arguments.hosts))?;
    let mut hosts = shelf.hosts_named(&names)?;
    for (field, text) in assignments(&arguments.assignments)? {
        assigned(&mut hosts, field, text)?;
    }
    for host in &hosts {
        shelf.inventory.put(host);
    }
    shelf.save(&arguments.run, &format!("changed {}", host_summary(names.iter())))
}

/// Sets a field, and says what was understood otherwise than it was written.
pub(super) fn assigned(
    hosts: &mut [InventoryHost],
    field: HostField,
    text: &str,
) -> Result<(), CommandFailure> {
    let hints = assign(hosts, field, text)
        .map_err(|source| HostsFailure::Assign { text: text.to_owned(), source })?;
    for hint in hints {
        note(&hint);
    }
    Ok(())
}

/// `FIELD=VALUE`, or `FIELD to VALUE` as `cms inventory set` has it.
fn assignments(words: &[String]) -> Result<Vec<(HostField, &str)>, CommandFailure> {
    let mut rest = words;
    let mut assignments = Vec::new();
    while let [first, others @ ..] = rest {
        let (field, value) = match others {
            [to, value, others @ ..] if to == "to" => {
                rest = others;
                (first.as_str(), value.as_str())
            }
            _ => {
                rest = others;
                let no_value = || HostsFailure::NoAssignment { text: first.clone() };
                first.split_once('=').ok_or_else(no_value)?
            }
        };
        let field = field.parse().map_err(|source| HostsFailure::NoField { source })?;
        assignments.push((field, value));
    }
    Ok(assignments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_saying_it_are_understood() {
        let words = ["ip", "to", "10.0.0.[1-2]", "label=gpu=no", "role", "to", "worker", "user="];
        let words = words.map(str::to_owned);
        let expected = [
            (HostField::Address, "10.0.0.[1-2]"),
            (HostField::Label, "gpu=no"),
            (HostField::Role, "worker"),
            (HostField::User, ""),
        ];
        assert_eq!(assignments(&words).unwrap(), expected);
        for words in [vec!["role"], vec!["role", "to"], vec!["colour=red"], vec!["=x"]] {
            let words: Vec<_> = words.into_iter().map(str::to_owned).collect();
            assert!(assignments(&words).is_err(), "{words:?}");
        }
    }
}
