//! `pontoon lab run SCENARIO`: is exactly that found what is true?

use std::process::ExitCode;

use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use pontoon_model::exit::Exit;
use pontoon_rules::report::Report;
use serde::Serialize;

use super::raised::{self, Seen};
use super::{in_sandbox, scenario};
use crate::arguments::{LabRunArguments, Over};
use crate::command::{Place, judge, records};
use crate::failure::Failure;
use crate::output;
use crate::render::json;
use crate::render::style::Style;
use crate::render::wrap::wrapped;
use pontoon_lab::Lab;
use pontoon_lab::expect::{self, Difference, Expect};
use pontoon_lab::scenario::Scenario;

/// Runs a scenario and compares.
pub(crate) fn run(arguments: &LabRunArguments, place: &Place) -> Result<ExitCode, Failure> {
    // In the sandbox the parent is another one, which dies with its own.
    if let Place::Machine { .. } = place {
        die_with(arguments.die_with)?;
    }
    let scenario = scenario(&arguments.scenario)?;
    in_sandbox(place, &scenario, || {
        let mut lab = Lab::raise(&scenario).map_err(|source| Failure::Lab { source })?;
        if arguments.over == Over::Ssh {
            lab.open_ssh().map_err(|source| Failure::LabSsh { source })?;
        }
        let seen = raised::survey(&lab, &scenario, arguments.over)?;
        drop(lab);
        compare(&scenario, &seen, arguments)
    })
}

/// `lab run all` may be killed; then its children have nobody to tell.
fn die_with(parent: Option<i32>) -> Result<(), Failure> {
    let Some(parent) = parent else { return Ok(()) };
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|errno| Failure::System {
        what: "the end of the parent could not be waited for",
        source: errno.into(),
    })?;
    // It may have ended before the signal was asked for.
    if getppid().as_raw() == parent {
        Ok(())
    } else {
        Err(Failure::System {
            what: "the process that started this one has ended",
            source: std::io::ErrorKind::NotFound.into(),
        })
    }
}

/// What a scenario's run came to.
#[derive(Serialize)]
struct Outcome<'a> {
    scenario: &'a str,
    title: &'a str,
    truth: &'a str,
    is_as_expected: bool,
    expected: &'a [Expect],
    missing: &'a [Expect],
    surplus: &'a [pontoon_model::finding::Finding],
    reports: &'a [Report],
}

fn compare(
    scenario: &Scenario,
    seen: &[Seen],
    arguments: &LabRunArguments,
) -> Result<ExitCode, Failure> {
    for one in seen {
        records::keep(&one.record, &arguments.keeping, &one.key)?;
    }
    let difference = expect::compare(&scenario.expect, &raised::findings(seen));
    let reports: Vec<_> = seen.iter().map(|one| judge::report(&one.record)).collect();
    let page = if arguments.showing.json {
        json::pretty(&Outcome {
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
    seen: &[Seen],
    reports: &[Report],
    difference: &Difference,
    arguments: &LabRunArguments,
) -> Result<String, Failure> {
    let style = Style::of_stdout(arguments.showing.verbose);
    let mut page = String::new();
    let title = format!("{}: {}", scenario.name, scenario.title);
    wrapped(&mut page, style.width, "", "  ", &style.shown(&title));
    page.push_str(&format!("\n{}\n", style.strong("what is true")));
    let truth: Vec<_> = scenario.truth.split_whitespace().collect();
    wrapped(&mut page, style.width, "  ", "  ", &style.shown(&truth.join(" ")));
    for (one, report) in seen.iter().zip(reports) {
        page.push_str(&format!("\n{}\n", style.strong("what is found")));
        let text = judge::shown(report, &one.record, &arguments.showing)?;
        for line in text.lines() {
            let line = if line.is_empty() { String::new() } else { format!("  {line}") };
            page.push_str(&format!("{line}\n"));
        }
    }
    page.push_str(&format!("\n{}\n", style.strong("what must be found")));
    if difference.is_empty() {
        let rows = scenario.expect.len();
        let text = match rows {
            0 => "ok: nothing is accused, and nothing is to be".to_owned(),
            1 => "ok: exactly the one finding that is expected".to_owned(),
            rows => format!("ok: exactly the {rows} findings that are expected"),
        };
        page.push_str(&format!("  {text}\n"));
    } else {
        for line in difference.to_string().lines() {
            page.push_str(&format!("  {}\n", style.shown(line)));
        }
    }
    Ok(page)
}
