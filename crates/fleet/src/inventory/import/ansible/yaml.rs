//! The YAML format: groups with `hosts`, `children` and `vars`.

use pontoon_model::untrusted::Untrusted;

use super::group::{AnsibleGroups, AnsibleVariable};
use crate::inventory::import::ImportError;
use crate::inventory::import::draft::ImportDraft;
use pontoon_wire::yaml::{self, YamlNode, YamlValue};

/// Reads the groups of an inventory.
pub(in crate::inventory::import) fn read(
    draft: &mut ImportDraft,
    text: &str,
) -> Result<(), ImportError> {
    let root = yaml::read(text)?;
    let table = root.table().ok_or(ImportError::NoHosts)?;
    let mut reader = AnsibleYamlReader { draft, groups: AnsibleGroups::default(), all: Vec::new() };
    for (name, node) in table {
        reader.group(name, node);
    }
    let AnsibleYamlReader { draft, groups, all } = reader;
    groups.apply_variables(draft, &all);
    Ok(())
}

struct AnsibleYamlReader<'a> {
    draft: &'a mut ImportDraft,
    groups: AnsibleGroups,
    all: Vec<usize>,
}

impl AnsibleYamlReader<'_> {
    /// Reads a group and its children. `yaml::read` limits the depth of this recursion.
    fn group(&mut self, name: &str, node: &YamlNode) {
        let parts = match &node.value {
            YamlValue::Table(parts) => parts.as_slice(),
            YamlValue::Null => &[],
            YamlValue::Text(_) | YamlValue::List(_) | YamlValue::Tagged => {
                self.left_out(name, "is no group", node.line);
                return;
            }
        };
        for (part, node) in parts {
            match (part.as_str(), &node.value) {
                (_, YamlValue::Null) => {}
                ("hosts", YamlValue::Table(hosts)) => {
                    for (host, variables) in hosts {
                        self.host(name, host, variables);
                    }
                }
                ("hosts", YamlValue::Text(host)) => {
                    self.host(name, host, &YamlNode { line: node.line, value: YamlValue::Null });
                }
                ("children", YamlValue::Table(children)) => {
                    for (child, node) in children {
                        self.groups.add_child(self.draft, name, child, node.line);
                        self.group(child, node);
                    }
                }
                ("vars", YamlValue::Table(variables)) => {
                    for (variable, node) in variables {
                        if let Some(variable) = self.variable(variable, node) {
                            self.groups.add_variable(self.draft, name, variable);
                        }
                    }
                }
                _ => self.left_out(part, "is not understood in a group", node.line),
            }
        }
    }

    fn host(&mut self, group: &str, text: &str, variables: &YamlNode) {
        let hosts = self.draft.hosts(text, variables.line);
        for host in &hosts {
            self.groups.add_host(self.draft, group, *host, variables.line);
        }
        self.all.extend(&hosts);
        match &variables.value {
            YamlValue::Null => {}
            YamlValue::Table(entries) => {
                for (name, node) in entries {
                    let Some(variable) = self.variable(name, node) else { continue };
                    self.groups.add_variable_of_hosts(self.draft, &hosts, &variable);
                }
            }
            YamlValue::Text(_) | YamlValue::List(_) | YamlValue::Tagged => {
                self.left_out(text, "has something that is no table of variables", variables.line);
            }
        }
    }

    fn variable(&mut self, name: &str, node: &YamlNode) -> Option<AnsibleVariable> {
        if let YamlValue::Text(value) = &node.value {
            return AnsibleVariable::new(self.draft, name, value, node.line);
        }
        self.left_out(name, "has no place here", node.line);
        None
    }

    fn left_out(&mut self, what: &str, why: &str, line: usize) {
        self.draft.note(line, format!("left out: `{}` {why}", Untrusted::new(what)));
    }
}
