//! Modules of a crate that use each other in a circle can only be understood all at once.
//!
//! Parsed from the text of `use` declarations and paths: an arrow leads from the module that
//! contains a path to the module that the path names. A parent and its child may
//! use each other; siblings may not, not even in a longer circle. Tests are skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pontoon_tests::checkout::{files_below, root, shown, sources_below, text};

/// A module by its path within the crate: `["survey", "run"]`.
type ModulePath = Vec<String>;

/// From each module to those it names.
type ModuleArrows = BTreeMap<ModulePath, BTreeSet<ModulePath>>;

/// Circles that are older than this test. The test fails for a new one, and for one in this list
/// that no longer exists: the list only gets shorter.
const KNOWN: [&str; 8] = [
    "crates/causes, below `symptom`: candidates, failed_dial",
    "crates/cluster, below `edge`: connectivity, echo_server",
    "crates/lab, below ``: lab, node, ssh, topology, via",
    "crates/netlink, below ``: kernel, request",
    "crates/predict, below `flannel`: can_reach, lookup",
    "crates/probe, below ``: protocol, round_schedule",
    "crates/probe, below `flows`: recvmsg, socket, tcp_connection",
    "crates/probe, below `survey`: agent_startup, coordinator, follow_up, host_questions, pair_state, \
     peer_setup, port_schedule, run, schedule, survey_state",
];

#[test]
fn no_modules_of_a_crate_use_each_other_in_a_circle() {
    let circles: Vec<_> = crates().iter().flat_map(|name| circles(name)).collect();
    assert_eq!(circles, KNOWN);
}

#[test]
fn arrows_are_read_from_declarations_and_paths() {
    let source = "use crate::one::{Two, three::Four};\nuse super::five;\n\
                  fn six() { crate::seven::eight(); } // crate::nine::ten()\n\
                  #[cfg(test)]\nmod tests {\n use crate::eleven::Twelve;\n}\n";
    let own = ["here".to_owned(), "inner".to_owned()];
    let found: Vec<_> = named_paths(source, &own).iter().map(|path| path.join("::")).collect();
    let expected = ["here::five", "one::Two", "one::three::Four", "seven::eight"];
    assert_eq!(found, expected);
}

#[test]
fn a_circle_is_found_however_long() {
    let arrow = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let straight = BTreeSet::from([arrow("a", "b"), arrow("b", "c"), arrow("a", "c")]);
    assert_eq!(in_circles(&straight), BTreeSet::new());
    let round =
        BTreeSet::from([arrow("a", "b"), arrow("b", "c"), arrow("c", "a"), arrow("d", "a")]);
    assert_eq!(in_circles(&round), BTreeSet::from(["a", "b", "c"].map(str::to_owned)));
}

