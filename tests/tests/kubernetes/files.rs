//! The files with the test cases.

use std::path::PathBuf;

use pontoon_model::snapshot::Snapshot;
use pontoon_predict::captured::CapturedHost;
use pontoon_tests::checkout::{root, text};
use serde_json::Value;

/// Cases of functions of Kubernetes, and of their choices on hosts made by hand.
pub(crate) fn functions() -> Value {
    read("kubernetes-cases.json")
}

/// The results of the real programs on hosts of a real cluster.
pub(crate) fn clusters() -> Value {
    read("cluster-cases.json")
}

/// Error texts of clusters that were broken on purpose.
pub(crate) fn symptoms() -> Value {
    read("symptoms.json")
}

fn read(name: &str) -> Value {
    let folder = std::env::var_os("PONTOON_CASES")
        .map_or_else(|| root().join("tests/kubernetes/cases"), PathBuf::from);
    serde_json::from_str(&text(&folder.join(name))).expect("a file of cases is JSON")
}

/// The members of a list; none if there is no such list.
pub(crate) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

pub(crate) fn words(value: &Value) -> Vec<String> {
    let words = value.as_array().into_iter().flatten();
    words.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A host, from the facts of a case.
pub(crate) fn host(facts: &Value) -> Snapshot {
    let captured: CapturedHost = serde_json::from_value(facts.clone()).expect("facts of a host");
    captured.snapshot().expect("names and addresses of a host")
}

/// Fails with all differences, if there are any or if there were no cases.
pub(crate) fn assert_same(what: &str, cases: usize, differing: &[String]) {
    assert!(cases > 0, "{what}: there are no cases");
    assert!(
        differing.is_empty(),
        "{what}: {} of {cases} differ\n{}",
        differing.len(),
        differing.join("\n")
    );
}
