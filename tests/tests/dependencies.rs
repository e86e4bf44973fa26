//! Which packages the lock file may contain: their licences, their sources, and packages that are
//! banned.

use std::collections::BTreeSet;

use pontoon_tests::program::cargo;
use serde_json::Value;

/// The targets that pontoon is built for: packages of others do not count.
const TARGETS: [&str; 3] =
    ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-musl", "armv7-unknown-linux-musleabihf"];

/// Licences that are accepted, by their SPDX names.
const LICENCES: [&str; 4] = ["MIT", "Apache-2.0", "ISC", "Unicode-3.0"];

/// Licences accepted for one package only, and why.
const LICENCES_OF: [(&str, &str, &str); 3] = [
    ("borrow-or-share", "MIT-0", "in tests alone, of jsonschema; it is MIT without its condition"),
    ("foldhash", "Zlib", "in tests alone: jsonschema asks hashbrown for its default hasher"),
    ("subtle", "BSD-3-Clause", "of rustls; the licence asks no more than MIT's but its name"),
];

/// Packages that are banned, and why.
const KEPT_OUT: [(&str, &str); 2] = [
    ("openssl-sys", "ring is the one source of cryptography"),
    ("tokio", "one poll(2) loop a host; part 1 has no use for a runtime"),
];

/// The only place that packages come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The packages that are built for [`TARGETS`], dependencies of tests and of builds included.
fn packages() -> Vec<Value> {
    let targets = TARGETS.iter().flat_map(|target| ["--filter-platform", target]);
    let words = ["metadata", "--quiet", "--locked", "--format-version", "1"];
    let text = cargo(&words.into_iter().chain(targets).collect::<Vec<_>>());
    let metadata: Value = serde_json::from_str(&text).expect("cargo writes JSON");
    let nodes = metadata["resolve"]["nodes"].as_array().expect("the graph has nodes");
    let built: BTreeSet<_> = nodes.iter().filter_map(|node| node["id"].as_str()).collect();
    let all = metadata["packages"].as_array().expect("there are packages").iter();
    all.filter(|package| built.contains(word(package, "id"))).cloned().collect()
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Whether an SPDX expression is met by accepted licences: `AND` binds closer than `OR`, and `/` is
/// an old form of `OR`.
fn is_met(expression: &str, is_taken: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    let met = any(&mut rest, is_taken);
    met && rest.is_empty()
}

fn any(words: &mut &[&str], is_taken: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all(words, is_taken);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        met |= all(words, is_taken);
    }
    met
}

fn all(words: &mut &[&str], is_taken: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(words, is_taken);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        met &= one(words, is_taken);
    }
    met
}

fn one(words: &mut &[&str], is_taken: &dyn Fn(&str) -> bool) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let met = any(words, is_taken);
            let closed = words.first() == Some(&")");
            *words = words.get(1..).unwrap_or_default();
            met && closed
        }
        [licence, "WITH", exception, rest @ ..] => {
            *words = rest;
            is_taken(&format!("{licence} WITH {exception}"))
        }
        [licence, rest @ ..] => {
            *words = rest;
            is_taken(licence)
        }
        [] => false,
    }
}

/// Reasons to reject a package.
fn wrong(package: &Value) -> Vec<String> {
    let name = word(package, "name");
    let mut found = Vec::new();
    let is_of_it = |licence: &str| LICENCES_OF.iter().any(|it| (it.0, it.1) == (name, licence));
    let is_taken = |licence: &str| LICENCES.contains(&licence) || is_of_it(licence);
    let licence = word(package, "license");
    if !is_met(licence, &is_taken) {
        found.push(format!("{name} has the licence `{licence}`"));
    }
    if let Some((_, why)) = KEPT_OUT.iter().find(|(kept_out, _)| *kept_out == name) {
        found.push(format!("{name} is kept out: {why}"));
    }
    // Our own packages have no source.
    let source = &package["source"];
    if !source.is_null() && source != REGISTRY {
        found.push(format!("{name} comes from {source}"));
    }
    if source.is_null() {
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let any_version = dependencies.filter(|it| word(it, "req") == "*" && it["path"].is_null());
        found.extend(any_version.map(|it| format!("{name} takes any {}", word(it, "name"))));
    }
    found
}

#[test]
fn packages_are_what_they_may_be() {
    let packages = packages();
    assert!(packages.len() > 50, "only {} packages", packages.len());
    let found: Vec<String> = packages.iter().flat_map(wrong).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    for (name, licence, why) in LICENCES_OF {
        let is_there = packages.iter().any(|package| word(package, "name") == name);
        assert!(is_there, "no package {name} needs {licence} any longer ({why})");
    }
}

#[test]
fn what_may_not_be_is_found() {
    let package = |name: &str, licence: &str, source: Value| {
        let any = serde_json::json!([{"name": "x", "req": "*", "path": null}]);
        serde_json::json!({"name": name, "license": licence, "source": source, "dependencies": any})
    };
    let cases = [
        (package("a", "MIT", REGISTRY.into()), ""),
        (package("a", "GPL-3.0-only", REGISTRY.into()), "a has the licence `GPL-3.0-only`"),
        (package("a", "", REGISTRY.into()), "a has the licence ``"),
        (package("a", "Zlib", REGISTRY.into()), "a has the licence `Zlib`"),
        (package("foldhash", "Zlib", REGISTRY.into()), ""),
        (package("tokio", "MIT", REGISTRY.into()), "tokio is kept out"),
        (package("a", "MIT", "git+https://x.invalid/a".into()), "a comes from \"git+"),
        (package("a", "MIT", Value::Null), "a takes any x"),
    ];
    for (package, said) in cases {
        let found = wrong(&package).join("\n");
        assert!(found.starts_with(said) && found.is_empty() == said.is_empty(), "{said}: {found}");
    }
}

#[test]
fn licences_are_read_as_spdx_has_them() {
    let is_taken = |licence: &str| ["MIT", "Apache-2.0"].contains(&licence);
    for (expression, met) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-2.0-only OR MIT", true),
        ("MIT AND GPL-2.0-only", false),
        ("MIT OR GPL-2.0-only AND ISC", true),
        ("(MIT OR GPL-2.0-only) AND ISC", false),
        ("(MIT OR Apache-2.0) AND (ISC OR MIT)", true),
        ("Apache-2.0 WITH LLVM-exception", false),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("(MIT", false),
        ("MIT Apache-2.0", false),
        ("MIT AND", false),
        ("", false),
    ] {
        assert_eq!(is_met(expression, &is_taken), met, "{expression}");
    }
}
