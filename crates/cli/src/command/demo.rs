//! `pontoon demo`: the campus story.

use std::process::ExitCode;

use crate::arguments::lab::{DemoArguments, LabTransport};
use crate::command::lab::{in_sandbox, lab_survey, scenario};
use crate::command::{ProcessContext, records, survey_report};
use crate::failure::CommandFailure;
use crate::output;
use crate::render::demo;
use crate::render::style::TerminalStyle;
use pontoon_lab::Lab;
use pontoon_lab::expected_findings::compare;
use pontoon_model::exit::Exit;

/// The scenario that the demo shows.
const SCENARIO: &str = "campus";

/// Builds the campus, tests it from its hosts, shows what they see.
pub(crate) fn run(
    arguments: &DemoArguments,
    place: &ProcessContext,
) -> Result<ExitCode, CommandFailure> {
    let scenario = scenario(SCENARIO)?;
    in_sandbox(place, &scenario, || {
        let style = TerminalStyle::of_stdout(0);
        let program = arguments.program.clone().unwrap_or_else(|| "on your path".to_owned());
        let lab = Lab::start(&scenario).map_err(|source| CommandFailure::Lab { source })?;
        output::data(&demo::introduction(style))?;
        let seen = lab_survey::survey(&lab, &scenario, LabTransport::Process)?;
        drop(lab);
        let difference = compare(&scenario.expect, &lab_survey::diagnoses(&seen));
        for one in &seen {
            records::keep(&one.record, &arguments.recording, &one.key)?;
            let report = survey_report::report(&one.record);
            output::data(&demo::demo_report(&report, &one.record.facts, &program, style))?;
        }
        if difference.is_empty() {
            Ok(ExitCode::SUCCESS)
        } else {
            output::data(&format!(
                "\nThe findings are not those that the scenario expects:\n{difference}"
            ))?;
            Ok(ExitCode::from(Exit::Failed.code()))
        }
    })
}
