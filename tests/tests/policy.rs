//! Rules of the code base that the compiler and its lints cannot check.

use std::collections::BTreeSet;
use std::path::Path;

use pontoon_model::code;
use pontoon_tests::checkout::{files_below, name, root, shown, sources_below, text};

/// Longest file, in lines: a file is read in one sitting.
const LINES_MAX: usize = 400;

/// Files that are longer, and why.
const LONG: [(&str, &str); 1] = [(
    "crates/rules/src/rule.rs",
    "a table: one row for each finding, nothing to understand twice",
)];

/// The only files that may contain `unsafe`, and why.
const UNSAFE: [(&str, &str); 2] = [
    ("crates/probe/src/edge/packet_socket.rs", "a sockaddr_ll is made by hand for bind(2)"),
    ("crates/probe/src/snapshot/clock.rs", "adjtimex(2) has no safe wrapper"),
];

/// Module names that do not describe their contents.
const EMPTY_NAMES: [&str; 8] =
    ["util", "utils", "common", "helper", "helpers", "manager", "misc", "shared"];

/// What pure crates may not use: with these, the same facts could give other diagnoses.
const IMPURE: [&str; 9] = [
    "std::fs",
    "std::process",
    "std::thread",
    "std::env",
    "std::time",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "std::os",
];

/// The pure crates, and the only dependencies they may have: each turns values into values.
const PURE: [(&str, &[&str]); 6] = [
    ("model", &["schemars", "serde", "serde_json", "thiserror"]),
    ("diagnosis", &["schemars", "serde", "time"]),
    ("predict", &["regex-lite", "schemars", "serde", "serde_json", "thiserror"]),
    ("rules", &["schemars", "serde"]),
    ("causes", &["schemars", "serde"]),
    ("settings", &["schemars", "serde", "serde_json", "thiserror"]),
];

/// Files in which words that are also codes mean something else: the table, names of scenarios.
const NOT_CODES: [&str; 2] = ["crates/model/src/code.rs", "crates/lab/src/scenario/builtin.rs"];

/// The crates by layer: each may depend on those to its left only.
const LAYERS: [(&str, &[&str]); 16] = [
    ("model", &[]),
    ("diagnosis", &["model"]),
    ("wire", &["model"]),
    ("netlink", &["model"]),
    ("remote", &["model", "wire"]),
    ("predict", &["model"]),
    ("rules", &["model", "diagnosis", "predict"]),
    ("causes", &["model", "diagnosis"]),
    ("settings", &["model", "diagnosis", "predict", "rules"]),
    ("probe", &["model", "wire", "netlink", "remote", "predict"]),
    ("fleet", &["model", "wire", "remote", "probe"]),
    ("join", &["model", "diagnosis", "wire", "netlink", "remote", "predict", "causes", "probe"]),
    (
        "cluster",
        &[
            "model",
            "diagnosis",
            "wire",
            "netlink",
            "remote",
            "predict",
            "rules",
            "causes",
            "probe",
            "join",
        ],
    ),
    ("lab", &["model", "diagnosis", "probe"]),
    // Beside cli: for tests only, so that nothing of it is in the program that users have.
    ("lab-kubernetes", &["model", "lab"]),
    (
        "cli",
        &[
            "model",
            "diagnosis",
            "wire",
            "remote",
            "predict",
            "rules",
            "causes",
            "settings",
            "probe",
            "fleet",
            "join",
            "cluster",
            "lab",
        ],
    ),
];

fn violations(of: impl IntoIterator<Item = String>) {
    let all: Vec<_> = of.into_iter().collect();
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

/// The files of the checkout that people read, except texts of others and generated ones.
fn pages() -> Vec<std::path::PathBuf> {
    let mut pages = files_below(".");
    let is_page = |path: &Path| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        matches!(ending, "rs" | "md" | "toml" | "sh") || matches!(name(path), "check" | "demo")
    };
    pages.retain(|path| is_page(path) && shown(path) != "tests/tests/policy.rs");
    pages
}