fn crates() -> BTreeSet<String> {
    let manifests = files_below("crates").into_iter().filter(|path| path.ends_with("Cargo.toml"));
    let folders = manifests.filter_map(|path| Some(path.parent()?.file_name()?.to_owned()));
    folders.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// The circles among siblings, at each depth of a crate's tree of modules.
fn circles(name: &str) -> Vec<String> {
    let arrows = arrows(name);
    let parents: BTreeSet<&[String]> =
        arrows.keys().filter_map(|module| Some(module.split_last()?.1)).collect();
    let of_parent = |parent: &&[String]| {
        let brothers = between_children(&arrows, parent);
        let circle = in_circles(&brothers);
        (!circle.is_empty()).then(|| {
            let circle: Vec<_> = circle.into_iter().collect();
            format!("crates/{name}, below `{}`: {}", parent.join("::"), circle.join(", "))
        })
    };
    parents.iter().filter_map(of_parent).collect()
}

/// The arrows between children of one module; deeper modules count as the child above them.
fn between_children(arrows: &ModuleArrows, parent: &[String]) -> BTreeSet<(String, String)> {
    let child = |module: &ModulePath| module.strip_prefix(parent)?.first().cloned();
    let all = arrows.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    let between = all.filter_map(|(from, to)| Some((child(from)?, child(to)?)));
    between.filter(|(from, to)| from != to).collect()
}

/// The modules from which arrows lead back to themselves.
fn in_circles(arrows: &BTreeSet<(String, String)>) -> BTreeSet<String> {
    let reached = |start: &String| {
        let mut reached = BTreeSet::new();
        let mut open = vec![start];
        while let Some(from) = open.pop() {
            let next = arrows.iter().filter(|(source, _)| source == from).map(|(_, to)| to);
            open.extend(next.filter(|to| reached.insert((*to).clone())));
        }
        reached
    };
    let starts = arrows.iter().map(|(from, _)| from);
    starts.filter(|start| reached(start).contains(*start)).cloned().collect()
}

fn arrows(name: &str) -> ModuleArrows {
    let source = format!("crates/{name}/src");
    let folder = root().join(&source);
    let files: BTreeMap<ModulePath, String> = sources_below(&source)
        .iter()
        .map(|path| (module_of(path.strip_prefix(&folder).unwrap_or(path)), text(path)))
        .filter(|(module, _)| !module.iter().any(|part| part.contains("test")))
        .collect();
    assert!(!files.is_empty(), "{} has no source", shown(&folder));
    let to_modules = |module: &ModulePath, text: &String| {
        let paths = named_paths(text, module).into_iter().map(|mut path| {
            while !path.is_empty() && !files.contains_key(&path) {
                path.pop();
            }
            path
        });
        paths.filter(|path| !path.is_empty()).collect()
    };
    files.iter().map(|(module, text)| (module.clone(), to_modules(module, text))).collect()
}

fn module_of(path: &Path) -> ModulePath {
    let path = path.with_extension("");
    let parts = path.iter().map(|part| part.to_string_lossy().into_owned());
    parts.filter(|part| !matches!(part.as_str(), "lib" | "main")).collect()
}

/// The paths into the own crate that a source names, from the crate's root, without its tests.
fn named_paths(source: &str, own: &[String]) -> BTreeSet<ModulePath> {
    let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code: String = lines.map(|line| format!("{line} ")).collect();
    let mut paths = BTreeSet::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            // `super::super::x` is read at its first word, `pontoon_crate::x` not at all.
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if before == ':' || before.is_alphanumeric() || before == '_' {
                continue;
            }
            let mut tails = Vec::new();
            read_tree(&code[at..], &mut Vec::new(), &mut tails);
            paths.extend(tails.iter().map(|tail| from_root(tail, own)));
        }
    }
    paths
}

/// Reads a path, or a tree of paths in braces, from the start of a text; returns its length.
fn read_tree(text: &str, prefix: &mut Vec<String>, paths: &mut Vec<ModulePath>) -> usize {
    let depth = prefix.len();
    let mut at = 0;
    loop {
        let rest = text[at..].trim_start();
        at = text.len() - rest.len();
        if rest.starts_with('{') {
            at += 1;
            while !text[at..].trim_start().starts_with('}') && at < text.len() {
                at += read_tree(&text[at..], prefix, paths);
                let rest = text[at..].trim_start().trim_start_matches(',');
                at = text.len() - rest.len();
            }
            at = text.len() - text[at..].trim_start().trim_start_matches('}').len();
            break;
        }
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        prefix.push(rest[..word].to_owned());
        at += word;
        if let Some(rest) = text[at..].strip_prefix("::") {
            at = text.len() - rest.len();
            continue;
        }
        paths.push(prefix.clone());
        // ` as other` belongs to the leaf.
        let end = text[at..].find([',', '}', ';', '(', ')']).unwrap_or(0);
        at += if text[at..].trim_start().starts_with("as ") { end } else { 0 };
        at += usize::from(word == 0 && at < text.len());
        break;
    }
    prefix.truncate(depth);
    at
}

fn from_root(path: &[String], own: &[String]) -> ModulePath {
    let mut absolute: ModulePath = match path.first().map(String::as_str) {
        Some("crate") => Vec::new(),
        _ => own.to_vec(),
    };
    for part in path {
        match part.as_str() {
            "crate" | "self" => {}
            "super" => {
                absolute.pop();
            }
            other => absolute.push(other.to_owned()),
        }
    }
    absolute
}
