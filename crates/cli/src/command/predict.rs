//! `pontoon predict`: which address each component of Kubernetes will take.

use std::process::ExitCode;

use pontoon_probe::run_key::RunKey;
use pontoon_settings::prediction::Prediction;

use crate::arguments::RecordArguments;
use crate::arguments::predict::PredictArguments;
use crate::command::{facts_source, records, survey_report};
use crate::failure::CommandFailure;
use crate::output;
use crate::render::style::TerminalStyle;
use crate::render::{json, prediction};

/// Gathers, foretells, shows.
pub(crate) fn run(arguments: &PredictArguments) -> Result<ExitCode, CommandFailure> {
    let record = match facts_source::collect_facts(&arguments.source)? {
        Ok(record) => record,
        Err(code) => return Ok(code),
    };
    if arguments.record.is_some() {
        let keeping = RecordArguments { record: arguments.record.clone(), redact: false };
        let key = RunKey::random().map_err(|error| CommandFailure::System {
            what: "no key could be made",
            source: std::io::Error::other(error),
        })?;
        records::keep(&record, &keeping, &key)?;
    }
    let report = survey_report::report(&record);
    let prediction = Prediction::predict(&record, &report.pairs, &arguments.components());
    let shown = if arguments.json {
        json::pretty(&prediction)?
    } else {
        prediction::page(&prediction, TerminalStyle::of_stdout(arguments.verbose))
    };
    output::data(&shown)?;
    Ok(ExitCode::from(prediction.exit().code()))
}
