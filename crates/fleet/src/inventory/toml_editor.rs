//! Changes an inventory in its text: lines whose values stay the same are not touched.

use pontoon_model::host::HostName;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::{HostLabels, InventoryHost};

/// The key of the table of hosts.
const HOSTS: &str = "host";

/// Writes a host: in place if it exists, else at the end of the text.
pub(super) fn put(document: &mut DocumentMut, host: &InventoryHost) {
    let is_new = hosts(document).is_none_or(|hosts| !hosts.contains_key(host.name.as_str()));
    let above = if is_new { take_trailing(document) } else { String::new() };
    let hosts = document.entry(HOSTS).or_insert_with(|| {
        let mut table = Table::new();
        // Implicit, so that no line `[host]` is written.
        table.set_implicit(true);
        Item::Table(table)
    });
    // If the file uses inline tables, `host = { .. }` or `host.pi1 = { .. }`, so does a new host.
    let is_inline = hosts.as_table().is_none_or(Table::is_dotted);
    let Some(hosts) = hosts.as_table_like_mut() else { return };
    let item = hosts.entry(host.name.as_str()).or_insert_with(|| {
        if is_inline {
            return Item::Value(Value::InlineTable(InlineTable::new()));
        }
        let mut table = Table::new();
        table.decor_mut().set_prefix(above);
        Item::Table(table)
    });
    let Some(table) = item.as_table_like_mut() else { return };
    let entry = &host.entry;
    let text = |value: &dyn std::fmt::Display| Value::from(value.to_string());
    set(table, "role", entry.role.map(|role| text(&role)));
    set(table, "address", entry.address.as_ref().map(|address| text(address)));
    set(table, "user", entry.user.as_ref().map(|user| text(user)));
    set(table, "port", entry.port.map(|port| Value::from(i64::from(port.get()))));
    set(table, "key", entry.key.as_ref().map(|key| text(key)));
    set_labels(table, &entry.labels);
    set(table, "cluster", entry.cluster.as_ref().map(|cluster| text(cluster)));
    // Without properties `host.pi1.user = ".."` would be lost, and the host with it.
    if item.as_table().is_some_and(|table| table.is_dotted() && table.is_empty()) {
        *item = Item::Value(Value::InlineTable(InlineTable::new()));
    }
}

/// Removes a host; returns whether it existed.
pub(super) fn remove(document: &mut DocumentMut, name: &HostName) -> bool {
    let hosts = document.get_mut(HOSTS).and_then(Item::as_table_like_mut);
    hosts.is_some_and(|hosts| hosts.remove(name.as_str()).is_some())
}

fn hosts(document: &DocumentMut) -> Option<&dyn TableLike> {
    document.get(HOSTS).and_then(Item::as_table_like)
}

/// Takes the comments at the end of the text; they move above the new host.
fn take_trailing(document: &mut DocumentMut) -> String {
    let trailing = document.trailing().as_str().unwrap_or_default().trim_matches('\n').to_owned();
    document.set_trailing("");
    let is_first = document.is_empty();
    match (is_first, trailing.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!("{trailing}\n\n"),
        (false, true) => "\n".to_owned(),
        (false, false) => format!("\n{trailing}\n\n"),
    }
}

/// Sets a value and keeps the comment behind it; an equal value is not touched.
fn set(table: &mut dyn TableLike, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    match table.get_mut(key) {
        Some(Item::Value(old)) if says(old, &value) => {}
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => {
            table.insert(key, Item::Value(value));
        }
    }
}

fn says(one: &Value, two: &Value) -> bool {
    match (one, two) {
        // Compares values, not notations: `'pi'` and `"pi"` are the same.
        (Value::String(one), Value::String(two)) => one.value() == two.value(),
        (Value::Integer(one), Value::Integer(two)) => one.value() == two.value(),
        _ => false,
    }
}

fn set_labels(table: &mut dyn TableLike, labels: &HostLabels) {
    if labels.is_empty() {
        table.remove("labels");
        return;
    }
    // A separate table, `[host.pi1.labels]`, is changed label by label.
    if let Some(Item::Table(known)) = table.get_mut("labels") {
        let wanted = |key: &str| labels.iter().any(|(label, _)| label.to_string() == key);
        known.retain(|key, _| wanted(key));
        for (key, value) in labels {
            set(known, &key.to_string(), Some(Value::from(value.to_string())));
        }
        return;
    }
    let is_same = table.get("labels").is_some_and(|item| read(item).as_ref() == Some(labels));
    if !is_same {
        let inline: InlineTable =
            labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        set(table, "labels", Some(Value::InlineTable(inline)));
    }
}

/// The value of an item as labels.
fn read(item: &Item) -> Option<HostLabels> {
    HostLabels::deserialize(item.as_value()?.clone().into_deserializer()).ok()
}
