//! `pontoon predict`: which address each component of Kubernetes will use.

use std::process::ExitCode;

use pontoon_probe::run_key::RunKey;
use pontoon_settings::prediction::Prediction;

use crate::arguments::predict::PredictArguments;
use crate::command::{facts_source, records, survey_report};
use crate::failure::CommandFailure;
use crate::output;
use crate::render::style::TerminalStyle;
use crate::render::{json, prediction};

/// Collects facts, predicts, shows.
pub(crate) fn run(arguments: &PredictArguments) -> Result<ExitCode, CommandFailure> {
    records::check_writable(&arguments.recording)?;
    let record = match facts_source::collect_facts(&arguments.source)? {
        Ok(record) => record,
        Err(code) => return Ok(code),
    };
    if arguments.recording.record.is_some() {
        let key = RunKey::random().map_err(|error| CommandFailure::System {
            what: "no key could be made",
            source: std::io::Error::other(error),
        })?;
        records::keep(&record, &arguments.recording, &key)?;
    }
    let report = survey_report::report(&record);
    let prediction = Prediction::predict(&record, &report.pairs, &arguments.components());
    let shown = if arguments.format.json {
        json::pretty(&prediction)?
    } else {
        prediction::page(&prediction, TerminalStyle::of_stdout(arguments.detail.verbose))
    };
    output::data(&shown)?;
    Ok(ExitCode::from(prediction.exit().code()))
}
