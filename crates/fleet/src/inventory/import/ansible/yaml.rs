//! The YAML form: groups with `hosts`, `children` and `vars`.

use pontoon_model::untrusted::Untrusted;

use super::group::{Groups, Variable};
use crate::inventory::import::ImportError;
use crate::inventory::import::draft::Draft;
use pontoon_wire::yaml::{self, Node, Value};

/// Reads the groups.
pub(in crate::inventory::import) fn read(draft: &mut Draft, text: &str) -> Result<(), ImportError> {
    let root = yaml::read(text)?;
    let table = root.table().ok_or(ImportError::NoHosts)?;
    let mut reader = Reader { draft, groups: Groups::default(), all: Vec::new() };
    for (name, node) in table {
        reader.group(name, node);
    }
    let Reader { draft, groups, all } = reader;
    groups.give(draft, &all);
    Ok(())
}

struct Reader<'a> {
    draft: &'a mut Draft,
    groups: Groups,
    all: Vec<usize>,
}

impl Reader<'_> {
    /// Reads a group and what is in it; the tree is not deep (`yaml::read`).
    fn group(&mut self, name: &str, node: &Node) {
        let parts = match &node.value {
            Value::Table(parts) => parts.as_slice(),
            Value::Null => &[],
            Value::Text(_) | Value::List(_) | Value::Tagged => {
                self.left_out(name, "is no group", node.line);
                return;
            }
        };
        for (part, node) in parts {
            match (part.as_str(), &node.value) {
                (_, Value::Null) => {}
                ("hosts", Value::Table(hosts)) => {
                    for (host, variables) in hosts {
                        self.host(name, host, variables);
                    }
                }
                ("hosts", Value::Text(host)) => {
                    self.host(name, host, &Node { line: node.line, value: Value::Null });
                }
                ("children", Value::Table(children)) => {
                    for (child, node) in children {
                        self.groups.add_child(self.draft, name, child, node.line);
                        self.group(child, node);
                    }
                }
                ("vars", Value::Table(variables)) => {
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

    fn host(&mut self, group: &str, text: &str, variables: &Node) {
        let hosts = self.draft.hosts(text, variables.line);
        for host in &hosts {
            self.groups.add_host(self.draft, group, *host, variables.line);
        }
        self.all.extend(&hosts);
        match &variables.value {
            Value::Null => {}
            Value::Table(entries) => {
                for (name, node) in entries {
                    let Some(variable) = self.variable(name, node) else { continue };
                    self.groups.add_variable_of_hosts(self.draft, &hosts, &variable);
                }
            }
            Value::Text(_) | Value::List(_) | Value::Tagged => {
                self.left_out(text, "has something that is no table of variables", variables.line);
            }
        }
    }

    fn variable(&mut self, name: &str, node: &Node) -> Option<Variable> {
        if let Value::Text(value) = &node.value {
            return Variable::new(self.draft, name, value, node.line);
        }
        self.left_out(name, "has no place here", node.line);
        None
    }

    fn left_out(&mut self, what: &str, why: &str, line: usize) {
        self.draft.note(line, format!("left out: `{}` {why}", Untrusted::new(what)));
    }
}
