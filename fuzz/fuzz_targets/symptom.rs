//! Any bytes as pasted error text: the explanation is bounded and escaped.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_causes::cause::CommandResult;
use pontoon_causes::symptom::explain;
use pontoon_model::untrusted::is_harmful;

fuzz_target!(|bytes: &[u8]| {
    let mut explanation = explain(bytes);
    // The output of commands is untrusted as well.
    let text = String::from_utf8_lossy(bytes).into_owned();
    let status = bytes.first().map(|byte| i32::from(*byte));
    explanation.apply_results(true, &|_| CommandResult { status, text: text.clone() });
    for symptom in &explanation.symptoms {
        assert!(symptom.what.len() < 4096);
        assert!(!symptom.what.chars().any(is_harmful), "{:?}", symptom.what);
    }
    for one in &explanation.diagnoses {
        let check = one.distinguished_by.iter().map(ToString::to_string);
        let remedies = one.remedies.iter().map(ToString::to_string);
        let evidence = one.evidence.iter().map(ToString::to_string);
        for said in check.chain(remedies).chain(evidence).chain([one.summary.to_string()]) {
            assert!(!said.chars().any(is_harmful), "{said:?}");
        }
    }
    for words in explanation.commands(true) {
        assert!(words.iter().all(|word| !word.contains(['\n', ' ', ';', '`', '$'])), "{words:?}");
    }
});
