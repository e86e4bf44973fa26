//! Properties that hold for any text.

use proptest::prelude::*;

use crate::symptom::{PROVEN_MAX, explain};
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

proptest! {
    #[test]
    fn what_is_said_is_bounded_and_clean(text in pastes()) {
        let explanation = explain(text.as_bytes());
        prop_assert!(explanation.proven.len() <= PROVEN_MAX);
        for proven in &explanation.proven {
            prop_assert!(!proven.causes.is_empty());
            prop_assert!(proven.what.len() < 4096);
            let words = proven.causes.iter().flat_map(|one| {
                [&one.is, &one.apart, &one.command, &one.cure]
            });
            for said in words.chain([&proven.what]) {
                prop_assert!(!said.chars().any(is_harmful), "{said:?}");
                prop_assert!(said.is_ascii(), "{said:?}");
            }
        }
    }

    #[test]
    fn bytes_of_any_kind_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        let explanation = explain(&bytes);
        prop_assert!(explanation.proven.len() <= PROVEN_MAX);
    }
}
