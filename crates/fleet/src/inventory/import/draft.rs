//! Hosts during an import: what has an equivalent is kept, the rest is reported.

use std::collections::BTreeMap;

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;

use super::{ImportNotice, ImportedHosts};
use crate::hostlist;
use crate::inventory::{HostEntry, HostField, HostRole, InventoryHost, assign};

/// Largest number of hosts in a file: twice what Kubernetes supports.
pub const HOSTS_MAX: usize = 10_000;

/// Largest number of names that the host lists of a file may stand for, repeated ones counted: a
/// host is in several groups, but each range takes time, whether or not its hosts are known.
const NAMES_MAX: usize = 10 * HOSTS_MAX;

/// Largest number of remarks; beyond it, only their number is reported.
pub const NOTICES_MAX: usize = 100;

#[derive(Default)]
pub(super) struct ImportDraft {
    hosts: Vec<InventoryHost>,
    places: BTreeMap<HostName, usize>,
    notices: Vec<ImportNotice>,
    untold: usize,
    names: usize,
}

impl ImportDraft {
    /// Adds a remark about a line.
    pub(super) fn note(&mut self, line: usize, said: impl Into<String>) {
        let notice = ImportNotice { line: Some(line), text: said.into() };
        if self.notices.len() >= NOTICES_MAX {
            self.untold += 1;
        // Each host of a list leads to the same remark.
        } else if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// Adds the hosts of a host list; returns their indices.
    pub(super) fn hosts(&mut self, text: &str, line: usize) -> Vec<usize> {
        if self.names >= NAMES_MAX {
            self.note(line, format!("left out: the lists stand for more than {NAMES_MAX} hosts"));
            return Vec::new();
        }
        match hostlist::hosts(text) {
            Ok(list) => {
                self.names += list.len();
                list.into_iter().filter_map(|name| self.host(name, line)).collect()
            }
            Err(error) => {
                self.note(line, format!("left out: {error}"));
                Vec::new()
            }
        }
    }

    fn host(&mut self, name: HostName, line: usize) -> Option<usize> {
        if let Some(at) = self.places.get(&name) {
            return Some(*at);
        }
        if self.hosts.len() >= HOSTS_MAX {
            self.note(line, format!("left out: there are more than {HOSTS_MAX} hosts"));
            return None;
        }
        let at = self.hosts.len();
        self.places.insert(name.clone(), at);
        self.hosts.push(InventoryHost { name, entry: HostEntry::default() });
        Some(at)
    }

    /// The name of the host with that index.
    pub(super) fn name(&self, at: usize) -> &str {
        self.hosts[at].name.as_str()
    }

    /// The properties of the host with that index.
    pub(super) fn entry(&mut self, at: usize) -> &mut HostEntry {
        &mut self.hosts[at].entry
    }

    /// Sets a property of a host, or reports why not. Values are not host lists here, whatever
    /// brackets they contain.
    pub(super) fn set(&mut self, at: usize, field: HostField, text: &str, line: usize) {
        if text.is_empty() {
            return;
        }
        if text.contains(['[', ']', '{', '}', ',']) && !matches!(field, HostField::Label) {
            self.note(line, format!("left out: `{}` is not one value", Untrusted::new(text)));
            return;
        }
        if let Err(error) = assign(&mut self.hosts[at..=at], field, text) {
            self.note(line, format!("left out: {error}"));
        }
    }

    /// Sets the role. A host with both roles is a control plane.
    pub(super) fn role(&mut self, at: usize, role: HostRole, line: usize) {
        let InventoryHost { name, entry } = &mut self.hosts[at];
        match entry.role {
            Some(known) if known != role => {
                // A control plane that also runs pods is listed in both groups.
                entry.role = Some(HostRole::ControlPlane);
                let said =
                    format!("{name} is both control-plane and worker: kept as control-plane");
                self.note(line, said);
            }
            _ => entry.role = Some(role),
        }
    }

    pub(super) fn finish(mut self) -> ImportedHosts {
        if self.untold > 0 {
            let said = format!("{} more things were left out", self.untold);
            self.notices.push(ImportNotice { line: None, text: said });
        }
        ImportedHosts { hosts: self.hosts, notices: self.notices }
    }
}