#[test]
fn files_are_read_in_one_sitting() {
    violations(sources_below(".").iter().filter_map(|path| {
        let (path, lines) = (shown(path), text(path).lines().count());
        let is_known = LONG.iter().any(|(long, _)| *long == path);
        (lines > LINES_MAX && !is_known).then(|| format!("{path} has {lines} lines"))
    }));
}

#[test]
fn exceptions_are_still_needed() {
    for (path, _) in LONG {
        assert!(text(&root().join(path)).lines().count() > LINES_MAX, "{path} is short again");
    }
    for (path, _) in UNSAFE {
        assert!(text(&root().join(path)).contains("unsafe {"), "{path} is safe now");
    }
}

#[test]
fn rooms_have_names() {
    violations(files_below("crates").iter().filter_map(|path| {
        let mut parts =
            path.components().filter_map(|part| Path::new(part.as_os_str()).file_stem());
        parts
            .any(|part| part.to_str().is_some_and(|part| EMPTY_NAMES.contains(&part)))
            .then(|| format!("{} does not say what is in it", shown(path)))
    }));
}

#[test]
fn nothing_is_left_for_later() {
    violations(pages().iter().flat_map(|path| {
        let text = text(path);
        ["TODO", "FIXME", "XXX"]
            .into_iter()
            .filter(move |word| text.split(|c: char| !c.is_alphanumeric()).any(|it| it == *word))
            .map(|word| format!("{} has a {word}: do it, or say so in known-issues", shown(path)))
    }));
}

/// Documents that are not in the checkout may not be cited as sources.
#[test]
fn sources_can_be_looked_up() {
    let private = ["decisions.md", "isolation.md", "libraries.md", "lab-recipes", "shared/"];
    let is_of_a_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    violations(pages().iter().flat_map(|path| {
        let text = text(path);
        let names = move |page: &&str| {
            let mut found = text.match_indices(page);
            found.any(|(at, _)| !text[..at].ends_with(is_of_a_name))
        };
        private.into_iter().filter(names).map(|page| format!("{} names {page}", shown(path)))
    }));
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut pages = pages();
    pages.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    violations(pages.iter().flat_map(|path| {
        let folder = path.parent().unwrap_or(root()).to_owned();
        let text = text(path);
        let targets: BTreeSet<_> = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .map(|target| target.split('#').next().unwrap_or_default().to_owned())
            .filter(|target| !target.is_empty() && !target.contains(':'))
            .collect();
        targets
            .into_iter()
            .filter(move |target| !folder.join(target).exists())
            .map(|target| format!("{} leads to {target}, which is not there", shown(path)))
    }));
}

