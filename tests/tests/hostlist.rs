//! Host lists compared with python-hostlist, which users of cloudmesh know: the same text must mean
//! the same hosts.
//!
//! `./check` installs it below `target/tools/python`; without it these tests fail, because a
//! comparison that did not run would look like a successful one.

use pontoon_fleet::hostlist::{compress, expand, hosts};
use pontoon_model::host::HostName;
use pontoon_tests::program::python;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Reads `{expand: [text], collect: [[name]]}`, writes the same with the results; null is an error.
const ASK: &str = "
import hostlist, json, sys
def asked(function, value):
    try:
        return function(value)
    except hostlist.BadHostlist:
        return None
asked_for = json.load(sys.stdin)
print(json.dumps({
    'expand': [asked(hostlist.expand_hostlist, text) for text in asked_for['expand']],
    'collect': [asked(hostlist.collect_hostlist, names) for names in asked_for['collect']],
}))
";

/// Number of generated texts of each kind.
const GENERATED: usize = 400;

const TEXTS: [&str; 42] = [
    "",
    ",",
    "x",
    "pi[1-5]",
    "pi[1-5,7]",
    "pi[01-10]",
    "pi[001-10]",
    "pi[9-011]",
    "pi[0-0]",
    "pi[00-2]",
    "pi[05-5]",
    "pi[5-05]",
    "pi[000]",
    "pi[1,01,1]",
    "pi[3,1,2]",
    "192.168.1.[21-25]",
    "a[1-2]b[1-2]",
    "a[1-2][3-4]c",
    "[1-2]",
    "[1-2],x",
    "red,red[01-03]",
    "host[02-10].local:22",
    "a,,b,",
    "a,b,a",
    "pi[99999999999999999999-100000000000000000001]",
    "pi[3-1]",
    "pi[]",
    "pi[1,]",
    "pi[,1]",
    "pi[-1]",
    "pi[1-]",
    "pi[1-2-3]",
    "pi[ 1]",
    "pi[1",
    "pi1]",
    "pi[1]]",
    "pi[[1]]",
    "pi[1[2]3]",
    "]pi[",
    "pi[0-99999]",
    "pi[0-100000]",
    "a[1-400]b[1-400]",
];

const NAMES: [&[&str]; 12] = [
    &[],
    &["pi1"],
    &["pi5", "pi1", "pi3", "pi2", "pi1"],
    &["db01", "db02", "pi1", "pi2", "pi3", "pi5"],
    &["n9", "n10", "n11", "n09"],
    &["n1", "n01", "n001", "n2", "n02", "n002"],
    &["a1b1", "a1b2", "a2b1", "a2b2"],
    &["a1b1", "a2b2", "a1b2"],
    &["x", "x1", "x1y", "1x", "1"],
    &["10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.1.2"],
    &["pi1.local", "pi2.local", "pi1", "pi2"],
    &["n99999999999999999999", "n100000000000000000000"],
];

fn generated<T>(strategy: impl Strategy<Value = T>) -> Vec<T> {
    // A fixed seed, so that a failure can be reproduced.
    let mut runner = TestRunner::deterministic();
    let mut one = || strategy.new_tree(&mut runner).expect("a value can be made").current();
    (0..GENERATED).map(|_| one()).collect()
}

/// Texts that are lists, or nearly so, without letters in brackets: those have a meaning here and
/// none in python-hostlist.
fn texts() -> Vec<String> {
    let up = (0..120_u32, 0..9_u32, 1..4_usize, 1..4_usize);
    let up = up.prop_map(|(low, more, one, two)| format!("{low:0one$}-{:0two$}", low + more));
    let range =
        prop_oneof![3 => "[0-9]{1,3}".boxed(), 8 => up.boxed(), 1 => "[0-9]{1,2}-[0-9]{1,2}"];
    let bracket =
        proptest::collection::vec(range, 1..4).prop_map(|ranges| format!("[{}]", ranges.join(",")));
    let piece = prop_oneof![3 => "[a-z.-]{0,3}".boxed(), 3 => bracket.boxed(), 1 => "[0-9]{1,2}"];
    let word = proptest::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat());
    let list = proptest::collection::vec(word, 0..4).prop_map(|words| words.join(","));
    generated(prop_oneof![7 => list.boxed(), 1 => "([0-3\\[\\],-]|pi\\[){0,12}".boxed()])
}

fn names() -> Vec<Vec<HostName>> {
    let name = "[ab]?(0|00|1|2|9|10|11|099|100)[ab.-]?(1|2|3|03)?[ab]?";
    let name = name.prop_map(|text| text.parse().expect("it is a name"));
    generated(proptest::collection::vec(name, 0..30))
}

#[test]
fn the_same_text_means_the_same_hosts() {
    let texts: Vec<String> = TEXTS.map(str::to_owned).into_iter().chain(texts()).collect();
    let name = |text: &&str| text.parse().expect("a name");
    let names: Vec<Vec<HostName>> =
        NAMES.iter().map(|names| names.iter().map(name).collect()).chain(names()).collect();
    let asked = json!({ "expand": texts, "collect": names });
    let answer = python(ASK, &asked.to_string());
    let answer: Value = serde_json::from_str(&answer).expect("the script writes JSON");
    let mut refused = 0;
    for (text, theirs) in texts.iter().zip(answer["expand"].as_array().expect("a list")) {
        let ours = json!(expand(text).ok());
        assert!(ours == *theirs, "{text:?} is {ours} here, and {theirs} there");
        refused += usize::from(theirs.is_null());
    }
    assert!(refused > 20 && refused < texts.len() / 2, "{refused} of {} refused", texts.len());
    for (names, theirs) in names.iter().zip(answer["collect"].as_array().expect("a list")) {
        let ours = compress(names);
        assert_eq!(json!(ours), *theirs, "{names:?}");
        assert!(hosts(&ours).is_ok(), "{ours}");
    }
}
