//! Pasted texts and their explanations.

mod lookalikes;
mod pasted;
mod properties;
mod several;
mod verdicts;

use super::explain;
use super::explanation::Explanation;
use pontoon_diagnosis::Certainty;
use pontoon_model::code::DiagnosisCode;

/// The codes of the first symptom's causes.
fn codes(explanation: &Explanation) -> Vec<DiagnosisCode> {
    let first = explanation.symptoms.first().into_iter();
    first.flat_map(|first| explanation.diagnoses_of(first)).map(|one| one.code).collect()
}

/// How sure the first symptom makes of its first cause.
fn certainty(text: &str) -> Option<Certainty> {
    let explanation = explain(text.as_bytes());
    let first = explanation.diagnoses_of(explanation.symptoms.first()?).next()?;
    Some(first.certainty)
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
            assert!(!words.starts_with('{'), "{words} begins with a placeholder");
            assert_eq!(*words, words.to_ascii_lowercase(), "patterns are in small letters");
            assert!(words.matches("{..}").count() <= 2, "{words} costs too much");
            assert!(!words.ends_with("{..}") && !words.contains("{..}{"), "{words}");
        }
    }
}
