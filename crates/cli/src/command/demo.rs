//! `pontoon demo`: the campus story.

use std::process::ExitCode;

use crate::arguments::{DemoArguments, Keeping, Over};
use crate::command::lab::{in_sandbox, raised, scenario};
use crate::command::{Place, judge, records};
use crate::failure::Failure;
use crate::output;
use crate::render::story;
use crate::render::style::Style;
use pontoon_lab::Lab;
use pontoon_lab::expect::compare;
use pontoon_model::exit::Exit;

/// The scenario that is told.
const SCENARIO: &str = "campus";

/// Raises the campus, asks its hosts, tells what was seen.
pub(crate) fn run(arguments: &DemoArguments, place: &Place) -> Result<ExitCode, Failure> {
    let scenario = scenario(SCENARIO)?;
    in_sandbox(place, &scenario, || {
        let style = Style::of_stdout(0);
        let program = arguments.program.clone().unwrap_or_else(|| "on your path".to_owned());
        let lab = Lab::raise(&scenario).map_err(|source| Failure::Lab { source })?;
        output::data(&story::opening(style))?;
        let seen = raised::survey(&lab, &scenario, Over::Process)?;
        drop(lab);
        let difference = compare(&scenario.expect, &raised::findings(&seen));
        for one in &seen {
            let keeping = Keeping { record: arguments.record.clone(), redact: false };
            records::keep(&one.record, &keeping, &one.key)?;
            let report = judge::report(&one.record);
            output::data(&story::story(&report, &one.record.facts, &program, style))?;
        }
        if difference.is_empty() {
            Ok(ExitCode::SUCCESS)
        } else {
            output::data(&format!("\nThis is not the story that was to be told:\n{difference}"))?;
            Ok(ExitCode::from(Exit::Failed.code()))
        }
    })
}
