//! Any text as YAML: the result is bounded, in depth and in number of values.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_wire::yaml::{YamlNode, YamlValue, read};

fuzz_target!(|text: &str| {
    match read(text) {
        Ok(root) => assert!(nodes(&root, 0) <= 200_000),
        Err(error) => assert!(error.to_string().len() < 8192),
    }
});

/// The number of values, including this one.
fn nodes(node: &YamlNode, depth: usize) -> usize {
    assert!(depth <= 32 && node.line > 0, "{node:?}");
    let below = |node: &YamlNode| nodes(node, depth + 1);
    1 + match &node.value {
        YamlValue::List(items) => items.iter().map(below).sum(),
        YamlValue::Table(entries) => entries.iter().map(|(_, node)| below(node)).sum(),
        YamlValue::Null | YamlValue::Text(_) | YamlValue::Tagged => 0,
    }
}
