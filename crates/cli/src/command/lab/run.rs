//! `pontoon lab run SCENARIO`: is exactly that found what is true?

use std::process::ExitCode;

use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use pontoon_diagnosis::Diagnosis;
use pontoon_model::exit::Exit;
use pontoon_rules::report::SurveyReport;
use serde::Serialize;

use super::lab_survey::{self, RecordedSurvey};
use super::{in_sandbox, scenario};
use crate::arguments::lab::{LabRunArguments, LabTransport};
use crate::command::{ProcessContext, records, survey_report};
use crate::failure::CommandFailure;
use crate::output;
use crate::render::json;
use crate::render::style::TerminalStyle;
use crate::render::wrap::wrapped;
use pontoon_lab::Lab;
use pontoon_lab::expected_findings::{self, ExpectedFinding, FindingDifference};
use pontoon_lab::scenario::Scenario;

/// Runs a scenario and compares.
pub(crate) fn run(
    arguments: &LabRunArguments,
    place: &ProcessContext,
) -> Result<ExitCode, CommandFailure> {
    // In the sandbox the parent is another one, which dies with its own.
    if let ProcessContext::Machine { .. } = place {
        die_with(arguments.die_with)?;
    }
    let scenario = scenario(&arguments.scenario)?;
    in_sandbox(place, &scenario, || {
        let mut lab = Lab::start(&scenario).map_err(|source| CommandFailure::Lab { source })?;
        if arguments.over == LabTransport::Ssh {
            lab.start_ssh().map_err(|source| CommandFailure::LabSsh { source })?;
        }
        let seen = lab_survey::survey(&lab, &scenario, arguments.over)?;
        drop(lab);
        compare(&scenario, &seen, arguments)
    })
}

/// `lab run all` may be killed; then its children must end as well.
fn die_with(parent: Option<i32>) -> Result<(), CommandFailure> {
    let Some(parent) = parent else { return Ok(()) };
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|errno| CommandFailure::System {
        what: "the end of the parent could not be waited for",
        source: errno.into(),
    })?;
    // It may have ended before the signal was asked for.
    if getppid().as_raw() == parent {
        Ok(())
    } else {
        Err(CommandFailure::System {
            what: "the process that started this one has ended",
            source: std::io::ErrorKind::NotFound.into(),
        })
    }
}

/// What a scenario's run came to.
#[derive(Serialize)]
struct LabRunReport<'a> {
    scenario: &'a str,
    title: &'a str,
    truth: &'a str,
    is_as_expected: bool,
    expected: &'a [ExpectedFinding],
    missing: &'a [ExpectedFinding],
    surplus: &'a [Diagnosis],
    reports: &'a [SurveyReport],
}

fn compare(
    scenario: &Scenario,
    seen: &[RecordedSurvey],
    arguments: &LabRunArguments,
) -> Result<ExitCode, CommandFailure> {
    for one in seen {
        records::keep(&one.record, &arguments.recording, &one.key)?;
    }
    let difference = expected_findings::compare(&scenario.expect, &lab_survey::diagnoses(seen));
    let reports: Vec<_> = seen.iter().map(|one| survey_report::report(&one.record)).collect();
    let page = if arguments.output.format.json {
        json::pretty(&LabRunReport {
            scenario: &scenario.name,
            title: &scenario.title,
            truth: &scenario.truth,
            is_as_expected: difference.is_empty(),
            expected: &scenario.expect,
            missing: &difference.missing,
            surplus: &difference.surplus,
            reports: &reports,
        })?
    } else {
        page(scenario, seen, &reports, &difference, arguments)?
    };
    output::data(&page)?;
    let exit = if difference.is_empty() { Exit::Good } else { Exit::Failed };
    Ok(ExitCode::from(exit.code()))
}

fn page(
    scenario: &Scenario,
    seen: &[RecordedSurvey],
    reports: &[SurveyReport],
    difference: &FindingDifference,
    arguments: &LabRunArguments,
) -> Result<String, CommandFailure> {
    let style = TerminalStyle::of_stdout(arguments.output.detail.verbose);
    let mut page = String::new();
    let title = format!("{}: {}", scenario.name, scenario.title);
    wrapped(&mut page, style.width, "", "  ", &style.printable(&title));
    page.push_str(&format!("\n{}\n", style.bold("what is true")));
    let truth: Vec<_> = scenario.truth.split_whitespace().collect();
    wrapped(&mut page, style.width, "  ", "  ", &style.printable(&truth.join(" ")));
    for (one, report) in seen.iter().zip(reports) {
        page.push_str(&format!("\n{}\n", style.bold("what is found")));
        let text = survey_report::render_report(report, &one.record, &arguments.output)?;
        for line in text.lines() {
            let line = if line.is_empty() { String::new() } else { format!("  {line}") };
            page.push_str(&format!("{line}\n"));
        }
    }
    page.push_str(&format!("\n{}\n", style.bold("what must be found")));
    if difference.is_empty() {
        let rows = scenario.expect.len();
        let text = match rows {
            0 => "ok: nothing was diagnosed, as expected".to_owned(),
            1 => "ok: exactly the one finding that is expected".to_owned(),
            rows => format!("ok: exactly the {rows} findings that are expected"),
        };
        page.push_str(&format!("  {text}\n"));
    } else {
        for line in difference.to_string().lines() {
            page.push_str(&format!("  {}\n", style.printable(line)));
        }
    }
    Ok(page)
}
