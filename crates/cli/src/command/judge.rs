//! From facts to words: what `check`, `replay` and `lab run` do alike.

use std::process::ExitCode;

use pontoon_model::facts::Facts;
use pontoon_model::report::Report;

use crate::arguments::Showing;
use crate::failure::Failure;
use crate::output;
use crate::parts::rule;
use crate::render::style::Style;
use crate::render::{json, request, text};

/// Judges facts and shows the report.
pub(crate) fn show(facts: &Facts, showing: &Showing) -> Result<ExitCode, Failure> {
    let report = Report::new(facts, rule::diagnose(facts));
    output::data(&shown(&report, facts, showing)?)?;
    Ok(ExitCode::from(report.verdict.exit))
}

/// The report in the form that was asked for.
pub(crate) fn shown(report: &Report, facts: &Facts, showing: &Showing) -> Result<String, Failure> {
    if showing.json {
        json::pretty(report)
    } else if showing.request {
        Ok(request::request(report, facts))
    } else {
        Ok(text::report(report, facts, Style::of_stdout(showing.verbose)))
    }
}
