//! Words for people: everything that is written for eyes is made here.

pub(crate) mod wrap;
pub(crate) mod style;
mod command_text;
pub(crate) mod diagnosis;
pub(crate) mod report_text;
pub(crate) mod pair_reachability;
mod pair_table;
mod pair_grid;
pub(crate) mod wifi_networks;
pub(crate) mod observations;
pub(crate) mod operator_request;
pub(crate) mod demo;
pub(crate) mod inventory;
pub(crate) mod clock;
pub(crate) mod prediction;
pub(crate) mod cluster;
pub(crate) mod join;
pub(crate) mod join_hosts;
pub(crate) mod ports;
pub(crate) mod explanation;
pub(crate) mod discover;
pub(crate) mod json;

#[cfg(test)]
mod tests;

use pontoon_model::untrusted::is_harmful;

/// Makes text of any origin safe for a terminal. The last gate: what a record or another host said
/// may have come by a field that was never meant to hold such text.
pub(crate) fn clean(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_harmful(letter) {
            safe.extend(letter.escape_unicode());
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// The same for an error of several lines, such as one that points at a place in a file. Those after
/// the first are indented, so that none can pass for a line of pontoon's own.
pub(crate) fn clean_lines(text: &str) -> String {
    text.trim_end().lines().map(clean).collect::<Vec<_>>().join("\n    ")
}
