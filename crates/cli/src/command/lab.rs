//! `pontoon lab`: hostile networks made of network namespaces.

mod run_all;
pub(crate) mod lab_survey;
mod run;
mod shell;

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::arguments::lab::{LabCommand, LabListArguments};
use crate::command::ProcessContext;
use crate::failure::CommandFailure;
use crate::output;
use crate::render::json;
use crate::render::style::TerminalStyle;
use crate::render::wrap::wrapped;
use pontoon_lab::scenario::{self, Scenario};
use pontoon_lab::via::{self, ViaService};
use pontoon_lab::{neighbour_table, sandbox};

/// Runs a command below `pontoon lab`.
pub(crate) fn run(
    command: &LabCommand,
    place: &ProcessContext,
) -> Result<ExitCode, CommandFailure> {
    match command {
        LabCommand::List(arguments) => list(arguments),
        LabCommand::Run(arguments) if arguments.scenario == "all" => run_all::run(arguments),
        LabCommand::Run(arguments) => run::run(arguments, place),
        LabCommand::Shell(arguments) => shell::run(arguments, place),
        LabCommand::Via(arguments) => {
            let service = if arguments.ssh { ViaService::Ssh } else { ViaService::Agent };
            Ok(via::via(service, &arguments.host))
        }
    }
}

/// Does the work in a sandbox, and enters one first if this is none yet.
pub(crate) fn in_sandbox(
    place: &ProcessContext,
    scenario: &Scenario,
    work: impl FnOnce() -> Result<ExitCode, CommandFailure>,
) -> Result<ExitCode, CommandFailure> {
    if scenario.has_kubernetes_nodes() {
        return Err(CommandFailure::KubernetesLab);
    }
    match place {
        ProcessContext::Sandbox => work(),
        ProcessContext::Machine { words } => {
            let room = neighbour_table::reserve_entries(scenario.neighbours());
            let _room = room
                .map_err(|source| CommandFailure::NoRoom { hosts: scenario.host.len(), source })?;
            sandbox::enter(words).map_err(|source| CommandFailure::Sandbox { source })
        }
    }
}

/// The scenario of that name, or in that file.
pub(crate) fn scenario(name: &str) -> Result<Scenario, CommandFailure> {
    let failed = |source| CommandFailure::Scenario { name: name.to_owned(), source };
    if let Some(built_in) = scenario::builtin(name) {
        return built_in.map_err(failed);
    }
    let path = Path::new(name);
    if path.extension().is_none() && !path.exists() {
        return Err(CommandFailure::NoScenario { name: name.to_owned() });
    }
    scenario::load(path).map_err(failed)
}

#[derive(Serialize)]
struct ScenarioRow {
    name: String,
    title: String,
    truth: String,
}

fn list(arguments: &LabListArguments) -> Result<ExitCode, CommandFailure> {
    let rows: Vec<_> = scenario::builtin_names()
        .map(|name| {
            let Scenario { title, truth, .. } = scenario(name)?;
            Ok(ScenarioRow { name: name.to_owned(), title, truth })
        })
        .collect::<Result<_, CommandFailure>>()?;
    let page = if arguments.format.json { json::pretty(&rows)? } else { page(&rows) };
    output::data(&page)?;
    Ok(ExitCode::SUCCESS)
}

fn page(rows: &[ScenarioRow]) -> String {
    let style = TerminalStyle::of_stdout(0);
    let widest = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut page = String::new();
    for row in rows {
        let head = format!("{:widest$}  ", row.name);
        wrapped(
            &mut page,
            style.width,
            &head,
            &" ".repeat(widest + 2),
            &style.printable(&row.title),
        );
    }
    page
}
