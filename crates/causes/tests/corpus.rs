//! Texts of public reports and documentation, held against what was true.
//!
//! `testdata/failing.txt`: blocks that begin with `### ID: CODES`. Each code is a true cause, of which
//! one at least has to be named; `!` after it: the text names it, so it may be confirmed; `-` before
//! it: it is false and must not be named. `testdata/good`: logs of programs that work.

use std::fs;
use std::path::PathBuf;

use pontoon_diagnosis::{Certainty, Severity};

use pontoon_causes::cause::cause_named;
use pontoon_causes::symptom::explain;

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// What is wrong with the explanation of a text.
fn faults(truth: &str, text: &str) -> Vec<String> {
    let explanation = explain(text.as_bytes());
    let mut faults = Vec::new();
    let named = |code: &str| explanation.diagnoses.iter().any(|one| one.code.as_str() == code);
    let (mut causes, mut claimed) = (Vec::new(), Vec::new());
    for word in truth.split_whitespace() {
        let code = word.trim_matches(['-', '!']);
        assert!(cause_named(code).is_some(), "{code} is no cause");
        if word.starts_with('-') {
            faults.extend(named(code).then(|| format!("false: {code}")));
        } else {
            claimed.extend(word.ends_with('!').then_some(code));
            causes.push(code);
        }
    }
    if !causes.is_empty() && !causes.iter().any(|code| named(code)) {
        faults.push(format!("missing: {}", causes.join(" or ")));
    }
    for one in &explanation.diagnoses {
        if one.certainty == Certainty::Confirmed
            && one.severity != Severity::Info
            && !claimed.contains(&one.code.as_str())
        {
            faults.push(format!("certainty not earned: {}", one.code));
        }
        let said = format!("{} {:?} {:?}", one.summary, one.remedies, one.distinguished_by);
        let is_open = ["HOST", "SERVER"].iter().any(|word| {
            said.split(|c: char| !c.is_ascii_alphanumeric()).any(|other| other == *word)
        });
        if is_open
            && explanation
                .symptoms
                .iter()
                .any(|symptom| symptom.what.contains("10.") || symptom.what.contains("192.168."))
        {
            faults.push(format!("open placeholder: {} {said}", one.code));
        }
    }
    if !faults.is_empty() {
        let said = explanation.symptoms.iter().map(|symptom| symptom.what.clone());
        faults.extend(said.map(|said| format!("    said: {said}")));
        let codes: Vec<_> = explanation.diagnoses.iter().map(|one| one.code.as_str()).collect();
        faults.push(format!("    causes: {codes:?}"));
    }
    faults
}

#[test]
fn failing_texts_have_their_true_cause() {
    let all = fs::read_to_string(directory().join("failing.txt")).unwrap();
    let mut wrong = String::new();
    for block in all.split("### ").skip(1) {
        let (head, text) = block.split_once('\n').unwrap();
        let (id, truth) = head.split_once(':').unwrap();
        for fault in faults(truth, text) {
            wrong.push_str(&format!("{id}: {fault}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn nothing_follows_from_good_logs() {
    let mut wrong = String::new();
    let mut logs: Vec<_> =
        fs::read_dir(directory().join("good")).unwrap().map(|log| log.unwrap().path()).collect();
    logs.sort();
    assert!(logs.len() >= 20, "the good logs are there");
    for log in logs {
        let explanation = explain(&fs::read(&log).unwrap());
        for one in &explanation.diagnoses {
            if one.severity != Severity::Info {
                wrong.push_str(&format!("{}: {} {:?}\n", log.display(), one.code, one.evidence));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// A terminal of any width wraps a text; what it says stays the same.
#[test]
fn wrapped_texts_have_their_true_cause() {
    let all = fs::read_to_string(directory().join("failing.txt")).unwrap();
    let (mut lost, mut tried) = (Vec::new(), 0);
    for block in all.split("### ").skip(1) {
        let (head, text) = block.split_once('\n').unwrap();
        let (id, truth) = head.split_once(':').unwrap();
        for width in [72, 80, 100, 120] {
            tried += 1;
            let faults = faults(truth, &wrapped(text, width));
            lost.extend((!faults.is_empty()).then(|| format!("{id} at {width}: {faults:#?}")));
        }
    }
    // A break within a word that names the format, such as a time, cannot always be mended.
    assert!(
        lost.len() * 100 <= tried * LOST_PERCENT_MAX,
        "{} of {tried}:\n{}",
        lost.len(),
        lost.join("\n")
    );
}

/// How many of the wrapped texts may be lost.
const LOST_PERCENT_MAX: usize = 5;

fn wrapped(text: &str, width: usize) -> String {
    let line = |line: &str| {
        let letters: Vec<char> = line.chars().collect();
        let rows: Vec<String> =
            letters.chunks(width).map(|row| row.iter().collect::<String>()).collect();
        rows.join("\n")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
