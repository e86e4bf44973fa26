//! Groups of an Ansible inventory: variables that hosts inherit, and roles that group names imply.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::untrusted::Untrusted;

use crate::inventory::import::draft::{HOSTS_MAX, ImportDraft};
use crate::inventory::{HostField, role_of};

/// Largest number of groups; large inventories have a few hundred.
const GROUPS_MAX: usize = 1000;

/// Largest nesting of groups; more means a cycle.
const DEPTH_MAX: usize = 32;

/// Largest number of assignments of variables to hosts: ten for each host of a file with the most
/// hosts.
const GIVEN_MAX: usize = 10 * HOSTS_MAX;

/// The remark when a limit is exceeded.
const TOO_MANY: &str = "left out: there are too many hosts and variables";

/// The built-in group of all hosts.
const ALL: &str = "all";

/// A variable that corresponds to a property of our inventory.
#[derive(Clone, Debug)]
pub(super) struct AnsibleVariable {
    field: HostField,
    value: String,
    line: usize,
}

impl AnsibleVariable {
    /// Keeps a variable with an equivalent here. Others are reported by name only, as values may be
    /// secret.
    pub(super) fn new(
        draft: &mut ImportDraft,
        name: &str,
        value: &str,
        line: usize,
    ) -> Option<Self> {
        let field = match name {
            "ansible_host" | "ansible_ssh_host" => HostField::Address,
            "ansible_user" | "ansible_ssh_user" => HostField::User,
            "ansible_port" | "ansible_ssh_port" => HostField::Port,
            "ansible_ssh_private_key_file" | "ansible_private_key_file" => HostField::Key,
            _ => {
                let name = Untrusted::new(name);
                draft.note(line, format!("left out: the variable `{name}` has no place here"));
                return None;
            }
        };
        Some(Self { field, value: value.to_owned(), line })
    }
}

#[derive(Debug, Default)]
struct AnsibleGroup {
    line: usize,
    hosts: Vec<usize>,
    children: BTreeSet<String>,
    variables: Vec<AnsibleVariable>,
}

#[derive(Debug, Default)]
pub(super) struct AnsibleGroups {
    groups: BTreeMap<String, AnsibleGroup>,
    of_hosts: Vec<(usize, AnsibleVariable)>,
}

impl AnsibleGroups {
    pub(super) fn add_host(
        &mut self,
        draft: &mut ImportDraft,
        group: &str,
        host: usize,
        line: usize,
    ) {
        if let Some(group) = self.group(draft, group, line) {
            group.hosts.push(host);
        }
    }

    pub(super) fn add_child(
        &mut self,
        draft: &mut ImportDraft,
        group: &str,
        child: &str,
        line: usize,
    ) {
        if self.group(draft, child, line).is_some()
            && let Some(group) = self.group(draft, group, line)
        {
            group.children.insert(child.to_owned());
        }
    }

    pub(super) fn add_variable(
        &mut self,
        draft: &mut ImportDraft,
        group: &str,
        variable: AnsibleVariable,
    ) {
        if let Some(group) = self.group(draft, group, variable.line) {
            group.variables.push(variable);
        }
    }

    pub(super) fn add_variable_of_hosts(
        &mut self,
        draft: &mut ImportDraft,
        hosts: &[usize],
        variable: &AnsibleVariable,
    ) {
        if self.of_hosts.len() + hosts.len() > GIVEN_MAX {
            draft.note(variable.line, TOO_MANY);
        } else {
            self.of_hosts.extend(hosts.iter().map(|host| (*host, variable.clone())));
        }
    }

    fn group(
        &mut self,
        draft: &mut ImportDraft,
        name: &str,
        line: usize,
    ) -> Option<&mut AnsibleGroup> {
        if self.groups.len() >= GROUPS_MAX && !self.groups.contains_key(name) {
            draft.note(line, format!("left out: there are more than {GROUPS_MAX} groups"));
            return None;
        }
        let new = || AnsibleGroup { line, ..AnsibleGroup::default() };
        Some(self.groups.entry(name.to_owned()).or_insert_with(new))
    }

    /// Applies variables and roles of groups to their hosts: outer groups first, so that inner
    /// groups and then the host's own variables override them.
    pub(super) fn apply_variables(mut self, draft: &mut ImportDraft, hosts: &[usize]) {
        let mut given = 0;
        for name in self.outer_first() {
            let below = if name == ALL { hosts.to_vec() } else { self.below(&name) };
            let Some(group) = self.groups.remove(&name) else { continue };
            for variable in &group.variables {
                given += below.len();
                if given > GIVEN_MAX {
                    draft.note(variable.line, TOO_MANY);
                    break;
                }
                for host in &below {
                    draft.set(*host, variable.field, &variable.value, variable.line);
                }
            }
            match role_of(&name) {
                Some(role) => below.iter().for_each(|host| draft.role(*host, role, group.line)),
                None if group.hosts.is_empty() || matches!(&*name, ALL | "ungrouped") => {}
                None => {
                    let name = Untrusted::new(&name);
                    draft.note(group.line, format!("left out: the group `{name}` names no role"));
                }
            }
            self.groups.insert(name, group);
        }
        for (host, variable) in &self.of_hosts {
            draft.set(*host, variable.field, &variable.value, variable.line);
        }
    }

    /// The hosts of a group and of its descendants.
    fn below(&self, name: &str) -> Vec<usize> {
        let mut hosts = BTreeSet::new();
        // Groups may contain each other in a cycle.
        let mut seen = BTreeSet::from([name]);
        let mut open = vec![name];
        while let Some(group) = open.pop().and_then(|name| self.groups.get(name)) {
            hosts.extend(&group.hosts);
            open.extend(
                group.children.iter().map(String::as_str).filter(|name| seen.insert(*name)),
            );
        }
        hosts.into_iter().collect()
    }

    /// All group names, parents before children.
    fn outer_first(&self) -> Vec<String> {
        let mut depths: BTreeMap<&str, usize> =
            self.groups.keys().map(|name| (name.as_str(), usize::from(name != ALL))).collect();
        // Each pass moves children below their parents by one level; a cycle would never settle.
        for _ in 0..DEPTH_MAX {
            let mut is_settled = true;
            for (name, group) in &self.groups {
                let depth = depths.get(name.as_str()).copied().unwrap_or(0);
                for child in &group.children {
                    if let Some(known) = depths.get_mut(child.as_str())
                        && *known <= depth
                        && child != ALL
                    {
                        *known = depth + 1;
                        is_settled = false;
                    }
                }
            }
            if is_settled {
                break;
            }
        }
        let mut names: Vec<_> = depths.into_iter().collect();
        names.sort_by_key(|(name, depth)| (*depth, *name));
        names.into_iter().map(|(name, _)| name.to_owned()).collect()
    }
}
