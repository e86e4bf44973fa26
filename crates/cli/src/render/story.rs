//! The campus story, told from what the agents saw.

use pontoon_model::facts::Facts;
use pontoon_model::report::Report;

use super::style::Style;
use super::text;

/// What is told before the hosts are asked.
pub(crate) fn opening(_: Style) -> String {
    String::new()
}

/// What they saw.
pub(crate) fn story(report: &Report, facts: &Facts, style: Style) -> String {
    text::report(report, facts, style)
}
