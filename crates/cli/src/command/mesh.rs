//! `pontoon mesh`: every pair of hosts, over every link, from both ends.

mod ports;

use std::collections::BTreeMap;
use std::process::ExitCode;

use pontoon_model::exit::Exit;
use pontoon_model::facts::RunParameters;
use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_model::untrusted::Untrusted;
use pontoon_probe::run_key::RunKey;
use pontoon_probe::survey::{
    self, AgentChannel, SurveyError, SurveyOptions, SurveyParticipant, UnreachedReason,
};
use pontoon_remote::carrier::OnInterrupt;

use crate::arguments::host_connection::AgentStartArguments;
use crate::arguments::mesh::MeshArguments;
use crate::command::progress::ProgressMeter;
use crate::command::{check, fleet, host_sessions, records, survey_report};
use crate::failure::CommandFailure;
use crate::output;

/// Starts an agent on every host, tests, diagnoses, shows.
pub(crate) fn run(arguments: &MeshArguments) -> Result<ExitCode, CommandFailure> {
    records::check_writable(&arguments.recording)?;
    let fleet = fleet::Fleet::of(&arguments.targets.hosts, &arguments.reaching)?;
    let ports = ports::plan(&arguments.ports, &fleet.control_planes)?;
    let options = SurveyOptions { ports, ..check::survey_limits(&arguments.scope)? };
    let intent = check::run_parameters(&arguments.scope, Vec::new());
    let (record, key) = match survey(&fleet, &arguments.agent, &intent, &options)? {
        Ok(found) => found,
        Err(code) => return Ok(code),
    };
    survey_report::conclude(&record, &key, &arguments.recording, &arguments.output)
}

/// Starts the agents, and runs a survey. If no host can be reached, it says so and returns the exit
/// code.
pub(crate) fn survey(
    fleet: &fleet::Fleet,
    launch: &AgentStartArguments,
    intent: &RunParameters,
    options: &SurveyOptions,
) -> Result<Result<(Record, RunKey), ExitCode>, CommandFailure> {
    announce(fleet.logins.len(), options);
    let sessions = match &launch.via {
        Some(via) => host_sessions::by_command(fleet, via),
        None => host_sessions::by_ssh(fleet, &launch.by_ssh, OnInterrupt::Ends),
    };
    let seats = sessions?.into_iter().map(|(host, session)| SurveyParticipant {
        host,
        channel: session.map(AgentChannel::alone),
        radios: BTreeMap::new(),
    });
    ask(seats.collect(), intent, options)
}

/// Says what a survey of several hosts will take, before they are kept waiting for it.
pub(crate) fn announce(hosts: usize, options: &SurveyOptions) {
    if hosts > 1 {
        output::note(&expectation(hosts, options));
    }
}

/// Asks agents that have been started; otherwise as [`survey()`].
pub(crate) fn ask(
    seats: Vec<SurveyParticipant>,
    intent: &RunParameters,
    options: &SurveyOptions,
) -> Result<Result<(Record, RunKey), ExitCode>, CommandFailure> {
    let mut meter = ProgressMeter::new();
    let survey = survey::run(seats, intent, options, &mut |progress| meter.show(&progress));
    drop(meter);
    match survey {
        Ok(survey) => {
            let unreached = advised(&survey.unreached);
            Ok(Ok((Record { facts: survey.facts, unreached }, survey.key)))
        }
        Err(SurveyError::Nobody { unreached }) => {
            output::note(&nobody(&advised(&unreached)));
            Ok(Err(ExitCode::from(Exit::Unreachable.code())))
        }
        Err(source) => Err(CommandFailure::Survey { source }),
    }
}

/// Why hosts could not be asked, and what to do.
fn advised(unreached: &[(HostName, UnreachedReason)]) -> BTreeMap<HostName, Untrusted> {
    let words = |(host, why): &(HostName, UnreachedReason)| {
        (host.clone(), why.failure().with_advice(host.as_str()))
    };
    unreached.iter().map(words).collect()
}

fn nobody(unreached: &BTreeMap<HostName, Untrusted>) -> String {
    format!("No host could be asked.\n{}", host_sessions::unreached_lines(unreached).join("\n"))
}

/// How long the survey will take.
fn expectation(hosts: usize, options: &SurveyOptions) -> String {
    let (open_s, shut_s) = survey::estimate_s(hosts);
    let ports_s = survey::estimate_ports_s(hosts, &options.ports);
    let open_s = open_s + ports_s;
    // Ports of a link that is open beside one that is not.
    let shut_s = shut_s.max(open_s);
    let pairs = hosts * hosts.saturating_sub(1) / 2;
    let plural = if pairs == 1 { "pair" } else { "pairs" };
    format!(
        "{hosts} hosts, {pairs} {plural} on each link: about {open_s} s where frames pass, \
         {shut_s} s where they do not"
    )
}