#[test]
fn each_promise_of_security_names_a_test() {
    let page = text(&root().join("SECURITY.md"));
    let is_test = |word: &&str| {
        word.contains('_') && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let named: BTreeSet<&str> = page.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(named.len() > 30, "{named:?}");
    let sources: Vec<String> = ["crates", "tests"]
        .iter()
        .flat_map(|folder| sources_below(folder))
        .map(|path| text(&path))
        .collect();
    let is_there =
        |name: &str| sources.iter().any(|source| source.contains(&format!("fn {name}(")));
    let missing = named.into_iter().filter(|name| !is_there(name));
    violations(missing.map(|name| format!("SECURITY.md names no test: {name}")));
}

#[test]
fn unsafe_stands_in_named_files_only() {
    violations(sources_below(".").iter().map(|path| shown(path)).filter(|path| {
        let is_known = UNSAFE.iter().any(|(known, _)| known == path);
        let text = text(&root().join(path));
        !is_known && path != "tests/tests/policy.rs" && text.contains("unsafe_code")
    }));
}

#[test]
fn pure_crates_read_nothing_but_their_arguments() {
    violations(PURE.iter().flat_map(|(name, _)| {
        sources_below(&format!("crates/{name}/src")).into_iter().flat_map(|path| {
            let text = text(&path);
            let used = IMPURE.into_iter().filter(move |word| text.contains(word));
            used.map(|word| format!("{} uses {word}", shown(&path))).collect::<Vec<_>>()
        })
    }));
    violations(PURE.iter().flat_map(|(name, allowed)| {
        let others = dependencies(name).into_iter().filter(|it| !it.starts_with("pontoon-"));
        others
            .filter(|dependency| !allowed.contains(&&**dependency))
            .map(move |dependency| format!("{name} depends on {dependency}"))
    }));
}

#[test]
fn crates_depend_downwards_only() {
    violations(LAYERS.iter().flat_map(|(layer, below)| {
        dependencies(layer)
            .into_iter()
            .filter_map(|name| name.strip_prefix("pontoon-").map(str::to_owned))
            .filter(|name| !below.contains(&name.as_str()))
            .map(move |name| format!("{layer} depends on {name}"))
    }));
}

/// The names below `[dependencies]` of a crate, sorted.
fn dependencies(layer: &str) -> Vec<String> {
    let manifest = text(&root().join("crates").join(layer).join("Cargo.toml"));
    let manifest: toml::Table = manifest.parse().expect("a manifest is TOML");
    let table = manifest["dependencies"].as_table().expect("dependencies are a table");
    table.keys().cloned().collect()
}

/// A misspelt code in a string compiles, but never matches.
#[test]
fn codes_are_constants() {
    let quoted: Vec<_> = [code::FINDINGS, code::CAUSES, code::REFUSALS]
        .concat()
        .iter()
        .map(|code| format!("\"{code}\""))
        .collect();
    violations(
        sources_below("crates").iter().filter(|path| !NOT_CODES.contains(&&*shown(path))).flat_map(
            |path| {
                let text = text(path);
                let found = quoted.iter().filter(move |code| text.contains(code.as_str()));
                found
                    .map(|code| format!("{} has {code} as a string", shown(path)))
                    .collect::<Vec<_>>()
            },
        ),
    );
}

/// The reason for every dependency is documented.
#[test]
fn dependencies_are_decided() {
    let manifest: toml::Table =
        text(&root().join("Cargo.toml")).parse().expect("a manifest is TOML");
    let table = manifest["workspace"]["dependencies"].as_table().expect("they are a table");
    let decisions: String = files_below("docs/decisions").iter().map(|path| text(path)).collect();
    violations(
        table
            .keys()
            .filter(|name| !name.starts_with("pontoon-"))
            .filter(|name| !decisions.contains(&format!("`{name}`")))
            .map(|name| format!("no page of docs/decisions says why `{name}`")),
    );
}

/// Where ignored tests may be, by their reason: `./check` runs all of these.
const IGNORED: [(&str, &str); 3] = [
    ("tests/tests/", "needs root: "),
    // Parts of tests that execute the test program again, in a namespace of its own.
    ("tests/tests/packet_filter.rs", "runs in the namespace that "),
    ("tests/tests/cluster/", "takes the real Kubernetes: ./check --kubernetes"),
];

/// A test that cannot run is ignored and states what it needs; one that returned early would count
/// as passed.
#[test]
fn ignored_tests_say_what_they_need() {
    violations(sources_below(".").iter().flat_map(|path| {
        let text = text(path);
        let wrong = text.lines().map(str::trim).filter(|line| line.starts_with("#[ignore"));
        let is_known = |line: &str| {
            IGNORED.iter().any(|(folder, reason)| {
                shown(path).starts_with(folder)
                    && line.starts_with(&format!("#[ignore = \"{reason}"))
            })
        };
        let wrong = wrong.filter(|line| !is_known(line));
        wrong.map(|line| format!("{} has {line}", shown(path))).collect::<Vec<_>>()
    }));
}
