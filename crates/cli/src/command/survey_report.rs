//! From facts to words: what `check`, `replay` and `lab run` do alike.

use std::process::ExitCode;

use pontoon_model::facts::RunParameters;
use pontoon_model::record::Record;
use pontoon_model::untrusted::Untrusted;
use pontoon_rules::report::SurveyReport;

use crate::arguments::report_output::{OutputArguments, RecordArguments};
use crate::command::progress::ProgressMeter;
use crate::command::records;
use crate::failure::CommandFailure;
use crate::output;
use crate::render::style::TerminalStyle;
use crate::render::{json, operator_request, report_text};
use pontoon_probe::run_key::RunKey;
use pontoon_probe::survey::{self, SurveyOptions, SurveyParticipant, SurveyResult};
use pontoon_rules::rule;

/// Makes a survey and a record of it, with the key under which its names are redacted.
pub(crate) fn survey(
    seats: Vec<SurveyParticipant>,
    intent: &RunParameters,
    options: &SurveyOptions,
) -> Result<(Record, RunKey), CommandFailure> {
    let mut meter = ProgressMeter::new();
    let survey = survey::run(seats, intent, options, &mut |progress| meter.show(&progress))
        .map_err(|source| CommandFailure::Survey { source })?;
    Ok(record_of_survey(survey))
}

/// What a survey found, as a record.
pub(crate) fn record_of_survey(survey: SurveyResult) -> (Record, RunKey) {
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

/// Diagnoses a record.
pub(crate) fn report(record: &Record) -> SurveyReport {
    SurveyReport::new(record, rule::diagnose(&record.facts))
}

/// Keeps the record if that is wanted, and shows the report. A record that cannot be written keeps
/// nobody from reading what was found.
pub(crate) fn conclude(
    record: &Record,
    key: &RunKey,
    recording: &RecordArguments,
    showing: &OutputArguments,
) -> Result<ExitCode, CommandFailure> {
    let kept = records::keep(record, recording, key);
    let report = report(record);
    output::data(&render_report(&report, record, showing)?)?;
    kept?;
    Ok(ExitCode::from(report.verdict.exit))
}

/// The report as text, as JSON, or as a request to the network's administrators.
pub(crate) fn render_report(
    report: &SurveyReport,
    record: &Record,
    showing: &OutputArguments,
) -> Result<String, CommandFailure> {
    if showing.format.json {
        json::pretty(report)
    } else if showing.request {
        Ok(operator_request::request(report))
    } else {
        Ok(report_text::report(
            report,
            &record.facts,
            TerminalStyle::of_stdout(showing.detail.verbose),
        ))
    }
}
