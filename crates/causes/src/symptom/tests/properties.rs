//! Properties that hold for any text.

use proptest::prelude::*;

use pontoon_diagnosis::Diagnosis;

use crate::symptom::{SYMPTOMS_MAX, explain};
use pontoon_model::untrusted::is_harmful;

/// Words that occur in patterns, with text between them.
fn pastes() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        prop::sample::select(vec![
            "dial tcp ",
            "10.0.0.1:6443",
            "[fd00::1]:10250",
            ": connect: no route to host",
            "x509: certificate is valid for ",
            "10.96.0.1, pi1",
            ", not 10.0.0.2",
            "lookup pi1 on 10.0.0.1:53",
            "curl: (7) Failed to connect to ",
            " port 80 after 0 ms",
            "communications error to 10.96.0.10#53: timed out",
            "[ERROR Port-22]",
            "failed to request the cluster-info ConfigMap",
            "\u{1b}[31m",
            "\u{1b}]0;",
            "\\\"",
            "\n",
            "\r\n",
            "\u{202e}",
        ])
        .prop_map(str::to_owned),
        ".{0,12}",
        "[\\PC]{0,40}",
    ];
    prop::collection::vec(words, 0..24).prop_map(|words| words.concat())
}

/// Everything that a diagnosis says.
fn words(diagnosis: &Diagnosis) -> Vec<String> {
    let check = diagnosis.distinguished_by.iter().map(ToString::to_string);
    let remedies = diagnosis.remedies.iter().map(ToString::to_string);
    let evidence = diagnosis.evidence.iter().map(ToString::to_string);
    check.chain(remedies).chain(evidence).chain([diagnosis.summary.to_string()]).collect()
}

proptest! {
    #[test]
    fn what_is_said_is_bounded_and_clean(text in pastes()) {
        let explanation = explain(text.as_bytes());
        prop_assert!(explanation.symptoms.len() <= SYMPTOMS_MAX);
        for symptom in &explanation.symptoms {
            prop_assert!(explanation.diagnoses_of(symptom).next().is_some());
            prop_assert!(symptom.what.len() < 4096);
            let words = explanation.diagnoses_of(symptom).flat_map(words);
            for said in words.chain([symptom.what.clone()]) {
                prop_assert!(!said.chars().any(is_harmful), "{said:?}");
                prop_assert!(said.is_ascii(), "{said:?}");
            }
        }
    }

    #[test]
    fn bytes_of_any_kind_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        let explanation = explain(&bytes);
        prop_assert!(explanation.symptoms.len() <= SYMPTOMS_MAX);
    }
}
