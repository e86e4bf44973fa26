//! Any text as YAML: what is read is bounded, in depth and in number.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_wire::yaml::{Node, Value, read};

fuzz_target!(|text: &str| {
    match read(text) {
        Ok(root) => assert!(nodes(&root, 0) <= 200_000),
        Err(error) => assert!(error.to_string().len() < 8192),
    }
});

/// How many there are, this one counted.
fn nodes(node: &Node, depth: usize) -> usize {
    assert!(depth <= 32 && node.line > 0, "{node:?}");
    let below = |node: &Node| nodes(node, depth + 1);
    1 + match &node.value {
        Value::List(items) => items.iter().map(below).sum(),
        Value::Table(entries) => entries.iter().map(|(_, node)| below(node)).sum(),
        Value::Null | Value::Text(_) | Value::Tagged => 0,
    }
}
