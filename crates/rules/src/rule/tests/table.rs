//! The table itself.

use std::collections::BTreeSet;

use crate::rule::{RULES, rule};
use pontoon_model::code;

#[test]
fn each_finding_has_one_rule() {
    let codes: Vec<_> = RULES.iter().map(|rule| rule.code).collect();
    assert_eq!(codes, code::FINDINGS);
}

#[test]
fn what_is_masked_exists_and_never_masks_back() {
    for one in RULES {
        for masked in one.masks {
            let other =
                rule(masked.as_str()).unwrap_or_else(|| panic!("{} masks {masked}", one.code));
            assert!(!other.masks.contains(&one.code), "{} and {masked} hide each other", one.code);
        }
    }
}

#[test]
fn every_page_has_its_parts_and_fits_a_terminal() {
    for rule in RULES {
        for part in
            ["What it is", "How it is detected", "What looks similar", "What to do", "Sources"]
        {
            assert!(rule.explain.lines().any(|line| line == part), "{}: {part}", rule.code);
        }
        for line in rule.explain.lines() {
            assert!(line.chars().count() <= 78, "{}: {line}", rule.code);
        }
        let summary = rule.summary;
        assert!(summary.len() <= 70 && !summary.ends_with('.'), "{}: {summary}", rule.code);
    }
}

#[test]
fn pages_name_findings_that_exist() {
    let codes: BTreeSet<_> = RULES.iter().map(|rule| rule.code.as_str()).collect();
    for rule in RULES {
        // A page without these parts fails in the test above.
        let Some((_, alike)) = rule.explain.split_once("What looks similar") else { continue };
        let Some((alike, _)) = alike.split_once("What to do") else { continue };
        for item in alike.lines().filter_map(|line| line.strip_prefix("  - ")) {
            let head = item.split([':', ',']).next().unwrap_or_default();
            if head.contains('-') && !head.contains(' ') {
                assert!(codes.contains(head), "{}: {head} is no finding", rule.code);
            }
        }
    }
}
