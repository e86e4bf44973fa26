//! The published form of scenario files.

use serde_json::{Map, Value, json};

use super::Scenario;

/// The tables that are merged key by key with those of the base: what one of them must have may
/// stand there.
const MERGED: [&str; 4] = ["Scenario", "Network", "Machine", "Attachment"];

/// The JSON schema of a scenario file: with a base it says what differs, without one it says all.
#[must_use]
pub fn schema() -> Value {
    let mut whole = schemars::schema_for!(Scenario).to_value();
    let mut tables = match whole["$defs"].take() {
        Value::Object(tables) => tables,
        _ => Map::new(),
    };
    let dialect = whole["$schema"].take();
    if let Some(scenario) = whole.as_object_mut() {
        scenario.retain(|key, _| !key.starts_with('$'));
    }
    tables.insert("Scenario".to_owned(), whole);
    for name in MERGED {
        let Some(mut part) = tables.get(name).cloned() else { continue };
        if let Some(part) = part.as_object_mut() {
            part.remove("required");
        }
        point_to_parts(&mut part);
        tables.insert(format!("{name}Part"), part);
    }
    json!({
        "$schema": dialect,
        "if": { "type": "object", "required": ["base"] },
        "then": { "$ref": "#/$defs/ScenarioPart" },
        "else": { "$ref": "#/$defs/Scenario" },
        "$defs": tables,
    })
}

/// Makes every reference to a merged table one to its part.
fn point_to_parts(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(to) if key == "$ref" => {
                        if MERGED.iter().any(|name| to.ends_with(&format!("/{name}"))) {
                            to.push_str("Part");
                        }
                    }
                    other => point_to_parts(other),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(point_to_parts),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
