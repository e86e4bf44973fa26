//! From facts to words: what `check`, `replay` and `lab run` do alike.

use pontoon_model::facts::Intent;
use pontoon_model::record::Record;
use pontoon_model::untrusted::Untrusted;
use pontoon_rules::report::Report;

use crate::arguments::Showing;
use crate::command::progress::Meter;
use crate::failure::Failure;
use crate::render::style::Style;
use crate::render::{json, request, text};
use pontoon_probe::key::Key;
use pontoon_probe::survey::{self, Options, Seat, Survey};
use pontoon_rules::rule;

/// Makes a survey and a record of it, with the key under which its names are redacted.
pub(crate) fn survey(
    seats: Vec<Seat>,
    intent: &Intent,
    options: &Options,
) -> Result<(Record, Key), Failure> {
    let mut meter = Meter::new();
    let survey = survey::run(seats, intent, options, &mut |progress| meter.show(&progress))
        .map_err(|source| Failure::Survey { source })?;
    Ok(recorded(survey))
}

/// What a survey found, as a record.
pub(crate) fn recorded(survey: Survey) -> (Record, Key) {
    let unreached = survey
        .unreached
        .into_iter()
        .map(|(host, why)| (host, Untrusted::new(&chain(&why))))
        .collect();
    (Record { facts: survey.facts, unreached }, survey.key)
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Judges a record.
pub(crate) fn report(record: &Record) -> Report {
    Report::new(record, rule::diagnose(&record.facts))
}

/// The report in the form that was asked for.
pub(crate) fn shown(
    report: &Report,
    record: &Record,
    showing: &Showing,
) -> Result<String, Failure> {
    if showing.json {
        json::pretty(report)
    } else if showing.request {
        Ok(request::request(report))
    } else {
        Ok(text::report(report, &record.facts, Style::of_stdout(showing.verbose)))
    }
}
