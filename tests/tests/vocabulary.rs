//! One name, one meaning; and words that an engineer of this field would not use.

use std::collections::BTreeMap;

use pontoon_tests::checkout::{files_below, shown, sources_below, text};

/// Public types that share a name on purpose. None does today.
const SHARED_NAMES: [&str; 0] = [];

/// Words that stand for something else in this field, or for nothing, and what to write instead.
/// Matched as whole words in comments, strings and pages.
const NOT_USED: [(&str, &str); 14] = [
    ("accuse", "diagnose, report"),
    ("accused", "diagnosed, reported"),
    ("accuses", "diagnoses, reports"),
    ("accusation", "diagnosis"),
    ("dozes", "sleeps in power save"),
    ("foretell", "predict"),
    ("foretells", "predicts"),
    ("foretold", "predicted"),
    ("innocent", "not the cause"),
    ("lent", "leased"),
    ("stranger", "foreign host, unknown host"),
    ("vanish", "are dropped"),
    ("vanishes", "is dropped"),
    ("whoever", "any host that, the host that"),
];

/// Expressions with the same fate, matched as they stand.
const NOT_SAID: [(&str, &str); 5] = [
    ("without a word", "silently"),
    ("not a word", "no response"),
    ("who reaches whom", "which hosts reach each other"),
    ("in the name of", "on behalf of, with the address of"),
    ("keeps its clients apart", "isolates its clients"),
];

#[test]
fn one_public_type_has_one_name() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in sources_below("crates") {
        for name in text(&path).lines().filter_map(public_type) {
            places.entry(name.to_owned()).or_default().push(shown(&path));
        }
    }
    places.retain(|name, places| places.len() > 1 && !SHARED_NAMES.contains(&name.as_str()));
    assert!(places.is_empty(), "names of more than one type: {places:#?}");
}

/// The name of a type that other modules may use, if this line defines one.
fn public_type(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(scope) => scope.split_once(')')?.1,
        None => rest,
    };
    let (keyword, rest) = rest.trim_start().split_once(' ')?;
    let is_type = matches!(keyword, "struct" | "enum" | "trait" | "type" | "union");
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    is_type.then(|| &rest[..end.unwrap_or(rest.len())])
}

#[test]
fn words_that_are_not_used_stand_nowhere() {
    let mut found = Vec::new();
    for path in sources_below("crates").into_iter().chain(pages()) {
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        for (number, line) in text(&path).lines().enumerate() {
            let prose = if is_source { prose(line) } else { line.to_owned() };
            for instead in unused(&prose) {
                found.push(format!(
                    "{}:{}: {line}\n    write: {instead}",
                    shown(&path),
                    number + 1
                ));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn pages() -> impl Iterator<Item = std::path::PathBuf> {
    let pages = ["docs", "crates"].into_iter().flat_map(files_below);
    let own = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
    pages
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .chain(own.map(|name| pontoon_tests::checkout::root().join(name)))
}

/// What people read of a line of source: its comment, and what stands in quotes.
fn prose(line: &str) -> String {
    let comment = line.split_once("//").map(|(_, comment)| comment).unwrap_or_default();
    let quoted: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    let is_continued = !line.contains(';') && line.trim_end().ends_with('\\');
    let continued = if is_continued { line } else { "" };
    format!("{comment} {} {continued}", quoted.join(" "))
}

/// What to write instead of each word or expression in this text that is not used.
fn unused(prose: &str) -> Vec<String> {
    let lower = prose.to_lowercase();
    let words: Vec<&str> = lower.split(|letter: char| !letter.is_alphanumeric()).collect();
    let by_word = NOT_USED.iter().filter(|(word, _)| words.contains(word));
    let by_text = NOT_SAID.iter().filter(|(text, _)| lower.contains(text));
    by_word.chain(by_text).map(|(word, instead)| format!("{instead} (not `{word}`)")).collect()
}

#[test]
fn types_and_words_are_recognised() {
    let table = [
        ("pub struct Certainty {", Some("Certainty")),
        ("    pub(crate) enum Exit<'a> {", Some("Exit")),
        ("pub(in crate::rule) type Key<'a> = (u8,);", Some("Key")),
        ("pub fn exit() {", None),
        ("struct Hidden;", None),
    ];
    for (line, name) in table {
        assert_eq!(public_type(line), name, "{line}");
    }
    assert_eq!(unused("Large packets Vanish without a word, excellent").len(), 2);
    assert_eq!(unused("the vanished seatbelt of an innocently silent relay"), Vec::<String>::new());
    let source = "let lease = \"a lent address\"; // whoever";
    assert_eq!(unused(&prose(source)).len(), 2);
    assert_eq!(unused(&prose("let lent = whoever;")).len(), 0);
}
