//! cloudmesh's `inventory.yaml`: a table of hosts, each with the columns of `cms inventory add`
//! (cloudmesh-inventory, `inventory.py`).

use pontoon_model::untrusted::Untrusted;

use super::ImportError;
use super::draft::ImportDraft;
use crate::inventory::{HostField, role_of};
use pontoon_wire::yaml::{self, YamlNode, YamlValue};

/// Columns that repeat the name of the row.
const NAMES: [&str; 2] = ["host", "name"];

/// Reads the rows of an inventory.
pub(super) fn read(draft: &mut ImportDraft, text: &str) -> Result<(), ImportError> {
    let root = yaml::read(text)?;
    let rows = root.table().ok_or(ImportError::NoHosts)?;
    for (name, row) in rows {
        let Some(columns) = row.table() else {
            draft.note(row.line, format!("left out: `{}` is no host", Untrusted::new(name)));
            continue;
        };
        for at in draft.hosts(name, row.line) {
            for (column, node) in columns {
                self::column(draft, at, name, column, node);
            }
        }
    }
    Ok(())
}

fn column(draft: &mut ImportDraft, at: usize, host: &str, column: &str, node: &YamlNode) {
    let values: Vec<&str> = match &node.value {
        YamlValue::Text(text) => {
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
        }
        YamlValue::List(items) => items
            .iter()
            .filter_map(|item| match &item.value {
                YamlValue::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect(),
        YamlValue::Null => Vec::new(),
        YamlValue::Table(_) | YamlValue::Tagged => vec![""],
    };
    let line = node.line;
    for value in values {
        match column {
            _ if NAMES.contains(&column) && value == host => {}
            "ip" => draft.set(at, HostField::Address, value, line),
            "keyfile" => draft.set(at, HostField::Key, value, line),
            "cluster" => draft.set(at, HostField::Cluster, value, line),
            "label" | "labels" | "service" | "services" | "tag" => {
                label(draft, at, column, value, line);
            }
            _ => {
                let (column, value) = (Untrusted::new(column), Untrusted::new(value));
                draft.note(line, format!("left out: {column} `{value}` has no place here"));
            }
        }
    }
}

/// A plain word is a role, or else the value of a label named after the column: cloudmesh's labels
/// have no keys.
fn label(draft: &mut ImportDraft, at: usize, column: &str, value: &str, line: usize) {
    if let Some(role) = role_of(value) {
        draft.role(at, role, line);
    } else {
        let key = if column == "tag" { "tag" } else { column.trim_end_matches('s') };
        let is_pair = value.contains('=');
        let text = if is_pair { value.to_owned() } else { format!("{key}={value}") };
        draft.set(at, HostField::Label, &text, line);
    }
}
