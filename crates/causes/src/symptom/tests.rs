//! Pasted texts and their explanations.

mod lookalikes;
mod pasted;
mod properties;
mod several;
mod verdicts;

use super::explain;
use super::explanation::{Explanation, SymptomVerdict};
use pontoon_model::code::DiagnosisCode;

/// The causes of the first proven symptom.
fn codes(explanation: &Explanation) -> Vec<DiagnosisCode> {
    let first = explanation.proven.first();
    first.map(|proven| proven.causes.iter().map(|one| one.code).collect()).unwrap_or_default()
}

fn verdict(text: &str) -> Option<SymptomVerdict> {
    explain(text.as_bytes()).proven.first().map(|proven| proven.verdict)
}

#[test]
fn every_cause_that_is_named_exists() {
    for (symptom, code) in super::table::codes() {
        assert!(crate::cause::cause(code).is_some(), "{code} of {:?}", symptom.words);
    }
}

#[test]
fn patterns_are_written_as_they_are_read() {
    for (symptom, _) in super::table::codes() {
        for words in symptom.words {
            assert!(!words.starts_with('{'), "{words} begins with a hole");
            assert_eq!(*words, words.to_ascii_lowercase(), "patterns are in small letters");
            assert!(words.matches("{..}").count() <= 2, "{words} costs too much");
            assert!(!words.ends_with("{..}") && !words.contains("{..}{"), "{words}");
        }
    }
}
