//! `pontoon predict`: which address each component of Kubernetes will take.

use std::process::ExitCode;

use pontoon_probe::key::Key;
use pontoon_settings::prediction::Prediction;

use crate::arguments::Keeping;
use crate::arguments::predict::PredictArguments;
use crate::command::{gathered, judge, records};
use crate::failure::Failure;
use crate::output;
use crate::render::style::Style;
use crate::render::{json, prediction};

/// Gathers, foretells, shows.
pub(crate) fn run(arguments: &PredictArguments) -> Result<ExitCode, Failure> {
    let record = match gathered::record(&arguments.source)? {
        Ok(record) => record,
        Err(code) => return Ok(code),
    };
    if arguments.record.is_some() {
        let keeping = Keeping { record: arguments.record.clone(), redact: false };
        let key = Key::random().map_err(|error| Failure::System {
            what: "no key could be made",
            source: std::io::Error::other(error),
        })?;
        records::keep(&record, &keeping, &key)?;
    }
    let report = judge::report(&record);
    let prediction = Prediction::of(&record, &report.pairs, &arguments.components());
    let shown = if arguments.json {
        json::pretty(&prediction)?
    } else {
        prediction::page(&prediction, Style::of_stdout(arguments.verbose))
    };
    output::data(&shown)?;
    Ok(ExitCode::from(prediction.exit().code()))
}
