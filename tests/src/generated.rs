//! Files that are generated from the code, and must be up to date.
//!
//! The tests that write them have `current` in their names, so that they can be run alone: tests
//! that read the schemas would still find the old ones.

use std::env;
use std::fs;

use crate::checkout::{root, shown};

/// If this variable is set, tests write the pages instead of comparing them.
const WRITE: &str = "PONTOON_WRITE";

/// What generates all of them.
const COMMAND: &str = "PONTOON_WRITE=1 cargo test -p pontoon-tests current";

/// Compares a page of the checkout with the generated one.
///
/// # Panics
///
/// If they differ: the message names the command that writes the page.
pub fn assert_current(page: &str, made: &str) {
    let path = root().join(page);
    if env::var_os(WRITE).is_some() {
        let folder = path.parent().expect("a page lies in a folder");
        fs::create_dir_all(folder).expect("a folder of the checkout can be made");
        fs::write(&path, made).expect("a page of the checkout can be written");
        return;
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == made,
        "{} is not up to date; generate it with\n  {COMMAND}\nThe first line that differs: {}",
        shown(&path),
        first_difference(&found, made),
    );
}

fn first_difference(found: &str, made: &str) -> String {
    let same = found.lines().zip(made.lines()).take_while(|(found, made)| found == made).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    format!("{}\n  there: {}\n  made:  {}", same + 1, line(found), line(made))
}
