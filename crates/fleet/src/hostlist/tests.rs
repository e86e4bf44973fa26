//! Host lists: tables and properties. `tests/tests/hostlist.rs` compares the results with those of
//! python-hostlist.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn words(text: &str) -> Vec<String> {
    expand(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn lists_are_expanded_in_their_order() {
    let table: &[(&str, &[&str])] = &[
        ("", &[]),
        (",,", &[]),
        ("x", &["x"]),
        ("pi[1-3]", &["pi1", "pi2", "pi3"]),
        ("pi[1,3-4]", &["pi1", "pi3", "pi4"]),
        ("pi[08-10]", &["pi08", "pi09", "pi10"]),
        ("pi[9-11]", &["pi9", "pi10", "pi11"]),
        ("pi[3,1,2,1]", &["pi3", "pi1", "pi2"]),
        ("a[1-2]b[1-2]", &["a1b1", "a1b2", "a2b1", "a2b2"]),
        ("red,red[01-02].local", &["red", "red01.local", "red02.local"]),
        ("192.168.1.[21-22]:22", &["192.168.1.21:22", "192.168.1.22:22"]),
        ("[1-2]", &["1", "2"]),
        ("pi1,,pi1,pi2,", &["pi1", "pi2"]),
        ("pi[a-c]", &["pia", "pib", "pic"]),
        ("rack[A,C]", &["rackA", "rackC"]),
    ];
    for (text, expected) in table {
        assert_eq!(words(text), *expected, "{text}");
    }
}

#[test]
fn ranges_of_ansible_are_understood() {
    let table = [
        ("pi[1:3]", "pi1 pi2 pi3"),
        ("pi[01:05:2]", "pi01 pi03 pi05"),
        ("pi[a:c]", "pia pib pic"),
        ("pi[1:2,5-6]", "pi1 pi2 pi5 pi6"),
    ];
    for (text, expected) in table {
        assert_eq!(words(text).join(" "), expected, "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let table = [
        ("pi[3-1]", "column 4: `3-1` counts down; write `1-3`"),
        ("pi[1", "column 3: the `[` is not closed; write such as `pi[1-5]`"),
        ("a,pi1]", "column 6: the `]` closes nothing; write such as `pi[1-5]`"),
        ("pi[1}", "column 3: the `[` is not closed; write such as `pi[1-5]`"),
        ("pi[1[2]]", "column 5: brackets cannot stand in brackets"),
        ("pi[]", "column 4: a number or a range is missing"),
        ("pi[1,]", "column 6: a number or a range is missing"),
        ("pi[1-5, 7]", "column 8: ` 7` is no number, letter or range of them"),
        ("pi[-1]", "column 4: `-1` is no number"),
        ("pi[a-7]", "column 4: `a-7` is no number"),
        ("é[ü-1]", "column 3: `ü-1` is no number"),
        ("pi[\u{1b}]", "column 4: `\\u{1b}` is no number"),
        ("pi[1-100001]", "column 4: the list stands for more than 100000 hosts"),
        ("a[1-400]b[1-400]", "column 11: the list stands for more than 100000 hosts"),
        ("a[1-60000],b[1-60000]", "the list stands for more than 100000 hosts"),
    ];
    for (text, said) in table {
        let error = expand(text).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
    let long = format!("pi[{}1-2]", "0".repeat(WORD_BYTES_MAX));
    assert_eq!(expand(&long), Err(ExpandError::LongWord));
    assert_eq!(expand(&"x".repeat(WORD_BYTES_MAX + 1)), Err(ExpandError::LongWord));
    assert_eq!(expand(&"a,".repeat(TEXT_BYTES_MAX)), Err(ExpandError::LongText));
}

#[test]
fn the_largest_list_is_expanded() {
    assert_eq!(words("a[1-100]b[1-1000]").len(), WORDS_MAX);
}

#[test]
fn a_host_is_no_option_and_has_no_blank() {
    for text in ["-oProxyCommand=x", "pi1, pi2", "pi{1..3}", "pi\u{1b}[1-2]", "x[1-2]é", "a/b"] {
        assert!(matches!(hosts(text), Err(HostListError::Name(_))), "{text}");
    }
    assert_eq!(hosts("pi[1-2],10.0.0.1").unwrap().len(), 3);
}

#[test]
fn names_are_compressed_as_python_hostlist_does() {
    let table = [
        ("", ""),
        ("pi1", "pi1"),
        ("pi2,pi1,pi3,pi5", "pi[1-3,5]"),
        ("db01,db02,pi1", "db[01-02],pi1"),
        ("a1b1,a1b2,a2b1,a2b2", "a[1-2]b[1-2]"),
        ("n9,n10,n11", "n[9-11]"),
        ("n1,n01,n2,n02", "n[1-2,01-02]"),
        ("pi,pi1", "pi,pi1"),
        ("10.0.0.1,10.0.0.2", "10.0.0.[1-2]"),
        ("x-1", "x-1"),
        ("n340282366920938463463374607431768211455", "n340282366920938463463374607431768211455"),
        (
            "n340282366920938463463374607431768211456,n340282366920938463463374607431768211457",
            "n340282366920938463463374607431768211456,n340282366920938463463374607431768211457",
        ),
    ];
    for (names, list) in table {
        assert_eq!(compress(&hosts(names).unwrap()), list, "{names}");
    }
}

/// Names with common parts, so that they can be folded in several ways.
fn name() -> impl Strategy<Value = HostName> {
    "[ab]?(0|00|1|2|9|10|11|099|100)[ab.-]?(1|2|3|03)?[ab]?|[a-z0-9.:_%][a-z0-9.:_%-]{0,12}"
        .prop_map(|text| text.parse().unwrap())
}

proptest! {
    #[test]
    fn compressed_names_expand_to_themselves(names in proptest::collection::vec(name(), 0..40)) {
        let list = compress(&names);
        let again = hosts(&list).unwrap();
        let set: BTreeSet<_> = names.into_iter().collect();
        prop_assert_eq!(again.len(), set.len(), "{} has duplicates", &list);
        prop_assert_eq!(&again.iter().cloned().collect::<BTreeSet<_>>(), &set, "{}", &list);
        prop_assert_eq!(compress(&again), list);
    }

    #[test]
    fn no_text_stops_the_parser(text in "[a-c0-9\\[\\]{},.:\\-]{0,30}|\\PC{0,30}") {
        if let Ok(items) = expand(&text) {
            prop_assert!(items.len() <= WORDS_MAX);
            prop_assert_eq!(items.iter().collect::<BTreeSet<_>>().len(), items.len());
        }
        let _ = hosts(&text);
    }
}
