//! Merges imported hosts into an inventory.

use std::fmt;

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;

use crate::inventory::{HostEntry, Inventory, InventoryHost};

/// A property with different values in file and inventory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImportConflict {
    /// The host with that property.
    pub host: HostName,
    /// The value that was kept.
    pub kept: Untrusted,
    /// The value that was dropped.
    pub dropped: Untrusted,
}

impl fmt::Display for ImportConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, kept, dropped } = self;
        write!(f, "{host}: `{kept}` is kept, `{dropped}` is not")
    }
}

/// Merges hosts into an inventory. New properties are added; existing ones stay unless `replace` is
/// set.
pub fn merge(
    inventory: &mut Inventory,
    hosts: &[InventoryHost],
    replace: bool,
) -> Vec<ImportConflict> {
    let mut conflicts = Vec::new();
    for InventoryHost { name, entry: new } in hosts {
        let known = inventory.get(name).cloned().unwrap_or_default();
        let (first, second) = if replace { (new, &known) } else { (&known, new) };
        let mut dropped = |kept: String, dropped: String| {
            let (kept, dropped) = (Untrusted::new(&kept), Untrusted::new(&dropped));
            conflicts.push(ImportConflict { host: name.clone(), kept, dropped });
        };
        // Labels are merged one by one: different keys do not conflict.
        let mut labels = second.labels.clone();
        for (key, value) in &first.labels {
            if let Some(other) = labels.get(key).filter(|other| *other != value) {
                dropped(format!("{key}={value}"), format!("{key}={other}"));
            }
            labels.set(key.clone(), value.clone());
        }
        let entry = HostEntry {
            role: either(first.role, second.role, &mut dropped),
            address: either(first.address.clone(), second.address.clone(), &mut dropped),
            user: either(first.user.clone(), second.user.clone(), &mut dropped),
            port: either(first.port, second.port, &mut dropped),
            key: either(first.key.clone(), second.key.clone(), &mut dropped),
            cluster: either(first.cluster.clone(), second.cluster.clone(), &mut dropped),
            labels,
        };
        inventory.put(&InventoryHost { name: name.clone(), entry });
    }
    conflicts
}

fn either<T: PartialEq + fmt::Display>(
    first: Option<T>,
    second: Option<T>,
    dropped: &mut impl FnMut(String, String),
) -> Option<T> {
    if let (Some(first), Some(second)) = (&first, &second)
        && first != second
    {
        dropped(first.to_string(), second.to_string());
    }
    first.or(second)
}
